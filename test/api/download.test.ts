import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { VitteError } from '../../src/core/errors.ts';
import { bearer, demoPath, publishDemo, putArchive } from '../support/api-requests.ts';
import { type ApiService, startApiService } from '../support/api-service.ts';
import { checkSchema } from '../support/published-schemas.ts';
import { suite } from '../support/suite.ts';
import { openWire } from '../support/wire.ts';

type Context = { service: ApiService; opened: () => number };
const test = suite<Context>('downloads');
const path = `${demoPath}/download`;
const get = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test.before.each(async (context) => {
  const service = await startApiService();
  await publishDemo(service);
  context.service = service;
  context.opened = countOpened(service);
});
test.after.each(async ({ service }) => service.stop());

test('a download says what it is, and that it never changes', async ({ service }) => {
  const answer = await fetch(service.url + path);
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.is(String(bytes), '0123456789');
  const sha256 = createHash('sha256').update(bytes);
  const hex = sha256.copy().digest('hex');
  const header = (name: string) => answer.headers.get(name);
  assert.is(header('content-type'), 'application/vnd.vitte.vitmod.v1.tar+gzip');
  assert.is(header('content-length'), '10');
  assert.is(header('etag'), `"sha256:${hex}"`);
  assert.is(header('repr-digest'), `sha-256=:${sha256.digest('base64')}:`);
  assert.is(header('accept-ranges'), 'bytes');
  assert.is(header('cache-control'), 'public, max-age=31536000, immutable');
  assert.is(header('content-disposition'), 'attachment; filename="demo-lib-0.1.0.vitmod"');
});

test('a range is 206 with its place in the whole, and If-Range guards it', async ({ service }) => {
  const etag = (await fetch(service.url + path, { method: 'HEAD' })).headers.get('etag') ?? '';
  const ask = async (headers: Record<string, string>) => {
    const answer = await fetch(service.url + path, { headers });
    return [answer.status, answer.headers.get('content-range'), await answer.text()];
  };
  assert.equal(await ask({ Range: 'bytes=2-4' }), [206, 'bytes 2-4/10', '234']);
  assert.equal(await ask({ Range: 'bytes=7-' }), [206, 'bytes 7-9/10', '789']);
  assert.equal(await ask({ Range: 'bytes=-2' }), [206, 'bytes 8-9/10', '89']);
  assert.equal(await ask({ Range: 'bytes=0-' }), [206, 'bytes 0-9/10', '0123456789']);
  assert.equal(await ask({ Range: 'bytes=0-1,5-6' }), [200, null, '0123456789']);
  assert.equal(await ask({ Range: 'bytes=2-4', 'If-Range': etag }), [206, 'bytes 2-4/10', '234']);
  assert.equal(await ask({ Range: 'bytes=2-4', 'If-Range': '"other"' }), [200, null, '0123456789']);
  const date = 'Sun, 22 Nov 2026 00:00:00 GMT';
  assert.equal(await ask({ Range: 'bytes=2-4', 'If-Range': date }), [200, null, '0123456789']);
  assert.equal(await ask({ Range: 'bytes=2-4', 'If-Match': etag }), [206, 'bytes 2-4/10', '234']);
});

test('a range that is not there is 416 and says how many bytes there are', async ({ service }) => {
  const answer = await fetch(service.url + path, { headers: { Range: 'bytes=10-' } });
  assert.is(answer.status, 416);
  assert.is(answer.headers.get('content-range'), 'bytes */10');
  assert.is(answer.headers.get('content-type'), 'application/problem+json');
  for (const name of ['etag', 'content-disposition', 'repr-digest', 'accept-ranges']) {
    assert.is(answer.headers.get(name), null, name);
  }
  checkSchema('problem', await answer.json());
});

test('HEAD, 304, 412 and 416 do not open the store', async ({ service, opened }) => {
  const head = await fetch(service.url + path, { method: 'HEAD' });
  assert.is(head.headers.get('content-length'), '10');
  const etag = head.headers.get('etag') ?? '';
  const statuses = [];
  for (const headers of [
    { 'If-None-Match': etag },
    { 'If-Match': '"other"' },
    { Range: 'bytes=99-' },
  ] as Record<string, string>[]) {
    statuses.push((await fetch(service.url + path, { headers })).status);
  }
  assert.equal(statuses, [304, 412, 416]);
  assert.is(opened(), 0);
  await (await fetch(service.url + path)).arrayBuffer();
  assert.is(opened(), 1);
});

test('a source that uses its buffer again is sent as it was', async ({ service }) => {
  const size = 300_000;
  await publishVersion(service, Buffer.alloc(size * 5));
  service.useCases.bodyOf = async function* () {
    const buffer = Buffer.alloc(size);
    for (let n = 1; n <= 5; n += 1) yield buffer.fill(n);
  };
  const answer = await fetch(`${service.url}/api/v1/packages/demo-lib/0.2.0/download`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const expected = Buffer.concat([1, 2, 3, 4, 5].map((n) => Buffer.alloc(size, n)));
  assert.ok(bytes.equals(expected));
});

test('a store that fails midway cuts the connection, so that the body is short', async ({
  service,
}) => {
  service.useCases.bodyOf = async function* (bytes) {
    yield bytes.subarray(0, 4);
    throw new VitteError('PKG_E_INTEGRITY', 'the blob is damaged');
  };
  const wire = await openWire(service.url);
  wire.write(get);
  await wire.closed;
  const [head = '', body] = String(wire.received()).split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 200 .*\r\ncontent-length: 10\r\n/is);
  assert.is(body, '0123');
  const failures = service.log.filter((line) => line.includes('"level":"error"'));
  assert.is(failures.length, 1);
  assert.match(failures[0] ?? '', /PKG_E_INTEGRITY/);
});

test('a store that fails before the first byte is a problem document', async ({ service }) => {
  // biome-ignore lint/correctness/useYield: the source fails before it has anything to give
  service.useCases.bodyOf = async function* () {
    throw new VitteError('PKG_E_INTEGRITY', 'the blob is damaged');
  };
  const answer = await fetch(service.url + path);
  assert.is(answer.status, 502);
  assert.is(answer.headers.get('cache-control'), 'no-store');
  assert.is(answer.headers.get('etag'), null);
  const problem = (await answer.json()) as Record<string, unknown>;
  checkSchema('problem', problem);
  assert.is(problem.code, 'PKG_E_INTEGRITY');
});

test('a store that gives too little or too much does not pass for the whole', async ({
  service,
}) => {
  for (const change of [
    (bytes: Uint8Array) => bytes.subarray(1),
    (bytes: Uint8Array) => Buffer.concat([bytes, bytes]),
  ]) {
    service.useCases.bodyOf = async function* (bytes) {
      yield change(bytes).subarray(0, 5);
      yield change(bytes).subarray(5);
    };
    const wire = await openWire(service.url);
    wire.write(get);
    await wire.closed;
    const [, body = ''] = String(wire.received()).split('\r\n\r\n');
    assert.ok(body.length < 10, body);
    assert.ok(service.log.some((line) => line.includes('PKG_E_INTEGRITY')));
  }
});

test('a client that leaves stops the reading, aborts the signal, and harms nobody', async ({
  service,
}) => {
  let given = 0;
  const ended = Promise.withResolvers<void>();
  await publishVersion(service, Buffer.alloc(1));
  const { openArchive } = service.useCases;
  service.useCases.openArchive = async (...call) => {
    const { sequence, value } = await openArchive(...call);
    const bytes = 1024 ** 3;
    const info = { ...value.info, archive: { ...value.info.archive, bytes } };
    return { sequence, value: { info, size: bytes, body: endless() } };
  };
  const wire = await openWire(service.url);
  wire.write(get);
  await until(() => wire.received().length > 500_000);
  wire.destroy();
  await ended.promise;
  await until(() => service.useCases.contexts.at(-1)?.signal?.aborted === true);
  assert.ok(given < 500, `${given} MiB`);
  assert.is((await fetch(`${service.url}/healthz`)).status, 200);
  assert.equal(
    service.log.filter((line) => /"level":"(?:warn|error)"/.test(line)),
    [],
  );

  async function* endless() {
    const piece = Buffer.alloc(1024 * 1024);
    try {
      for (; given < 1_024; given += 1) yield piece;
    } finally {
      ended.resolve();
    }
  }
});

test('a client that takes nothing is cut off, and the source is let go of', async () => {
  const service = await startApiService({ sendStallTimeoutMs: 100 });
  await publishDemo(service);
  const ended = Promise.withResolvers<void>();
  const { openArchive } = service.useCases;
  service.useCases.openArchive = async (...call) => {
    const { sequence, value } = await openArchive(...call);
    return { sequence, value: { ...value, size: 1024 ** 3, body: endless() } };
  };
  const wire = await openWire(service.url);
  wire.socket.pause();
  wire.write(get);
  await ended.promise;
  await until(() => service.log.some((line) => line.includes('"left":true')));
  wire.destroy();
  await service.stop();

  async function* endless() {
    const piece = Buffer.alloc(1024 * 1024);
    try {
      for (;;) yield piece;
    } finally {
      ended.resolve();
    }
  }
});

test('a download with a token is the same download', async ({ service }) => {
  const answer = await fetch(service.url + path, { headers: bearer });
  assert.is(await answer.text(), '0123456789');
});

test.run();

async function publishVersion(service: ApiService, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await putArchive(service, '/api/v1/packages/demo-lib/0.2.0', bytes);
}

function countOpened(service: ApiService): () => number {
  let opened = 0;
  const { openArchive } = service.useCases;
  service.useCases.openArchive = (...call) => {
    opened += 1;
    return openArchive(...call);
  };
  return () => opened;
}

/** Waits for something that comes of itself; the time limit of the test is the limit here. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
