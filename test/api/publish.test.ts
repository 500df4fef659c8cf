import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { bearer, demoPath, putArchive } from '../support/api-requests.ts';
import { type ApiService, startApiService } from '../support/api-service.ts';
import { fakeStore, fakeToken } from '../support/fake-use-cases.ts';
import { checkSchema } from '../support/published-schemas.ts';
import { suite } from '../support/suite.ts';
import { openWire, type Wire } from '../support/wire.ts';

const test = suite<{ service: ApiService }>('publishing through the API');

const uploadBytesMax = 4 * 1024 * 1024;

test.before.each(async (context) => {
  context.service = await startApiService({ uploadBytesMax });
});
test.after.each(async ({ service }) => service.stop());

test('a new version is 201 with its place, the same content again 200, other content 409', async ({
  service,
}) => {
  const first = await putArchive(service, demoPath, 'content');
  const answer = (await first.json()) as Record<string, unknown>;
  checkSchema('published', answer);
  assert.is(first.status, 201);
  assert.is(first.headers.get('location'), service.url + demoPath);
  assert.is(first.headers.get('vitte-sequence'), `${fakeStore}:3`);
  assert.is(first.headers.get('cache-control'), 'no-store');

  const again = await putArchive(service, demoPath, 'content');
  assert.equal([again.status, await again.json()], [200, answer]);
  assert.is(again.headers.get('location'), service.url + demoPath);

  const other = await putArchive(service, demoPath, 'other');
  assert.is(other.status, 409);
  const problem = (await other.json()) as Record<string, unknown>;
  checkSchema('problem', problem);
  assert.is(problem.code, 'PKG_E_VERSION_EXISTS');
});

test('bundles and their keys come to the use case, and those not attached are named', async ({
  service,
}) => {
  const key = Buffer.from('the key of the signer');
  const body = mixed([
    [mediaTypes.sigstoreBundle, '{"n":1}', [`Vitte-Signature-Key: ${key.toString('base64')}`]],
    [mediaTypes.sigstoreBundle, '{"n":2}'],
    [mediaTypes.vitpkg, 'the archive'],
  ]);
  const headers = { 'Content-Type': 'multipart/mixed; boundary=edge' };
  const first = await putArchive(service, demoPath, body, headers);
  assert.is(first.status, 201);
  assert.not.ok('notAttached' in ((await first.json()) as object));
  const read = await fetch(`${service.url}${demoPath}/signatures`);
  const { signatures } = (await read.json()) as { signatures: { bundle: unknown }[] };
  assert.equal(
    signatures.map(({ bundle }) => bundle),
    [{ n: 1 }, { n: 2 }],
  );
  const version = (await (await fetch(service.url + demoPath)).json()) as {
    archive: { fileName: string };
  };
  assert.is(version.archive.fileName, 'demo-lib-0.1.0.vitpkg');

  const again = await putArchive(service, demoPath, body, headers);
  const answer = (await again.json()) as { notAttached: unknown[] };
  checkSchema('published', answer);
  assert.equal([again.status, answer.notAttached.length], [200, 2]);
});

test('a body in chunks is taken as one with a length', async ({ service }) => {
  const wire = await openWire(service.url);
  wire.write(head(['Transfer-Encoding: chunked']));
  wire.write('3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: z\r\n\r\n');
  assert.is((await wire.answer()).status, 201);
  assert.is(service.useCases.lastPublish.bytes, 5);
  wire.destroy();
});

test('who waits for 100 Continue gets it when the body is wanted, and a refusal before sending otherwise', async ({
  service,
}) => {
  const wanted = await openWire(service.url);
  wanted.write(head(['Content-Length: 3', 'Expect: 100-continue']));
  await until(() => wanted.received().includes('100 Continue'));
  wanted.write('abc');
  assert.is((await wanted.answer()).status, 201);
  wanted.destroy();

  const refused = await openWire(service.url);
  refused.write(head(['Content-Length: 3', 'Expect: 100-continue'], []));
  assert.is((await refused.answer()).status, 401);
  assert.not.match(String(refused.received()), /100 Continue/);
  refused.destroy();
});

test('a refusal comes while the body is still being sent, and the connection ends behind it', async ({
  service,
}) => {
  service.useCases.intercept = async (verb) => {
    if (verb === 'publish') throw new Error('whatever');
  };
  const wire = await openWire(service.url);
  wire.write(head([`Content-Length: ${uploadBytesMax}`]));
  wire.write(Buffer.alloc(100_000));
  const answer = await wire.answer();
  assert.is(answer.status, 500);
  assert.is(answer.headers.connection, 'close');
  // Something more of the body is taken, so that a client that is busy sending comes to read.
  for (let sent = 0; sent < 3_000_000; sent += 100_000) wire.write(Buffer.alloc(100_000));
  await wire.closed;
});

test('what a client sends on after its refusal is taken for a while, so that nothing is reset', async ({
  service,
}) => {
  const wire = await openWire(service.url);
  wire.write(head([`Content-Length: ${uploadBytesMax}`], []));
  assert.is((await wire.answer()).status, 401);
  for (let sent = 0; sent < 5; sent += 1) wire.write(Buffer.alloc(100_000));
  wire.end();
  assert.is(await wire.closed, false);
});

test('a client that sends a large refused body reads its refusal', async ({ service }) => {
  const body = Buffer.alloc(900_000, 'x');
  for (let round = 0; round < 5; round += 1) {
    const answer = await fetch(service.url + demoPath, {
      method: 'PUT',
      body,
      headers: { 'Content-Type': 'application/zip', ...bearer },
    });
    assert.is(answer.status, 415);
    assert.is(((await answer.json()) as { code: string }).code, 'PKG_E_MEDIA_TYPE');
  }
});

test('a body over the limit is refused by its length, or where it passes the limit', async ({
  service,
}) => {
  const stated = await openWire(service.url);
  stated.write(head([`Content-Length: ${uploadBytesMax + 1}`]));
  const early = await stated.answer();
  assert.equal([early.status, codeOf(early.body)], [413, 'PKG_E_BODY_SIZE']);
  assert.is(service.useCases.lastPublish.bytes, 0);
  stated.destroy();

  const streamed = await openWire(service.url);
  streamed.write(head(['Transfer-Encoding: chunked']));
  const piece = Buffer.concat([
    Buffer.from('100000\r\n'),
    Buffer.alloc(1024 * 1024),
    Buffer.from('\r\n'),
  ]);
  for (let sent = 0; sent <= uploadBytesMax; sent += 1024 * 1024) streamed.write(piece);
  const late = await streamed.answer();
  assert.equal([late.status, codeOf(late.body)], [413, 'PKG_E_BODY_SIZE']);
  assert.ok(isVitteError(service.useCases.lastPublish.error, 'PKG_E_BODY_SIZE'));
  assert.ok(service.useCases.lastPublish.bytes <= uploadBytesMax);
  streamed.destroy();
});

test('a body of just the limit is taken', async ({ service }) => {
  const answer = await putArchive(service, demoPath, Buffer.alloc(uploadBytesMax));
  assert.is(answer.status, 201);
});

test('a body that stops coming is 408, and the use case hears of it', async () => {
  const service = await startApiService({ bodyIdleTimeoutMs: 100 });
  const wire = await openWire(service.url);
  wire.write(head(['Content-Length: 100']));
  wire.write('some');
  const answer = await wire.answer();
  assert.equal([answer.status, codeOf(answer.body)], [408, 'PKG_E_REQUEST_TIMEOUT']);
  assert.ok(isVitteError(service.useCases.lastPublish.error, 'PKG_E_REQUEST_TIMEOUT'));
  await wire.closed;
  await service.stop();
});

test('a body that trickles is 408 too, before it has cost more than a few waits', async () => {
  const service = await startApiService({ bodyIdleTimeoutMs: 100 });
  const wire = await openWire(service.url);
  wire.write(head(['Content-Length: 100000']));
  const drip = setInterval(() => wire.write('x'), 20);
  try {
    const answer = await wire.answer();
    assert.equal([answer.status, codeOf(answer.body)], [408, 'PKG_E_REQUEST_TIMEOUT']);
  } finally {
    clearInterval(drip);
    wire.destroy();
  }
  await service.stop();
});

test('a client that leaves midway ends the use case with an error', async ({ service }) => {
  const leavings: ((wire: Wire) => void)[] = [
    (wire) => wire.destroy(),
    (wire) => wire.socket.resetAndDestroy(),
  ];
  for (const leave of leavings) {
    const wire = await openWire(service.url);
    wire.write(head(['Content-Length: 100']));
    wire.write('some');
    await until(() => service.useCases.lastPublish.bytes === 4);
    leave(wire);
    await until(() => service.useCases.lastPublish.error !== undefined);
    assert.ok(isVitteError(service.useCases.lastPublish.error, 'PKG_E_BODY_TRUNCATED'));
  }
  assert.is((await fetch(`${service.url}/healthz`)).status, 200);
});

test('a client that leaves while the journal is asked aborts the signal, and nobody is answered', async ({
  service,
}) => {
  const reached = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  service.useCases.intercept = async (verb, context) => {
    if (verb !== 'publish') return;
    reached.resolve();
    await new Promise<void>((_, reject) => {
      context?.signal?.addEventListener('abort', () => {
        aborted.resolve();
        reject(context.signal?.reason);
      });
    });
  };
  const wire = await openWire(service.url);
  wire.write(head(['Content-Length: 3']));
  wire.write('abc');
  await reached.promise;
  wire.socket.resetAndDestroy();
  await aborted.promise;
  await until(() => service.log.some((line) => line.includes('"left":true')));
});

test('a client that has nothing more to send still gets its answer', async ({ service }) => {
  const gate = Promise.withResolvers<void>();
  service.useCases.intercept = async (verb) => {
    if (verb === 'publish') await gate.promise;
  };
  const wire = await openWire(service.url);
  wire.write(head(['Content-Length: 3']));
  wire.write('abc');
  wire.end();
  // Once others have been answered the server has surely seen that end.
  for (let round = 0; round < 3; round += 1) await fetch(`${service.url}/healthz`);
  gate.resolve();
  assert.is((await wire.answer()).status, 201);
  await wire.closed;
});

test('two requests in one go are answered in their order', async ({ service }) => {
  const wire = await openWire(service.url);
  wire.write(
    `${head(['Content-Length: 3'])}abcGET ${demoPath} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
  );
  await wire.closed;
  const statuses = [...String(wire.received()).matchAll(/HTTP\/1\.1 (\d+)/g)].map(
    ([, status]) => status,
  );
  assert.equal(statuses, ['201', '200']);
});

test('bytes behind the body are no reason to lose its answer', async ({ service }) => {
  const wire = await openWire(service.url);
  wire.write(`${head(['Content-Length: 3'])}abcdef\r\n\r\n`);
  assert.is((await wire.answer()).status, 201);
  await wire.closed;
  assert.is(service.useCases.lastPublish.bytes, 3);
});

test('nothing is taken for publishing on the way down, reading goes on', async ({ service }) => {
  await putArchive(service, demoPath, 'content');
  service.setDraining();
  const refused = await putArchive(service, '/api/v1/packages/demo-lib/0.2.0', 'content');
  assert.is(refused.status, 503);
  assert.is(((await refused.json()) as { code: string }).code, 'PKG_E_SHUTTING_DOWN');
  const read = await fetch(service.url + demoPath);
  assert.equal([read.status, read.headers.get('connection')], [200, 'close']);
});

test('a large body passes through at the pace of the use case', async ({ service }) => {
  let asked = 0;
  const bytes = new Uint8Array(64 * 1024);
  const body = new ReadableStream({
    pull(controller) {
      asked += 1;
      if (asked > 48) controller.close();
      else controller.enqueue(bytes);
    },
  });
  const answer = await putArchive(service, demoPath, body);
  assert.is(answer.status, 201);
  assert.is(service.useCases.lastPublish.bytes, 48 * bytes.length);
});

test.run();

function head(headers: string[], credentials = [`Authorization: Bearer ${fakeToken}`]): string {
  const lines = ['Host: a', `Content-Type: ${mediaTypes.vitmod}`, ...credentials, ...headers];
  return `PUT ${demoPath} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

function mixed(parts: [type: string, body: string, headers?: string[]][]): string {
  const written = parts.map(([type, body, headers = []]) =>
    ['--edge', `Content-Type: ${type}`, ...headers, '', body, ''].join('\r\n'),
  );
  return `${written.join('')}--edge--\r\n`;
}

function codeOf(body: Buffer): unknown {
  return (JSON.parse(String(body)) as { code: unknown }).code;
}

/** Waits for something that comes of itself; the time limit of the test is the limit here. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
