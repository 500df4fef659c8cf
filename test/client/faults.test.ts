import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import * as assert from 'uvu/assert';
import { openClient } from '../../src/client/open-client.ts';
import { isVitteError, type VitteError } from '../../src/core/errors.ts';
import { suite } from '../support/suite.ts';
import {
  type Answerer,
  type FakeRegistry,
  json,
  problem,
  reset,
  silence,
  startFakeRegistry,
  truncated,
  whoami,
} from './fake-registry.ts';
import { rejection } from './rejection.ts';

const ok = json(whoami);
const retry = { baseMs: 0 };
const jsonHead = { 'content-type': 'application/json' };

const test = suite<{ fake: FakeRegistry }>('client faults');

test.before(async (context) => {
  context.fake = await startFakeRegistry();
});
test.after(async ({ fake }) => {
  await fake.close();
});

const passing: [string, Answerer[], number][] = [
  ['a reset connection', [reset, ok], 2],
  ['four resets', [reset, reset, reset, reset, ok], 5],
  [
    'a body cut short',
    [truncated(200, { ...jsonHead, 'content-length': 99 }, Buffer.from('{')), ok],
    2,
  ],
  ['a chunked body cut short', [truncated(200, jsonHead, Buffer.from('{"a":')), ok], 2],
  [
    '503 with Retry-After in seconds',
    [problem(503, 'PKG_E_SEQUENCE', {}, { 'retry-after': '0' }), ok],
    2,
  ],
  [
    '429 with Retry-After as a date',
    [problem(429, 'PKG_E_RATE_LIMIT', {}, { 'retry-after': new Date(0).toUTCString() }), ok],
    2,
  ],
  ['a proxy that says 502 in HTML', [page(502), ok], 2],
  ['a proxy that says 504 in HTML', [page(504), ok], 2],
  ['408', [problem(408, 'PKG_E_REQUEST_TIMEOUT'), ok], 2],
  ['a redirect within the origin', [redirect('/other?x=1'), ok], 2],
];

for (const [title, answers, requests] of passing) {
  test(`${title} is got over`, async ({ fake }) => {
    const client = openClient({ url: fake.url, token: 'vit_t', retry });
    fake.answer(...answers);
    assert.equal(await client.whoami(), { account: 'admin', role: 'admin' });
    assert.is(fake.requests.length, requests);
    await client.close();
  });
}

const failing: [string, Answerer[], VitteError['code'], number][] = [
  ['a connection that is always reset', [reset], 'PKG_E_REGISTRY_UNAVAILABLE', 5],
  ['503 without end', [problem(503, 'PKG_E_INDEX_UNAVAILABLE')], 'PKG_E_INDEX_UNAVAILABLE', 5],
  [
    'a Retry-After longer than we wait',
    [problem(503, 'PKG_E_SHUTTING_DOWN', {}, { 'retry-after': '86400' }), ok],
    'PKG_E_SHUTTING_DOWN',
    1,
  ],
  ['404 with a code', [problem(404, 'PKG_E_NOT_FOUND')], 'PKG_E_NOT_FOUND', 1],
  ['401 with a code', [problem(401, 'PKG_E_TOKEN')], 'PKG_E_TOKEN', 1],
  ['403 with a code', [problem(403, 'PKG_E_FORBIDDEN')], 'PKG_E_FORBIDDEN', 1],
  ['409 with a code', [problem(409, 'PKG_E_VERSION_EXISTS')], 'PKG_E_VERSION_EXISTS', 1],
  ['a code of a newer server', [problem(422, 'PKG_E_FUTURE')], 'PKG_E_REGISTRY_ANSWER', 1],
  ['a code that is a member of Object', [problem(422, 'toString')], 'PKG_E_REGISTRY_ANSWER', 1],
  ['an internal error of the server', [problem(500, 'PKG_E_INTERNAL')], 'PKG_E_REGISTRY_ANSWER', 1],
  ['damaged bytes that the server found', [problem(502, 'PKG_E_INTEGRITY')], 'PKG_E_INTEGRITY', 1],
  ['403 in HTML', [page(403)], 'PKG_E_FORBIDDEN', 1],
  ['404 in HTML', [page(404)], 'PKG_E_ROUTE', 1],
  ['418 in HTML', [page(418)], 'PKG_E_REGISTRY_ANSWER', 1],
  ['200 in HTML', [page(200)], 'PKG_E_REGISTRY_ANSWER', 1],
  ['a body that is no JSON', [raw(200, jsonHead, '{"account":')], 'PKG_E_REGISTRY_ANSWER', 1],
  [
    'a body that is no UTF-8',
    [raw(200, jsonHead, Buffer.from([0x22, 0xff, 0x22]))],
    'PKG_E_REGISTRY_ANSWER',
    1,
  ],
  [
    'an encoded body',
    [raw(200, { ...jsonHead, 'content-encoding': 'gzip' }, '{}')],
    'PKG_E_REGISTRY_ANSWER',
    1,
  ],
  ['an endless body', [endless], 'PKG_E_REGISTRY_ANSWER', 1],
  ['an endless problem', [(response) => endless(response, 400)], 'PKG_E_REGISTRY_ANSWER', 1],
  ['a redirect to another origin', [redirect('http://localhost:9/x')], 'PKG_E_REGISTRY_ANSWER', 1],
  ['a redirect to a file', [redirect('file:///etc/passwd')], 'PKG_E_REGISTRY_ANSWER', 1],
  ['a redirect to itself', [redirect('')], 'PKG_E_REGISTRY_ANSWER', 6],
];

for (const [title, answers, code, requests] of failing) {
  test(`${title} is ${code}`, async ({ fake }) => {
    const client = openClient({ url: fake.url, token: 'vit_t', retry });
    fake.answer(...answers);
    const error = await rejection(client.whoami());
    assert.ok(isVitteError(error, code), String(error));
    assert.is(fake.requests.length, requests);
    await client.close();
  });
}

test('a problem keeps its detail, help, data and request id', async ({ fake }) => {
  const client = openClient({ url: fake.url, retry });
  fake.answer(problem(422, 'PKG_E_SIGNATURE_SUBJECT', { help: 'sign again', manifest: { a: 1 } }));
  const error = (await rejection(client.whoami())) as VitteError;
  assert.is(error.message, 'because of PKG_E_SIGNATURE_SUBJECT');
  assert.is(error.help, 'sign again');
  assert.equal(error.data, { manifest: { a: 1 }, status: 422, requestId: 'r1' });
  await client.close();
});

test('a server that says nothing is given up within the time limit', async ({ fake }) => {
  fake.answer(silence);
  for (const timeouts of [{ answerTimeoutMs: 40 }, { documentTimeoutMs: 40 }]) {
    const client = openClient({ url: fake.url, retry: { baseMs: 0, tries: 2 }, timeouts });
    const error = await rejection(client.whoami());
    assert.ok(isVitteError(error, 'PKG_E_REGISTRY_UNAVAILABLE'), String(error));
    await client.close();
  }
});

test('a body that stops midway is given up within the time limit', async ({ fake }) => {
  fake.answer((response) => {
    response.writeHead(200, jsonHead);
    response.write('{');
  });
  const client = openClient({
    url: fake.url,
    retry: { tries: 1 },
    timeouts: { bodyTimeoutMs: 40 },
  });
  const error = await rejection(client.whoami());
  assert.ok(isVitteError(error, 'PKG_E_REGISTRY_UNAVAILABLE'), String(error));
  await client.close();
});

test('a signal ends a call with its reason', async ({ fake }) => {
  const client = openClient({ url: fake.url });
  const reason = new Error('enough');
  const controller = new AbortController();
  fake.answer(() => controller.abort(reason));
  assert.is(await rejection(client.whoami({ signal: controller.signal })), reason);
  assert.is(await rejection(client.whoami({ signal: AbortSignal.abort(reason) })), reason);
  await client.close();
});

test('a port where nothing listens is unavailable at once, with a word on how to start one', async () => {
  const client = openClient({
    url: `http://127.0.0.1:${await freePort()}`,
    retry: { baseMs: 1e9 },
  });
  const error = (await rejection(client.whoami())) as VitteError;
  assert.is(error.code, 'PKG_E_REGISTRY_UNAVAILABLE');
  assert.match(error.help ?? '', 'npm start');
  await client.close();
});

test('a server that speaks something else is an unreadable answer', async () => {
  const server = createServer((socket) => socket.end('220 smtp.example ESMTP\r\n'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const client = openClient({ url: `http://127.0.0.1:${port}`, retry });
  const error = await rejection(client.whoami());
  assert.ok(isVitteError(error, 'PKG_E_REGISTRY_ANSWER'), String(error));
  await client.close();
  server.close();
});

function page(status: number): Answerer {
  return raw(status, { 'content-type': 'text/html' }, '<html>');
}

function raw(status: number, headers: Record<string, string>, body: string | Buffer): Answerer {
  return (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

function redirect(location: string): Answerer {
  return (response) => {
    response.writeHead(307, { location });
    response.end();
  };
}

/** Writes for as long as somebody reads. */
function endless(response: Parameters<Answerer>[0], status: unknown = 200) {
  response.writeHead(status === 400 ? 400 : 200, jsonHead);
  const piece = Buffer.alloc(256 * 1024, '[');
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

test.run();
