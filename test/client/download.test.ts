import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { openClient } from '../../src/client/open-client.ts';
import { sha256 } from '../../src/core/digest.ts';
import { isVitteError, type VitteError } from '../../src/core/errors.ts';
import { parsePackageName } from '../../src/core/name.ts';
import { parseVersion } from '../../src/core/version.ts';
import { suite } from '../support/suite.ts';
import {
  type Answerer,
  type FakeRegistry,
  problem,
  reset,
  startFakeRegistry,
  truncated,
} from './fake-registry.ts';
import { rejection } from './rejection.ts';

const name = parsePackageName('demo-lib');
const version = parseVersion('0.1.0');
const archive = randomBytes(300_000);
const expected = { digest: sha256(archive), bytes: archive.length };
const headers = { 'content-type': 'application/x', etag: `"${expected.digest}"` };
const whole = { ...headers, 'content-length': archive.length };

const test = suite<{ fake: FakeRegistry; elsewhere: FakeRegistry }>('client download');

test.before(async (context) => {
  context.fake = await startFakeRegistry();
  context.elsewhere = await startFakeRegistry();
});
test.after(async ({ fake, elsewhere }) => {
  await Promise.all([fake.close(), elsewhere.close()]);
});

/** What the registry sends when nothing is wrong: the range asked for, or all. */
const good: Answerer = (response, request) => {
  const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(first)) return void response.writeHead(200, whole).end(archive);
  const range = `bytes ${first}-${archive.length - 1}/${archive.length}`;
  const rest = archive.subarray(first);
  response.writeHead(206, { ...headers, 'content-range': range, 'content-length': rest.length });
  response.end(rest);
};

const cut = (bytes: number) => truncated(200, whole, archive.subarray(0, bytes));
const full: Answerer = (response) => void response.writeHead(200, whole).end(archive);

const arriving: [string, Answerer[], number][] = [
  ['in one piece', [good], 1],
  ['after a connection that broke before the head', [reset, good], 2],
  ['after a connection that broke after the head', [cut(0), good], 2],
  ['after a connection that broke midway', [cut(100_000), good], 2],
  ['after a connection that broke at the last byte', [cut(archive.length - 1), good], 2],
  ['after 503', [problem(503, 'PKG_E_STORAGE_UNAVAILABLE'), good], 2],
  ['from a server that does not know ranges', [cut(100_000), full], 2],
  [
    'from a server that breaks off again and again',
    [cut(1), cutPart(2), cutPart(3), cutPart(4), cutPart(5), cutPart(6), good],
    7,
  ],
];

for (const [title, answers, requests] of arriving) {
  test(`an archive arrives ${title}`, async ({ fake }) => {
    fake.answer(...answers);
    const client = openClient({ url: fake.url, retry: { baseMs: 0 } });
    const pieces: Uint8Array[] = [];
    for await (const piece of client.download(name, version, expected)) pieces.push(piece);
    assert.ok(Buffer.concat(pieces).equals(archive));
    assert.is(fake.requests.length, requests);
    assert.is(fake.requests[0]?.path, '/api/v1/packages/demo-lib/0.1.0/download');
    assert.is(fake.requests[0]?.headers['accept-encoding'], 'identity');
    await client.close();
  });
}

const changed = Buffer.from(archive);
changed[archive.length >> 1]! ^= 1;
const sent = (bytes: Uint8Array, more: Record<string, string> = {}): Answerer => {
  return (response) => void response.writeHead(200, { ...headers, ...more }).end(bytes);
};

const failing: [string, Answerer[], VitteError['code'], number][] = [
  ['one wrong bit', [sent(changed)], 'PKG_E_INTEGRITY', 1],
  ['a byte too few', [sent(archive.subarray(1))], 'PKG_E_INTEGRITY', 1],
  ['a byte too many', [sent(Buffer.concat([archive, Buffer.of(0)]))], 'PKG_E_INTEGRITY', 1],
  ['another length in the head', [sent(archive, { 'content-length': '5' })], 'PKG_E_INTEGRITY', 1],
  ['an empty body', [sent(Buffer.alloc(0))], 'PKG_E_INTEGRITY', 1],
  [
    'a wrong second part',
    [cut(100_000), part(100_000, changed.subarray(100_000), archive.length)],
    'PKG_E_INTEGRITY',
    2,
  ],
  [
    'a part of another file',
    [cut(100_000), part(100_000, archive.subarray(100_000), archive.length + 1)],
    'PKG_E_INTEGRITY',
    2,
  ],
  [
    'another part than asked for',
    [cut(100_000), part(5, archive.subarray(5), archive.length)],
    'PKG_E_REGISTRY_ANSWER',
    2,
  ],
  [
    '206 without Content-Range',
    [cut(100_000), (response) => void response.writeHead(206).end('x')],
    'PKG_E_REGISTRY_ANSWER',
    2,
  ],
  // A server that verifies what it sends whole cuts damaged bytes off, and then gives them in part.
  [
    'damaged bytes that the server cut off',
    [cutWith(changed, 0), part(0, changed, archive.length)],
    'PKG_E_INTEGRITY',
    2,
  ],
  [
    'a file that is shorter on the server than its record',
    [cut(100_000), problem(416, 'PKG_E_RANGE')],
    'PKG_E_INTEGRITY',
    2,
  ],
  [
    'a wait of a day that the server asks for',
    [cut(100_000), problem(503, 'PKG_E_SHUTTING_DOWN', {}, { 'retry-after': '86400' })],
    'PKG_E_SHUTTING_DOWN',
    2,
  ],
  [
    'a server that always breaks off before anything came',
    [cut(0)],
    'PKG_E_REGISTRY_UNAVAILABLE',
    5,
  ],
  ['damage that the server reports', [problem(502, 'PKG_E_INTEGRITY')], 'PKG_E_INTEGRITY', 1],
  ['nothing there', [problem(404, 'PKG_E_NOT_FOUND')], 'PKG_E_NOT_FOUND', 1],
];

for (const [title, answers, code, requests] of failing) {
  test(`${title} is ${code}, and the last bytes are held back`, async ({ fake }) => {
    fake.answer(...answers);
    const client = openClient({ url: fake.url, retry: { baseMs: 0 } });
    let received = 0;
    const error = await rejection(
      (async () => {
        for await (const piece of client.download(name, version, expected))
          received += piece.length;
      })(),
    );
    assert.ok(isVitteError(error, code), String(error));
    assert.ok(received < archive.length);
    assert.is(fake.requests.length, requests);
    await client.close();
  });
}

test('a server that brings a little each time is not asked for ever', async ({ fake }) => {
  fake.answer(cut(1), (response, request) => {
    const first = Number(/\d+/.exec(request.headers.range ?? '')?.[0]);
    cutPart(first + 1)(response, request);
  });
  const client = openClient({ url: fake.url, retry: { baseMs: 0 } });
  const error = await rejection(drain(client.download(name, version, expected)));
  assert.ok(isVitteError(error, 'PKG_E_REGISTRY_UNAVAILABLE'), String(error));
  assert.is(fake.requests.length, 51);
  await client.close();
});

test('a redirect to a storage elsewhere is followed without credentials', async ({
  fake,
  elsewhere,
}) => {
  fake.answer(
    (response) => void response.writeHead(307, { location: `${elsewhere.url}/blob?sig=1` }).end(),
  );
  elsewhere.answer(cut(100_000), good);
  const client = openClient({ url: fake.url, token: 'vit_secret', retry: { baseMs: 0 } });
  await drain(client.download(name, version, expected));
  assert.is(fake.requests[0]?.headers.authorization, 'Bearer vit_secret');
  assert.equal(
    elsewhere.requests.map(({ path }) => path),
    ['/blob?sig=1', '/blob?sig=1'],
  );
  for (const { headers } of elsewhere.requests) {
    assert.is(headers.authorization, undefined);
    assert.is(headers['vitte-min-sequence'], undefined);
  }
  assert.is(elsewhere.requests[1]?.headers.range, 'bytes=100000-');
  await client.close();
});

test('a reader that stops lets go of the connection', async ({ fake }) => {
  let closed: () => void = () => {};
  const gone = new Promise<void>((done) => {
    closed = done;
  });
  fake.answer((response) => {
    response.on('close', closed);
    response.writeHead(200, whole).write(archive.subarray(0, 200_000));
  });
  const client = openClient({ url: fake.url });
  for await (const _ of client.download(name, version, expected)) break;
  await gone;
  await client.close();
});

test('a signal ends a download with its reason', async ({ fake }) => {
  const reason = new Error('enough');
  const controller = new AbortController();
  fake.answer((response) => {
    response.writeHead(200, whole).write(archive.subarray(0, 200_000));
    setImmediate(() => controller.abort(reason));
  });
  const client = openClient({ url: fake.url });
  const { signal } = controller;
  assert.is(await rejection(drain(client.download(name, version, expected, { signal }))), reason);
  await client.close();
});

async function drain(source: AsyncIterable<unknown>) {
  for await (const _ of source);
}

function cutWith(bytes: Uint8Array, length: number): Answerer {
  return truncated(200, whole, bytes.subarray(0, length));
}

/** A part that is announced to the end and breaks off before byte `end`. */
function cutPart(end: number): Answerer {
  return (response, request) => {
    const first = Number(/\d+/.exec(request.headers.range ?? '')?.[0]);
    const range = `bytes ${first}-${archive.length - 1}/${archive.length}`;
    const head = { ...headers, 'content-range': range, 'content-length': archive.length - first };
    return truncated(206, head, archive.subarray(first, end))(response, request);
  };
}

function part(first: number, bytes: Uint8Array, total: number): Answerer {
  return (response) => {
    const range = `bytes ${first}-${first + bytes.length - 1}/${total}`;
    response.writeHead(206, { ...headers, 'content-range': range }).end(bytes);
  };
}

test.run();
