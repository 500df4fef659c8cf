// GETs whose answers are kept: whichever way one takes, it is answered alike.
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { makeLogger } from '../../src/server/logger.ts';
import { type Service, startService } from '../../src/server/start.ts';
import { call, put } from '../support/rest.ts';
import { configIn, openService, packSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { openWire, type WireAnswer } from '../support/wire.ts';
import { inTurn, plainRequest, soon, statusesAfter } from '../support/wire-answers.ts';

type Rig = {
  service: Service;
  /** The registry to publish to. */
  place: { url: string; token: string | undefined };
  folder: string;
  log: string[];
  /** How often a package was read the long way. */
  reads(): number;
  stop(): Promise<void>;
};

const test = suite<Rig>('kept answers over HTTP');
const path = '/api/v1/packages/demo-lib';
const get = plainRequest('GET', path);

test.before.each(async (rig) => {
  const temporary = await temporaryFolder();
  rig.folder = temporary.path;
  const composed = await openService(join(temporary.path, 'store'));
  let reads = 0;
  const { packageInfo } = composed.useCases;
  composed.useCases.packageInfo = (...args) => {
    reads += 1;
    return packageInfo(...args);
  };
  rig.reads = () => reads;
  rig.log = [];
  const logger = makeLogger('info', { write: (line) => rig.log.push(line) });
  rig.service = await startService(configIn(composed.data), composed, logger);
  rig.place = { url: rig.service.url, token: composed.firstStart?.token };
  let stopping: Promise<void> | undefined;
  rig.stop = () => {
    stopping ??= rig.service.stop().then(temporary.remove);
    return stopping;
  };
  await publish(rig, '1.0.0');
  await untilKept(rig);
});
test.after.each((rig) => rig.stop());

test('a kept answer is that of the long way, but for its id', async (rig) => {
  const reads = rig.reads();
  const wire = await openWire(rig.service.url);
  const anew = plainRequest('GET', `${path}?read=anew`);
  const named = plainRequest('GET', path, 'X-Request-Id: mine');
  const answers = await inTurn(wire, [anew, get, get, get, named]);
  assert.is(rig.reads(), reads + 1);
  const ids = answers.map(({ headers }) => headers['x-request-id']);
  assert.is(new Set(ids).size, answers.length);
  assert.is(ids.at(-1), 'mine');
  const [long, ...short] = answers.map(withoutOwn);
  for (const answer of short) assert.equal(answer, long);
  assert.is(long?.status, 200);
  assert.is(JSON.parse(String(long?.body)).latest, '1.0.0');
  wire.destroy();
});

test('so is a document of the index, in each encoding', async (rig) => {
  const wire = await openWire(rig.service.url);
  const index = '/api/v1/index/demo-lib';
  for (const accepted of ['gzip', 'zstd, gzip;q=0.5', 'identity']) {
    const field = `Accept-Encoding: ${accepted}`;
    const anew = plainRequest('GET', `${index}?read=anew`, field);
    const kept = plainRequest('GET', index, field);
    const answers = await inTurn(wire, [anew, kept, kept, kept]);
    const [long, ...short] = answers.map(withoutOwn);
    for (const answer of short) assert.equal(answer, long);
    const { etag, 'content-encoding': encoding = 'identity' } = long?.headers ?? {};
    assert.is(encoding, accepted.split(',')[0]);
    const same = plainRequest('GET', index, field, `If-None-Match: ${etag}`);
    const [first, ...others] = await inTurn(wire, [same, same, same]);
    assert.is(first?.status, 304);
    for (const answer of others) assert.equal(withoutOwn(answer), withoutOwn(first!));
  }
  wire.destroy();
});

test('each has its line in the access log', async (rig) => {
  const wire = await openWire(rig.service.url);
  const asked = plainRequest('GET', path, 'User-Agent: some "client"');
  const named = plainRequest('GET', path, 'User-Agent: some "client"', 'X-Request-Id: mine');
  const answers = await inTurn(wire, [asked, asked, asked, named]);
  await untilLogged(rig, answers.length);
  assert.equal(
    accessLines(rig).map(({ requestId }) => requestId),
    answers.map(({ headers }) => headers['x-request-id']),
  );
  const [first, ...others] = accessLines(rig).map(
    ({ requestId: _id, ms: _ms, time: _time, ...row }) => row,
  );
  assert.equal(first, {
    level: 'info',
    method: 'GET',
    path,
    status: 200,
    account: 'anonymous',
    remote: '127.0.0.1',
    userAgent: 'some "client"',
    message: 'request',
  });
  for (const other of others) assert.equal(other, first);
  wire.destroy();
});

test('what this replica answered is shown by it at once', async (rig) => {
  const wire = await openWire(rig.service.url);
  for (let minor = 1; minor <= 5; minor += 1) {
    await inTurn(wire, [get, get]);
    await publish(rig, `1.${minor}.0`);
    const [after] = await inTurn(wire, [get]);
    assert.is(JSON.parse(String(after?.body)).latest, `1.${minor}.0`);
  }
  wire.destroy();
});

test('another package does not end an answer, and moves its number', async (rig) => {
  const wire = await openWire(rig.service.url);
  const [before] = await inTurn(wire, [get]);
  await publish(rig, '1.0.0', 'other-lib');
  let after: WireAnswer | undefined;
  while (numberOf(after) <= numberOf(before)) [after] = await inTurn(wire, [get]);
  assert.equal(String(after?.body), String(before?.body));
  wire.destroy();
});

test('If-None-Match is 304 as the long way gives it', async (rig) => {
  const wire = await openWire(rig.service.url);
  const [full] = await inTurn(wire, [get]);
  const reads = rig.reads();
  const conditional = plainRequest('GET', path, `If-None-Match: ${full?.headers.etag}`);
  const weak = plainRequest('GET', path, `If-None-Match: W/${full?.headers.etag}`);
  const [long, ...short] = await inTurn(wire, [weak, conditional, conditional, conditional]);
  assert.is(rig.reads(), reads + 1, 'a list or a weak ETag goes the long way');
  assert.is(long?.status, 304);
  for (const answer of short) assert.equal(withoutOwn(answer), withoutOwn(long!));
  const changed = plainRequest('GET', path, 'If-None-Match: "other"');
  const answers = await inTurn(wire, [changed, changed]);
  assert.equal(
    answers.map(({ status }) => status),
    [200, 200],
  );
  wire.destroy();
});

test('what asks for something else goes the long way', async (rig) => {
  const { url } = rig.service;
  const store = String((await call(url + path)).headers['vitte-sequence']).split(':')[0];
  const reads = rig.reads();
  const ask = async (headers: Record<string, string>, method: 'GET' | 'HEAD' = 'GET') => {
    const answer = await call(url + path, { headers, method });
    return answer.status;
  };
  assert.is(await ask({ authorization: 'Bearer nobody' }), 401);
  assert.is(await ask({ 'if-match': '"other"' }), 412);
  assert.is(await ask({ 'vitte-min-sequence': 'nonsense' }), 400);
  assert.is(await ask({ 'vitte-min-sequence': `${store}:999` }), 503);
  assert.is(await ask({ 'x-unheard-of': '1' }), 200);
  assert.is(await ask({}, 'HEAD'), 200);
  assert.is((await call(`${url}${path}?x`)).status, 200);
  const asked = rig.reads() - reads;
  assert.is(asked, 5, 'all but those that were refused before');
  assert.is(await ask({ 'vitte-min-sequence': `${store}:1` }), 200);
  assert.is(await ask({ 'vitte-min-sequence': 'elsewhere:999' }), 200);
  assert.is(rig.reads() - reads, asked);
});

test('requests that come in one go are answered in their order', async (rig) => {
  const wire = await openWire(rig.service.url);
  await inTurn(wire, [get, get]);
  const from = wire.received().length;
  const missing = plainRequest('GET', '/api/v1/packages/not-there');
  wire.write(get + missing + get + get);
  await soon(() => statusesAfter(wire, from).length === 4);
  assert.equal(statusesAfter(wire, from), [200, 404, 200, 200]);
  wire.destroy();
});

test('pieces that come one after the other in one turn are answered in their order', async (rig) => {
  const wire = await openWire(rig.service.url);
  wire.socket.setNoDelay(true);
  await inTurn(wire, [get, get]);
  const from = wire.received().length;
  const missing = plainRequest('GET', '/api/v1/packages/not-there');
  for (const piece of [get, missing, get, get]) {
    wire.write(piece);
    await new Promise((done) => wire.socket.write('', done));
  }
  await soon(() => statusesAfter(wire, from).length === 4);
  assert.equal(statusesAfter(wire, from), [200, 404, 200, 200]);
  wire.destroy();
});

test('a body that looks like a known request is none', async (rig) => {
  const wire = await openWire(rig.service.url);
  await inTurn(wire, [get, get]);
  const from = wire.received().length;
  wire.write(plainRequest('GET', path, `Content-Length: ${get.length * 2}`));
  await soon(() => statusesAfter(wire, from).length === 1);
  wire.write(get);
  wire.write(get);
  await wire.closed;
  assert.equal(statusesAfter(wire, from), [200]);
});

test('a request in two pieces whose second looks like a known one is one request', async (rig) => {
  const wire = await openWire(rig.service.url);
  await inTurn(wire, [get, get]);
  const from = wire.received().length;
  wire.write(`GET /healthz HTTP/1.1\r\nX-Other: `);
  await new Promise((done) => setImmediate(done));
  wire.write(get);
  await soon(() => statusesAfter(wire, from).length === 1);
  await inTurn(wire, [plainRequest('GET', '/healthz')]);
  assert.equal(statusesAfter(wire, from), [200, 200]);
  wire.destroy();
});

test('a client that has said all it has to say still gets its answer', async (rig) => {
  const wire = await openWire(rig.service.url);
  await inTurn(wire, [get, get]);
  const from = wire.received().length;
  wire.write(get);
  wire.end();
  await wire.closed;
  assert.equal(statusesAfter(wire, from), [200]);
});

test('after CONNECT nothing is taken for a request', async (rig) => {
  const wire = await openWire(rig.service.url);
  await inTurn(wire, [get, get]);
  const from = wire.received().length;
  wire.write('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n');
  await soon(() => statusesAfter(wire, from).length === 1);
  wire.write(get);
  await wire.closed;
  assert.equal(statusesAfter(wire, from), [405]);
  assert.is((await call(rig.service.url + path)).status, 200);
});

test('on its way down the service says that the connection ends', async (rig) => {
  const wire = await openWire(rig.service.url);
  await inTurn(wire, [get, get]);
  const stopped = rig.stop();
  await wire.closed;
  await stopped;
});

test.run();

async function publish({ place, folder }: Rig, version: string, name = 'demo-lib') {
  const reply = await put(place, await packSample(folder, { name, version }));
  assert.is(reply.status, 201, String(reply.bytes));
}

/** An answer without what each has of its own. */
function withoutOwn({ status, headers, body }: WireAnswer) {
  const { date, 'x-request-id': id, ...rest } = headers;
  assert.ok(date);
  assert.ok(id);
  return { status, headers: rest, body: body.toString('latin1') };
}

function numberOf(answer: WireAnswer | undefined): number {
  return Number(answer?.headers['vitte-sequence']?.split(':')[1] ?? 0);
}

/** Asks until an answer comes without a read. */
async function untilKept(rig: Rig) {
  for (let reads = -1; rig.reads() !== reads; ) {
    reads = rig.reads();
    await call(rig.service.url + path);
  }
  rig.log.length = 0;
}

function accessLines({ log }: Rig): Record<string, unknown>[] {
  const rows = log.map((line) => JSON.parse(line) as Record<string, unknown>);
  return rows.filter((row) => row.message === 'request' && row.method === 'GET');
}

async function untilLogged(rig: Rig, count: number) {
  await soon(() => accessLines(rig).length >= count);
}
