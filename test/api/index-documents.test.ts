import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { request } from 'undici';
import * as assert from 'uvu/assert';
import { acceptedEncoding } from '../../src/api/content-encoding.ts';
import { publishDemo, putArchive } from '../support/api-requests.ts';
import { type ApiService, startApiService } from '../support/api-service.ts';
import { fakeStore } from '../support/fake-use-cases.ts';
import { checkSchema } from '../support/published-schemas.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ service: ApiService }>('index documents through the API');
const path = '/api/v1/index/demo-lib';

test.before.each(async (context) => {
  context.service = await startApiService();
  await publishDemo(context.service);
});
test.after.each(async ({ service }) => service.stop());

const unpack: Record<string, (bytes: Buffer) => Buffer> = {
  identity: (bytes) => bytes,
  gzip: gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

async function get(service: ApiService, headers: Record<string, string> = {}) {
  const { statusCode, headers: answered, body } = await request(service.url + path, { headers });
  return { status: statusCode, headers: answered, bytes: Buffer.from(await body.arrayBuffer()) };
}

test('the same document comes in every encoding, each with an ETag of its own', async ({
  service,
}) => {
  const plain = await get(service);
  checkSchema('index', JSON.parse(plain.bytes.toString()));
  const etags = new Set<unknown>();
  for (const encoding of Object.keys(unpack)) {
    const { status, headers, bytes } = await get(service, { 'Accept-Encoding': encoding });
    assert.is(status, 200);
    assert.is(headers['content-encoding'], encoding === 'identity' ? undefined : encoding);
    assert.is(headers.vary, 'Accept-Encoding');
    assert.is(headers['content-type'], 'application/json; charset=utf-8');
    assert.is(headers['content-length'], String(bytes.length));
    assert.is(headers['vitte-sequence'], `${fakeStore}:3`);
    assert.match(String(headers.etag), /^"[\w-]+"$/);
    assert.equal(unpack[encoding]!(bytes), plain.bytes);
    if (encoding !== 'identity') assert.ok(bytes.length < plain.bytes.length);
    etags.add(headers.etag);
  }
  assert.is(etags.size, 4);
});

test('304 is for who has these very bytes, and HEAD tells the same headers', async ({
  service,
}) => {
  for (const encoding of ['identity', 'gzip']) {
    const accept = { 'Accept-Encoding': encoding };
    const { headers } = await get(service, accept);
    const etag = String(headers.etag);
    const known = await get(service, { ...accept, 'If-None-Match': etag });
    assert.is(known.status, 304);
    assert.is(known.headers.etag, etag);
    assert.is(known.headers.vary, 'Accept-Encoding');
    assert.is(known.bytes.length, 0);
    const other = await get(service, { 'Accept-Encoding': 'zstd', 'If-None-Match': etag });
    assert.is(other.status, 200);
    const head = await request(service.url + path, { method: 'HEAD', headers: accept });
    await head.body.dump();
    for (const name of ['etag', 'content-length', 'content-encoding', 'vary', 'content-type']) {
      assert.is(head.headers[name], headers[name], name);
    }
  }
});

test('another state of the package is another document', async ({ service }) => {
  const before = await get(service, { 'Accept-Encoding': 'gzip' });
  await putArchive(service, '/api/v1/packages/demo-lib/0.2.0', Buffer.from('more'));
  const after = await get(service, { 'Accept-Encoding': 'gzip' });
  assert.is.not(after.headers.etag, before.headers.etag);
  assert.is(JSON.parse(gunzipSync(after.bytes).toString()).versions.length, 2);
});

test('what a client takes and how much it wants it is read as HTTP says', () => {
  const rows: [string | undefined, string][] = [
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip, deflate, br', 'br'],
    ['br;q=0.5, gzip;q=0.9', 'gzip'],
    ['br ; q=0.5 , gzip;Q=0.50', 'br'],
    ['zstd;q=0, br;q=0, gzip', 'gzip'],
    ['*', 'zstd'],
    ['*;q=0', 'identity'],
    ['gzip;q=0', 'identity'],
    ['identity, gzip;q=0.5', 'identity'],
    ['identity;q=0.5, gzip;q=0.5', 'gzip'],
    ['identity;q=0, *;q=0', 'identity'],
    ['deflate', 'identity'],
    ['gzip;q=nonsense', 'identity'],
    [';,;', 'identity'],
    [`${'a,'.repeat(300)}gzip`, 'identity'],
  ];
  for (const [header, expected] of rows) {
    assert.is(acceptedEncoding(header), expected, header?.slice(0, 60));
  }
});

test('several documents come as one, in the order of their names, each once', async ({
  service,
}) => {
  await putArchive(service, '/api/v1/packages/roussov/other/1.0.0', Buffer.from('other'));
  const names = ['roussov/other', 'unknown', 'demo-lib', 'roussov/other'];
  for (const encoding of Object.keys(unpack)) {
    const answer = await request(`${service.url}/api/v1/index`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Accept-Encoding': encoding },
      body: JSON.stringify({ names }),
    });
    assert.is(answer.statusCode, 200);
    assert.is(answer.headers['cache-control'], 'no-store');
    assert.is(answer.headers['vitte-sequence'], `${fakeStore}:4`);
    const bytes = unpack[encoding]!(Buffer.from(await answer.body.arrayBuffer()));
    const batch = JSON.parse(bytes.toString());
    checkSchema('index-batch', batch);
    assert.equal(
      batch.documents.map(({ name }: { name: string }) => name),
      ['roussov/other', 'demo-lib'],
    );
    assert.equal(batch.missing, ['unknown']);
    const alone = await get(service);
    assert.equal(batch.documents[1], JSON.parse(alone.bytes.toString()));
  }
});

test.run();
