import { createHash, randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { sha256 } from '../../../src/core/digest.ts';
import { createMemoryStore } from '../../../src/oci/memory.ts';
import { failingSource, piecesOf, rejectsAs } from '../../contract/oci-support.ts';
import { type OciReply, openOciServer } from '../../support/oci-server.ts';
import { suite } from '../../support/suite.ts';
import { until } from '../../support/until.ts';

const test = suite('the OCI server: uploads');
const begin = 'POST /v2/demo/blobs/uploads/';
const bytes = randomBytes(1000);
const digest = sha256(bytes);

/** Where an upload goes on, as its last answer says. */
const at = ({ headers }: OciReply) => headers.location ?? '';
const chunk = (first: number, end: number) => ({
  headers: { 'content-range': `${first}-${end - 1}` },
  body: bytes.subarray(first, end),
});

test('a blob comes in one POST', async () => {
  const { ask } = openOciServer();
  const reply = await ask(`${begin}?digest=${digest}`, { body: bytes });
  assert.is(reply.status, 201);
  assert.is(reply.headers['docker-content-digest'], digest);
  assert.is(at(reply), `/v2/demo/blobs/${digest}`);
  assert.is(Buffer.compare((await ask(`GET ${at(reply)}`)).bytes, bytes), 0);
});

test('a blob comes by POST and PUT, its length announced or not', async () => {
  const { ask, registry } = openOciServer();
  for (const body of [bytes, piecesOf(bytes.subarray(0, 10), bytes.subarray(10))]) {
    const begun = await ask(begin);
    assert.is(begun.status, 202);
    assert.is(begun.headers.range, '0-0');
    assert.is(begun.headers['content-length'], '0');
    assert.is((await ask(`PUT ${at(begun)}?digest=${digest}`, { body })).status, 201);
    const { blobs } = registry.repository('demo');
    assert.equal(await blobs.stat(digest), { size: 1000 });
    await blobs.delete(digest);
  }
});

test('a blob comes in chunks, each answer telling how far it is and where it goes on', async () => {
  const { ask } = openOciServer();
  const begun = await ask(begin);
  const first = await ask(`PATCH ${at(begun)}`, chunk(0, 400));
  assert.equal([first.status, first.headers.range], [202, '0-399']);
  assert.is(first.headers['docker-upload-uuid'], begun.headers['docker-upload-uuid']);
  const second = await ask(`PATCH ${at(first)}`, chunk(400, 900));
  assert.equal([second.status, second.headers.range], [202, '0-899']);
  const told = await ask(`GET ${at(second)}`);
  assert.equal([told.status, told.headers.range], [204, '0-899']);
  assert.is(told.headers['content-length'], undefined, 'a 204 has no length');
  const put = await ask(`PUT ${at(told)}?digest=${digest}`, chunk(900, 1000));
  assert.is(put.status, 201);
});

test('a chunk without a place goes to the end', async () => {
  const { ask } = openOciServer();
  const first = await ask(`PATCH ${at(await ask(begin))}`, { body: bytes.subarray(0, 500) });
  const second = await ask(`PATCH ${at(first)}`, { body: piecesOf(bytes.subarray(500)) });
  assert.is(second.headers.range, '0-999');
  assert.is((await ask(`PUT ${at(second)}?digest=${digest}`)).status, 201);
});

test('a chunk in the wrong order gets 416, with what the client needs to go on', async () => {
  const { ask } = openOciServer();
  const first = await ask(`PATCH ${at(await ask(begin))}`, chunk(0, 400));
  for (const [method, wrong] of [
    ['PATCH', chunk(600, 800)],
    ['PATCH', chunk(0, 400)],
    ['PUT', chunk(600, 1000)],
  ] as const) {
    const refused = await ask(`${method} ${at(first)}?digest=${digest}`, wrong);
    assert.equal([refused.status, refused.error], [416, 'BLOB_UPLOAD_INVALID PKG_E_RANGE']);
    assert.is(refused.headers.range, '0-399');
    assert.is((await ask(`GET ${at(refused)}`)).headers.range, '0-399');
  }
  const put = await ask(`PUT ${at(first)}?digest=${digest}`, chunk(400, 1000));
  assert.is(put.status, 201);
});

test('an upload goes on where a connection broke', async () => {
  const { ask } = openOciServer();
  const begun = await ask(begin);
  const broken = new Error('the client left');
  const body = failingSource(bytes.subarray(0, 300), broken);
  await rejectsAs(broken, ask(`PATCH ${at(begun)}`, { body }));
  const told = await ask(`GET ${at(begun)}`);
  assert.is(told.headers.range, '0-299');
  const put = await ask(`PUT ${at(told)}?digest=${digest}`, chunk(300, 1000));
  assert.is(put.status, 201);
});

test('other content than the digest says is DIGEST_INVALID, and leaves nothing', async () => {
  const { ask, registry } = openOciServer();
  const other = sha256('something else');
  const begun = await ask(`PATCH ${at(await ask(begin))}`, chunk(0, 1000));
  const refused = [
    await ask(`${begin}?digest=${other}`, { body: bytes }),
    await ask(`PUT ${at(await ask(begin))}?digest=${other}`, { body: bytes }),
    await ask(`PUT ${at(begun)}?digest=${other}`),
  ];
  for (const { status, error } of refused) {
    assert.equal([status, error], [400, 'DIGEST_INVALID PKG_E_DIGEST']);
  }
  assert.is(await registry.repository('demo').blobs.stat(other), undefined);
  assert.is((await ask(`GET ${at(begun)}`)).status, 404, 'the upload is over');
});

test('a PUT without a digest, or with one that is none, leaves the upload as it is', async () => {
  const { ask } = openOciServer();
  const begun = await ask(begin);
  for (const query of ['', '?digest=', '?digest=md5:abc', '?digest=sha256:ABC']) {
    const refused = await ask(`PUT ${at(begun)}${query}`, { body: bytes });
    assert.equal([refused.status, refused.error], [400, 'DIGEST_INVALID PKG_E_DIGEST']);
  }
  assert.is((await ask(`PUT ${at(begun)}?digest=${digest}`, { body: bytes })).status, 201);
});

test('sha512 names a blob as well', async () => {
  const { ask } = openOciServer();
  const long = `sha512:${createHash('sha512').update(bytes).digest('hex')}`;
  const first = await ask(`PATCH ${at(await ask(begin))}`, chunk(0, 500));
  const put = await ask(`PUT ${at(first)}?digest=${long}`, chunk(500, 1000));
  assert.equal([put.status, put.headers['docker-content-digest']], [201, long]);
  const read = await ask(`GET /v2/demo/blobs/${long}`);
  assert.is(Buffer.compare(read.bytes, bytes), 0);
  assert.is((await ask(`GET /v2/demo/blobs/${digest}`)).status, 404);
});

test('a cancelled upload is gone', async () => {
  const { ask } = openOciServer();
  const begun = await ask(begin);
  assert.is((await ask(`DELETE ${at(begun)}`)).status, 204);
  for (const method of ['GET', 'PATCH', 'DELETE', 'PUT']) {
    const reply = await ask(`${method} ${at(begun)}?digest=${digest}`, { body: bytes });
    assert.equal([reply.status, reply.error], [404, 'BLOB_UPLOAD_UNKNOWN PKG_E_UPLOAD_UNKNOWN']);
  }
});

test('a blob is taken over from another repository, if that is named and has it', async () => {
  const { ask, blob, registry } = openOciServer();
  const { digest: there } = await blob('other');
  const mounted = await ask(`${begin}?mount=${there}&from=other`);
  assert.equal([mounted.status, at(mounted)], [201, `/v2/demo/blobs/${there}`]);
  assert.ok(await registry.repository('demo').blobs.stat(there));
  for (const query of [
    `?mount=${there}`,
    `?mount=${digest}&from=other`,
    `?mount=${there}&from=nowhere`,
    `?mount=${there}&from=../other`,
    `?mount=${there}&from=`,
  ]) {
    const begun = await ask(`POST /v2/third/blobs/uploads/${query}`);
    assert.is(begun.status, 202, query);
    assert.match(at(begun), /^\/v2\/third\/blobs\/uploads\//);
  }
});

test('a location is of use for its own repository and caller alone', async () => {
  const { ask } = openOciServer();
  const begun = await ask(begin);
  const elsewhere = at(begun).replace('/demo/', '/other/');
  const unknown = [
    await ask(`GET ${elsewhere}`),
    await ask(`GET ${at(begun)}`, { caller: 'somebody else' }),
    await ask(`GET ${at(begun).slice(0, -4)}AAAA`),
    await ask('GET /v2/demo/blobs/uploads/x'),
    await ask(`GET /v2/demo/blobs/uploads/${'A'.repeat(100)}`),
  ];
  for (const { error } of unknown) assert.is(error, 'BLOB_UPLOAD_UNKNOWN PKG_E_UPLOAD_UNKNOWN');
  assert.is((await ask(`GET ${at(begun)}`)).status, 204);
});

test('a location tells nothing of what the storage calls the upload', async () => {
  const registry = createMemoryStore();
  const { ask } = openOciServer({ registry });
  const location = at(await ask(begin));
  const state = await registry.repository('demo').uploads!.begin();
  assert.is(location.includes(state.session.slice(0, 8)), false);
  const text = Buffer.from(location.split('/').at(-1) ?? '', 'base64url').toString('latin1');
  assert.is(/session|size|[0-9a-f]{8}-[0-9a-f]{4}/.test(text), false);
});

test('a location is good for an hour after its answer', async () => {
  const { ask, pass } = openOciServer();
  const begun = await ask(begin);
  pass(59 * 60_000);
  const told = await ask(`GET ${at(begun)}`);
  pass(59 * 60_000);
  assert.is((await ask(`GET ${at(told)}`)).status, 204);
  assert.is((await ask(`GET ${at(begun)}`)).status, 404);
});

test('an upload that nobody goes on with is forgotten, and makes room for another', async () => {
  const uploads = { sessionsMax: 2, idleMs: 400 };
  const { ask } = openOciServer({ registry: createMemoryStore({ uploads }) });
  const [one] = [await ask(begin), await ask(begin)];
  assert.is((await ask(begin)).error, 'TOOMANYREQUESTS PKG_E_RATE_LIMIT');
  await until(async () => (await ask(`GET ${at(one)}`)).status === 404);
  await until(async () => (await ask(begin)).status === 202);
});

test('two chunks at a time are one too many', async () => {
  const { ask } = openOciServer();
  const begun = await ask(begin);
  const { promise: going, resolve: start } = Promise.withResolvers<void>();
  const { promise: held, resolve: end } = Promise.withResolvers<void>();
  async function* slow() {
    start();
    await held;
    yield bytes;
  }
  const first = ask(`PATCH ${at(begun)}`, { body: slow() });
  await going;
  const second = await ask(`PATCH ${at(begun)}`, { body: bytes });
  assert.equal([second.status, second.error], [409, 'BLOB_UPLOAD_INVALID PKG_E_UPLOAD_BUSY']);
  end();
  assert.is((await first).headers.range, '0-999');
});

test('a blob over the limit is refused: by its announced length, or where it passes the limit', async () => {
  const { ask } = openOciServer({ blobBytesMax: 999 });
  const begun = await ask(begin);
  const half = await ask(`PATCH ${at(begun)}`, chunk(0, 500));
  for (const reply of [
    await ask(`${begin}?digest=${digest}`, { body: bytes }),
    await ask(`PATCH ${at(half)}`, chunk(500, 1000)),
    await ask(`PATCH ${at(half)}`, { body: piecesOf(bytes.subarray(500)) }),
    await ask(`PUT ${at(half)}?digest=${digest}`, { body: piecesOf(bytes.subarray(500)) }),
  ]) {
    assert.equal([reply.status, reply.error], [413, 'SIZE_INVALID PKG_E_BODY_SIZE']);
  }
});

test('a Content-Range that can not be, or does not fit the body, is refused and adds nothing', async () => {
  const { ask } = openOciServer();
  const begun = await ask(begin);
  for (const range of ['x', '5', '-5', '5-', '9-3', 'bytes', '0-999999999999999999']) {
    const reply = await ask(`PATCH ${at(begun)}`, { ...chunk(0, 10), headers: placed(range) });
    assert.is(reply.error, 'BLOB_UPLOAD_INVALID PKG_E_REQUEST', range);
  }
  const short = await ask(`PATCH ${at(begun)}`, { ...chunk(0, 10), headers: placed('0-10') });
  assert.equal([short.status, short.error], [400, 'SIZE_INVALID PKG_E_REQUEST']);
  assert.is((await ask(`GET ${at(begun)}`)).headers.range, '0-0');
  // As some clients write it.
  const odd = await ask(`PATCH ${at(begun)}`, { ...chunk(0, 10), headers: placed('bytes 0-9/*') });
  assert.is(odd.headers.range, '0-9');
});

test('a chunk whose length was not announced must have that of its Content-Range', async () => {
  const { ask } = openOciServer();
  for (const size of [5, 20]) {
    const begun = await ask(begin);
    const body = piecesOf(bytes.subarray(0, size));
    const reply = await ask(`PATCH ${at(begun)}`, { body, headers: placed('0-9') });
    assert.equal([reply.status, reply.error], [400, 'SIZE_INVALID PKG_E_REQUEST']);
  }
});

test('the chunk length that a storage asks for is passed on', async () => {
  const store = createMemoryStore();
  const { uploads, ...repository } = store.repository('demo');
  const begin4 = async () => ({ ...(await uploads!.begin()), chunkBytesMin: 4096 });
  const registry = {
    ...store,
    repository: () => ({ ...repository, uploads: { ...uploads!, begin: begin4 } }),
  };
  const { ask } = openOciServer({ registry });
  const begun = await ask(begin);
  assert.is(begun.headers['oci-chunk-min-length'], '4096');
  assert.is((await ask(`GET ${at(begun)}`)).headers['oci-chunk-min-length'], '4096');
});

test('a storage that takes no uploads says so', async () => {
  const store = createMemoryStore();
  const { uploads: _none, ...repository } = store.repository('demo');
  const { ask } = openOciServer({ registry: { ...store, repository: () => repository } });
  assert.is((await ask(begin)).error, 'UNSUPPORTED PKG_E_METHOD');
});

function placed(value: string): Record<string, string> {
  return { 'content-range': value };
}

test.run();
