// What a package is through /v2/: published by a push, never changed, and read as plain OCI.
import { readFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { manifestOf } from '../../src/archive/archive-manifest.ts';
import { emptyDescriptor } from '../../src/core/descriptor.ts';
import { sha256 } from '../../src/core/digest.ts';
import { canonicalBytes } from '../../src/core/json.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import type { VersionManifest } from '../../src/core/version-manifest.ts';
import { parseBundle } from '../../src/signing/bundle.ts';
import { bundleReferrer } from '../../src/signing/bundle-referrer.ts';
import { generateKey } from '../../src/signing/keys.ts';
import { signVersion } from '../../src/signing/version-signature.ts';
import { call, feed, put, putSigned, type RestService, serveStore } from '../support/rest.ts';
import { packSample, type SamplePackage, signSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { errorOf, imageManifest, type V2, v2Of } from '../support/v2.ts';

type Rig = { folder: string; service: RestService; v2: V2; end(): Promise<void> };
const test = suite<Rig>('packages through /v2/');

test.before(async (rig) => {
  const { path, remove } = await temporaryFolder();
  rig.folder = path;
  rig.service = await serveStore(`${path}/store`);
  rig.v2 = v2Of(rig.service);
  rig.end = async () => {
    await rig.service.stop();
    await remove();
  };
});
test.after((rig) => rig.end());

const pack = ({ folder }: Rig, name: string, version = '1.0.0', files?: SamplePackage['files']) =>
  packSample(folder, { name, version, ...(files ? { files } : {}) });

const info = ({ service }: Rig, path: string) => call(`${service.url}/api/v1/packages/${path}`);

test('a version that is pushed under its tag is published', async (rig) => {
  const packed = await pack(rig, 'roussov/pushed', '1.0.0+build.7', { 'README.md': '# read me\n' });
  const version = await rig.v2.content(packed);
  const reply = await rig.v2.put('roussov/pushed', '1.0.0_build.7', version.bytes);
  assert.is(reply.status, 201, reply.bytes.toString());
  assert.is(reply.headers['docker-content-digest'], version.digest);
  const published = await info(rig, 'roussov/pushed/1.0.0+build.7');
  assert.is(published.json().digest, version.digest);
  const download = await info(rig, 'roussov/pushed/1.0.0+build.7/download');
  assert.is(sha256(download.bytes), packed.digest);
  assert.is(String((await info(rig, 'roussov/pushed/1.0.0+build.7/readme')).bytes), '# read me\n');
  const events = (await feed(rig.service.url)).filter(
    (entry) => entry.package === 'roussov/pushed',
  );
  assert.equal(
    events.map(({ event }) => event),
    ['package created', 'published'],
  );
  // Again, and by REST: it stands already.
  assert.is((await rig.v2.put('roussov/pushed', '1.0.0_build.7', version.bytes)).status, 201);
  assert.is((await put(rig.service, packed)).status, 200);
  assert.is(
    (await feed(rig.service.url)).filter((one) => one.package === 'roussov/pushed').length,
    2,
  );
});

test('what is published by REST is read through /v2/', async (rig) => {
  const packed = await pack(rig, 'by-rest');
  assert.is((await put(rig.service, packed)).status, 201);
  const { digest, bytes } = manifestOf(packed);
  const read = await rig.v2.ask('GET by-rest/manifests/1.0.0', { token: '' });
  assert.equal([read.status, read.headers['docker-content-digest']], [200, digest]);
  assert.is(Buffer.compare(read.bytes, bytes), 0);
  const blob = await rig.v2.ask(`GET by-rest/blobs/${packed.digest}`, { token: '' });
  assert.is(Buffer.compare(blob.bytes, await readFile(packed.file)), 0);
  const tags = await rig.v2.ask('GET by-rest/tags/list', { token: '' });
  assert.equal(tags.json(), { name: 'by-rest', tags: ['1.0.0'] });
});

test('a published version is not replaced, moved or deleted', async (rig) => {
  const packed = await pack(rig, 'kept');
  const { bundle, key } = signSample(packed);
  assert.is((await putSigned(rig.service, packed, { bundle, key })).status, 201);
  const { digest, bytes } = manifestOf(packed);
  const artifact = await rig.v2.artifact('kept');
  const changed = await pack(rig, 'kept', '1.0.0', { 'more.txt': 'x' });
  for (const other of [artifact.bytes, (await rig.v2.content(changed)).bytes]) {
    const reply = await rig.v2.put('kept', '1.0.0', other);
    assert.equal([reply.status, errorOf(reply)], [409, 'DENIED PKG_E_VERSION_EXISTS']);
  }
  const listed = await rig.v2.ask(`GET kept/referrers/${digest}`);
  const [signature] = listed.json<{ manifests: { digest: string }[] }>().manifests;
  const stored = await rig.v2.ask(`GET kept/manifests/${signature?.digest}`);
  const { layers } = stored.json<{ layers: { digest: string }[] }>();
  for (const path of [
    'manifests/1.0.0',
    `manifests/${digest}`,
    `manifests/${signature?.digest}`,
    `blobs/${packed.digest}`,
    `blobs/${manifestOf(packed).config.descriptor.digest}`,
    `blobs/${layers[0]?.digest}`,
    `blobs/${emptyDescriptor.digest}`,
  ]) {
    const reply = await rig.v2.ask(`DELETE kept/${path}`);
    assert.equal([reply.status, errorOf(reply)], [405, 'UNSUPPORTED PKG_E_METHOD'], path);
    assert.ok('allow' in reply.headers);
    assert.is((await rig.v2.ask(`GET kept/${path}`)).status, 200, path);
  }
  assert.is((await rig.v2.put('kept', '1.0.0', bytes)).status, 201, 'the very same may come again');
  // The list of its referrers, where a registry keeps it as a tag, is not for clients either.
  const list = await rig.v2.put('kept', digest.replace(':', '-'), artifact.bytes);
  assert.equal([list.status, errorOf(list)], [403, 'DENIED PKG_E_FORBIDDEN']);
});

test('only a whole and sound package is published', async (rig) => {
  const packed = await pack(rig, 'unsound');
  const version = await rig.v2.content(packed);
  const put = async (manifest: object, repository = 'unsound', tag = '1.0.0') =>
    rig.v2.put(repository, tag, canonicalBytes(manifest));
  const { manifest } = version;
  const archive = manifest.layers[0]!;
  const junk = await rig.v2.blob('unsound', 'no archive at all');
  for (const [reply, error] of [
    // Another manifest than the archive gives.
    [await put({ ...manifest, annotations: { a: 'b' } }), 'MANIFEST_INVALID PKG_E_MISMATCH'],
    [await put({ ...manifest, layers: [archive, archive] }), 'MANIFEST_INVALID PKG_E_MISMATCH'],
    // Another version or name than the archive has.
    [await put(manifest, 'unsound', '1.0.1'), 'MANIFEST_INVALID PKG_E_MISMATCH'],
    // No archive, or what is none.
    [await put({ ...manifest, layers: [] }), 'MANIFEST_INVALID PKG_E_DOCUMENT'],
    [
      await put({ ...manifest, layers: [{ ...archive, digest: junk, size: 17 }] }),
      'MANIFEST_INVALID PKG_E_ARCHIVE_GZIP',
    ],
    [
      await put({ ...manifest, layers: [{ ...archive, digest: sha256('gone') }] }),
      'MANIFEST_BLOB_UNKNOWN PKG_E_NOT_FOUND',
    ],
  ] as const) {
    assert.is(errorOf(reply), error);
    assert.ok(reply.status === 400 || reply.status === 404);
  }
  const elsewhere = await rig.v2.ask(
    `POST other-name/blobs/uploads/?mount=${packed.digest}&from=unsound`,
  );
  assert.is(elsewhere.status, 201);
  await rig.v2.blob('other-name', version.config.bytes);
  assert.is(errorOf(await put(manifest, 'other-name')), 'MANIFEST_INVALID PKG_E_MISMATCH');
  assert.is((await info(rig, 'unsound')).status, 404);
  assert.is((await rig.v2.ask('GET unsound/manifests/1.0.0')).status, 404);
  assert.is((await put(manifest)).status, 201);
});

test('a package under a name that no package has is refused', async (rig) => {
  const packed = await pack(rig, 'named');
  const version = manifestOf(packed);
  for (const name of ['a.b', 'a_b', '1a', 'a/b/c']) {
    await rig.v2.blob(name, await readFile(packed.file));
    await rig.v2.blob(name, version.config.bytes);
    const reply = await rig.v2.put(name, '1.0.0', version.bytes);
    assert.equal([reply.status, errorOf(reply)], [400, 'NAME_INVALID PKG_E_PACKAGE_NAME'], name);
  }
});

test('under another tag, or none, a package’s manifest is kept and nothing is published', async (rig) => {
  const packed = await pack(rig, 'unpublished');
  const version = await rig.v2.content(packed);
  for (const reference of [version.digest, 'latest', 'v1.0.0', '1.0']) {
    assert.is((await rig.v2.put('unpublished', reference, version.bytes)).status, 201, reference);
  }
  assert.is((await info(rig, 'unpublished')).status, 404);
  assert.is((await rig.v2.ask('DELETE unpublished/manifests/latest')).status, 202);
  assert.is((await rig.v2.ask(`DELETE unpublished/manifests/${version.digest}`)).status, 202);
});

test('other artifacts are kept, beside a package too, and never listed', async (rig) => {
  assert.is((await put(rig.service, await pack(rig, 'beside'))).status, 201);
  const { bytes, digest } = await rig.v2.artifact('beside', { mark: 'other' });
  assert.is((await rig.v2.put('beside', '2.0.0', bytes)).status, 201);
  assert.is(
    (await rig.v2.put('things/files', '1.0.0', bytes)).status,
    404,
    'its blobs are elsewhere',
  );
  await rig.v2.artifact('things/files');
  assert.is((await rig.v2.put('things/files', '1.0.0', bytes)).status, 201);
  const { versions } = (await info(rig, 'beside')).json<{ versions: { version: string }[] }>();
  assert.equal(
    versions.map(({ version }) => version),
    ['1.0.0'],
  );
  const all = await call(`${rig.service.url}/api/v1/packages?limit=100`);
  assert.is(String(all.bytes).includes('things/files'), false);
  // Its tag may move, and give way to the version.
  const second = await rig.v2.artifact('beside', { mark: 'second' });
  assert.is((await rig.v2.put('beside', '2.0.0', second.bytes)).status, 201);
  const packed = await pack(rig, 'beside', '2.0.0');
  assert.is((await put(rig.service, packed)).status, 201);
  const read = await rig.v2.ask('HEAD beside/manifests/2.0.0');
  assert.is(read.headers['docker-content-digest'], manifestOf(packed).digest);
  assert.is((await rig.v2.ask(`DELETE beside/manifests/${digest}`)).status, 202);
});

test('what the registry keeps for itself is not there, and can not be written', async (rig) => {
  assert.is((await put(rig.service, await pack(rig, 'open'))).status, 201);
  const { bytes, digest } = await rig.v2.artifact('open');
  for (const tag of ['_term', '_state', '_r-0123', '_']) {
    const reply = await rig.v2.put('open', tag, bytes);
    assert.equal([reply.status, errorOf(reply)], [403, 'DENIED PKG_E_FORBIDDEN']);
    assert.is((await rig.v2.ask(`GET open/manifests/${tag}`)).status, 404);
    assert.is((await rig.v2.ask(`DELETE open/manifests/${tag}`)).status, 404);
  }
  for (const name of ['vitte-registry', 'vitte-registry/terms', 'ns/vitte-registry']) {
    for (const [path, error] of [
      ['tags/list', 'NAME_UNKNOWN PKG_E_NOT_FOUND'],
      ['manifests/_term', 'MANIFEST_UNKNOWN PKG_E_NOT_FOUND'],
      [`blobs/${emptyDescriptor.digest}`, 'BLOB_UNKNOWN PKG_E_NOT_FOUND'],
    ]) {
      const reply = await rig.v2.ask(`GET ${name}/${path}`);
      assert.equal([reply.status, errorOf(reply)], [404, error], `${name} ${path}`);
    }
    const referrers = await rig.v2.ask(`GET ${name}/referrers/${digest}`);
    assert.equal(referrers.json<{ manifests: [] }>().manifests, []);
    const begun = await rig.v2.ask(`POST ${name}/blobs/uploads/`);
    assert.equal([begun.status, errorOf(begun)], [403, 'DENIED PKG_E_FORBIDDEN']);
    const mount = `POST taker/blobs/uploads/?mount=${emptyDescriptor.digest}&from=${name}`;
    assert.is((await rig.v2.ask(mount)).status, 202);
    assert.is((await rig.v2.ask(`DELETE ${name}/manifests/_term`)).status, 404);
    const deleted = await rig.v2.ask(`DELETE ${name}/blobs/${emptyDescriptor.digest}`);
    assert.is(deleted.status, 403);
  }
});

test('a signature that is pushed as a referrer becomes one of the version', async (rig) => {
  const packed = await pack(rig, 'signed');
  assert.is((await put(rig.service, packed)).status, 201);
  const { digest, bytes } = manifestOf(packed);
  const subject = { mediaType: imageManifest, digest, size: bytes.length };
  const key = generateKey();
  const bundle = signVersion(digest, key);
  const referrer = bundleReferrer(parseBundle(bundle), key, subject);
  await rig.v2.blob('signed', '{}');
  await rig.v2.blob('signed', bundle);
  const reply = await rig.v2.put('signed', referrer.descriptor.digest, referrer.bytes);
  assert.is(reply.status, 201, reply.bytes.toString());
  assert.is(reply.headers['oci-subject'], digest);
  const { signatures } = (await info(rig, 'signed/1.0.0/signatures')).json<{
    signatures: { digest: string; kid: string }[];
  }>();
  assert.equal(
    signatures.map((one) => [one.digest, one.kid]),
    [[referrer.descriptor.digest, key.kid]],
  );
  // The same again attaches nothing twice.
  await rig.v2.put('signed', referrer.descriptor.digest, referrer.bytes);
  const events = await feed(rig.service.url);
  const attached = events.filter((one) => one.event === 'attached' && one.package === 'signed');
  assert.is(attached.length, 1);
  const deleted = await rig.v2.ask(`DELETE signed/manifests/${referrer.descriptor.digest}`);
  assert.is(deleted.status, 405);
});

test('a signature that names a key and is not that key’s is refused', async (rig) => {
  const packed = await pack(rig, 'forged');
  assert.is((await put(rig.service, packed)).status, 201);
  const { digest, bytes } = manifestOf(packed);
  const subject = { mediaType: imageManifest, digest, size: bytes.length };
  const key = generateKey();
  await rig.v2.blob('forged', '{}');
  // Over another version, and with a byte changed.
  const other = signVersion(sha256('another manifest'), key);
  const text = JSON.parse(signVersion(digest, key).toString());
  text.dsseEnvelope.signatures[0].sig = Buffer.alloc(64, 1).toString('base64');
  for (const bundle of [other, canonicalBytes(text)]) {
    const referrer = bundleReferrer(parseBundle(bundle), key, subject);
    await rig.v2.blob('forged', bundle);
    const reply = await rig.v2.put('forged', referrer.descriptor.digest, referrer.bytes);
    assert.is(reply.status, 400);
    assert.match(errorOf(reply), /^MANIFEST_INVALID PKG_E_SIGNATURE_/);
    const path = `GET forged/manifests/${referrer.descriptor.digest}`;
    assert.is((await rig.v2.ask(path)).status, 404);
  }
  // In a form that is not read here it is a referrer as any other.
  const odd = await rig.v2.blob('forged', '{"mediaType":"of another kind"}');
  const layer = { mediaType: mediaTypes.sigstoreBundle, digest: odd, size: 31 };
  const manifest = canonicalBytes({
    ...{ schemaVersion: 2, mediaType: imageManifest, artifactType: mediaTypes.sigstoreBundle },
    ...{ config: emptyDescriptor, layers: [layer], subject },
  });
  assert.is((await rig.v2.put('forged', sha256(manifest), manifest)).status, 201);
  const list = await rig.v2.ask(`GET forged/referrers/${digest}`);
  assert.is(list.json<{ manifests: unknown[] }>().manifests.length, 1);
  const signatures = await info(rig, 'forged/1.0.0/signatures');
  assert.equal(signatures.json().signatures, []);
});

test('twenty who push one version at once agree on it, with other content in ten of them', async (rig) => {
  const files = [undefined, { 'more.txt': 'x' }];
  const manifests: VersionManifest[] = [];
  for (const more of files) {
    manifests.push(await rig.v2.content(await pack(rig, 'raced', '1.0.0', more)));
  }
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, n) => rig.v2.put('raced', '1.0.0', manifests[n % 2]!.bytes)),
  );
  const published = (await info(rig, 'raced/1.0.0')).json().digest;
  for (const [n, { status }] of replies.entries()) {
    assert.is(status, manifests[n % 2]!.digest === published ? 201 : 409);
  }
  const read = await rig.v2.ask('HEAD raced/manifests/1.0.0');
  assert.is(read.headers['docker-content-digest'], published);
});

test.run();
