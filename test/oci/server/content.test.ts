import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { sha256 } from '../../../src/core/digest.ts';
import { canonicalBytes } from '../../../src/core/json.ts';
import { imageIndex, imageManifest, openOciServer } from '../../support/oci-server.ts';
import { suite } from '../../support/suite.ts';

const test = suite('the OCI server: blobs and manifests');
const docker = 'application/vnd.docker.distribution.manifest.v2+json';
const missing = sha256('nowhere');

test('the ping is an empty document', async () => {
  const { ask } = openOciServer();
  for (const path of ['/v2/', '/v2']) {
    const reply = await ask(`GET ${path}`);
    assert.equal([reply.status, reply.json()], [200, {}]);
    assert.is(reply.headers['docker-distribution-api-version'], 'registry/2.0');
  }
});

test('a blob is read whole, in part, or by its head', async () => {
  const { ask, blob } = openOciServer();
  const { digest } = await blob('demo', '0123456789');
  const path = `/v2/demo/blobs/${digest}`;
  const whole = await ask(`GET ${path}`);
  assert.equal([whole.status, String(whole.bytes)], [200, '0123456789']);
  const head = await ask(`HEAD ${path}`);
  assert.equal([head.status, head.bytes.length], [200, 0]);
  for (const { headers } of [whole, head]) {
    assert.is(headers['content-length'], '10');
    assert.is(headers['docker-content-digest'], digest);
    assert.is(headers['accept-ranges'], 'bytes');
    assert.match(headers['cache-control'] ?? '', /immutable/);
  }
  for (const [range, content, place] of [
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=8-100', '89', 'bytes 8-9/10'],
  ] as const) {
    const part = await ask(`GET ${path}`, { headers: { range } });
    assert.equal([part.status, String(part.bytes)], [206, content]);
    assert.is(part.headers['content-range'], place);
    assert.is(part.headers['content-length'], String(content.length));
  }
  for (const range of ['bytes=10-', 'bytes=4-2', 'bytes=x-y']) {
    assert.is((await ask(`GET ${path}`, { headers: { range } })).error, 'SIZE_INVALID PKG_E_RANGE');
  }
});

test('what a client has is not sent again', async () => {
  const { ask, blob, manifest } = openOciServer();
  const { digest } = await blob('demo');
  const { digest: named } = await manifest('demo', { tag: 'one' });
  for (const path of [`blobs/${digest}`, `manifests/${named}`, 'manifests/one']) {
    for (const method of ['GET', 'HEAD']) {
      const first = await ask(`${method} /v2/demo/${path}`);
      const headers = { 'if-none-match': `"x", ${first.headers.etag}` };
      const again = await ask(`${method} /v2/demo/${path}`, { headers });
      assert.equal([again.status, again.bytes.length], [304, 0], path);
    }
  }
});

test('what is not there is told by its own name', async () => {
  const { ask, blob } = openOciServer();
  await blob('demo');
  for (const [target, error] of [
    [`GET /v2/demo/blobs/${missing}`, 'BLOB_UNKNOWN PKG_E_NOT_FOUND'],
    [`HEAD /v2/demo/blobs/${missing}`, 'BLOB_UNKNOWN PKG_E_NOT_FOUND'],
    [`DELETE /v2/demo/blobs/${missing}`, 'BLOB_UNKNOWN PKG_E_NOT_FOUND'],
    [`GET /v2/demo/manifests/${missing}`, 'MANIFEST_UNKNOWN PKG_E_NOT_FOUND'],
    ['GET /v2/demo/manifests/one', 'MANIFEST_UNKNOWN PKG_E_NOT_FOUND'],
    ['HEAD /v2/demo/manifests/one', 'MANIFEST_UNKNOWN PKG_E_NOT_FOUND'],
    [`DELETE /v2/demo/manifests/${missing}`, 'MANIFEST_UNKNOWN PKG_E_NOT_FOUND'],
    ['DELETE /v2/demo/manifests/one', 'MANIFEST_UNKNOWN PKG_E_NOT_FOUND'],
    ['GET /v2/demo/tags/list', 'NAME_UNKNOWN PKG_E_NOT_FOUND'],
    ['GET /v2/_catalog', 'UNSUPPORTED PKG_E_ROUTE'],
  ]) {
    const reply = await ask(target!);
    assert.equal([reply.status, reply.error], [404, error], target);
  }
});

test('a manifest is put by tag or digest and read by both', async () => {
  const { ask, manifest } = openOciServer();
  const { bytes, digest } = await manifest('demo', { tag: 'one' });
  for (const reference of ['one', digest, encodeURIComponent(digest)]) {
    const read = await ask(`GET /v2/demo/manifests/${reference}`);
    assert.is(Buffer.compare(read.bytes, bytes), 0);
    const head = await ask(`HEAD /v2/demo/manifests/${reference}`);
    assert.is(head.bytes.length, 0);
    for (const { headers } of [read, head]) {
      assert.is(headers['content-type'], imageManifest);
      assert.is(headers['content-length'], String(bytes.length));
      assert.is(headers['docker-content-digest'], digest);
    }
  }
});

test('a manifest that is not what its digest says is DIGEST_INVALID', async () => {
  const { ask, manifest } = openOciServer();
  const { bytes } = await manifest('demo');
  const headers = { 'content-type': imageManifest };
  const put = await ask(`PUT /v2/demo/manifests/${missing}`, { headers, body: bytes });
  assert.equal([put.status, put.error], [400, 'DIGEST_INVALID PKG_E_DIGEST']);
  assert.is((await ask(`GET /v2/demo/manifests/${missing}`)).status, 404);
});

test('a manifest may stand under its sha512', async () => {
  const { ask, manifest } = openOciServer();
  const { bytes } = await manifest('demo');
  const long = `sha512:${createHash('sha512').update(bytes).digest('hex')}`;
  const headers = { 'content-type': imageManifest };
  const put = await ask(`PUT /v2/demo/manifests/${long}`, { headers, body: bytes });
  assert.equal([put.status, put.headers['docker-content-digest']], [201, long]);
  const read = await ask(`GET /v2/demo/manifests/${long}`);
  assert.is(read.headers['docker-content-digest'], long);
  assert.is((await ask(`DELETE /v2/demo/manifests/${long}`)).status, 202);
  assert.is((await ask(`GET /v2/demo/manifests/${long}`)).status, 404);
});

test('a manifest names only what is there', async () => {
  const { ask, blob, manifest } = openOciServer();
  const there = { mediaType: 'application/x', ...(await blob('demo')) };
  const child = await manifest('demo');
  const nowhere = { mediaType: 'application/x', digest: missing, size: 1 };
  const put = (mediaType: string, document: object) =>
    ask('PUT /v2/demo/manifests/one', {
      headers: { 'content-type': mediaType },
      body: canonicalBytes({ schemaVersion: 2, mediaType, ...document }),
    });
  const { mediaType, digest, size } = child;
  const known = { mediaType, digest, size };
  for (const [type, document] of [
    [imageManifest, { config: nowhere, layers: [there] }],
    [imageManifest, { config: there, layers: [there, nowhere] }],
    [docker, { config: there, layers: [nowhere] }],
    [imageIndex, { manifests: [known, { ...nowhere, mediaType: imageManifest }] }],
    // A blob of another repository is not there either.
    [imageManifest, { config: { ...there, ...(await blob('other')) }, layers: [] }],
  ] as const) {
    const reply = await put(type, document);
    assert.equal([reply.status, reply.error], [404, 'MANIFEST_BLOB_UNKNOWN PKG_E_NOT_FOUND']);
  }
  assert.is((await ask('GET /v2/demo/manifests/one')).status, 404);
  const foreign = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
  for (const [type, document] of [
    [imageManifest, { config: there, layers: [] }],
    [imageManifest, { config: there, layers: null }],
    [imageManifest, { config: there, layers: [{ ...nowhere, mediaType: foreign }] }],
    [imageManifest, { config: there, layers: [], subject: { ...nowhere } }],
    [docker, { config: there, layers: [there] }],
    [imageIndex, { manifests: [] }],
    [imageIndex, { manifests: [known] }],
  ] as const) {
    assert.is((await put(type, document)).status, 201, JSON.stringify(document));
  }
});

test('a manifest that makes no sense is MANIFEST_INVALID', async () => {
  const { ask, blob } = openOciServer();
  const config = { mediaType: 'application/x', ...(await blob('demo')) };
  const image = { schemaVersion: 2, mediaType: imageManifest, config, layers: [] };
  const put = (body: object | string, type: string | undefined = imageManifest) =>
    ask('PUT /v2/demo/manifests/one', {
      headers: type === '' ? {} : { 'content-type': type },
      body: typeof body === 'string' ? body : canonicalBytes(body),
    });
  for (const reply of [
    await put(''),
    await put('hello'),
    await put('[]'),
    await put('{"config":{},"config":{}}'),
    await put({ ...image, mediaType: imageIndex }),
    await put({ ...image, config: undefined }),
    await put({ ...image, layers: undefined }),
    await put({ ...image, layers: [{}] }),
    await put({ ...image, layers: ['x'] }),
    await put({ ...image, layers: [{ ...config, digest: 'sha256:x' }] }),
    await put({ ...image, layers: [{ ...config, size: -1 }] }),
    await put({ ...image, layers: [{ ...config, size: config.size + 1 }] }),
    await put({ ...image, subject: {} }),
    await put({ ...image, annotations: { a: 1 } }),
    await put({ ...image, layers: Array.from({ length: 10_001 }, (_, n) => other(n)) }),
    await put(image, 'text/plain'),
    await put(image, 'application/json'),
    await put({ ...image, mediaType: undefined }, ''),
    await put({ manifests: 5 }, imageIndex),
  ]) {
    assert.equal([reply.status, reply.error], [400, 'MANIFEST_INVALID PKG_E_DOCUMENT']);
  }
  const large = await put({ ...image, annotations: { a: 'a'.repeat(4 * 1024 * 1024) } });
  assert.equal([large.status, large.error], [413, 'SIZE_INVALID PKG_E_BODY_SIZE']);
  assert.is((await ask('GET /v2/demo/manifests/one')).status, 404);
  // What a header leaves out, the manifest says itself.
  assert.is((await put(image, '')).status, 201);
  assert.is((await put(image, `${imageManifest}; charset=utf-8`)).status, 201);

  function other(n: number) {
    return { ...config, digest: sha256(String(n)) };
  }
});

test('a tag is deleted alone, a digest with all its tags', async () => {
  const { ask, manifest } = openOciServer();
  const { digest, bytes } = await manifest('demo', { tag: 'one' });
  const headers = { 'content-type': imageManifest };
  await ask('PUT /v2/demo/manifests/two', { headers, body: bytes });
  assert.is((await ask('DELETE /v2/demo/manifests/one')).status, 202);
  assert.is((await ask('GET /v2/demo/manifests/one')).status, 404);
  assert.is((await ask('GET /v2/demo/manifests/two')).status, 200);
  assert.is((await ask(`DELETE /v2/demo/manifests/${digest}`)).status, 202);
  assert.is((await ask('GET /v2/demo/manifests/two')).status, 404);
  assert.is((await ask(`GET /v2/demo/manifests/${digest}`)).status, 404);
});

test('a deleted blob is gone', async () => {
  const { ask, blob } = openOciServer();
  const { digest } = await blob('demo');
  assert.is((await ask(`DELETE /v2/demo/blobs/${digest}`)).status, 202);
  assert.is((await ask(`GET /v2/demo/blobs/${digest}`)).status, 404);
});

test.run();
