import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import { listen } from '../../src/server/listen.ts';
import { demoPath, publishDemo } from '../support/api-requests.ts';
import { type ApiService, startApiService } from '../support/api-service.ts';
import { suite } from '../support/suite.ts';
import { openWire } from '../support/wire.ts';

const test = suite<{ service: ApiService }>('listening and draining');
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test.before.each(async (context) => {
  context.service = await startApiService();
});
test.after.each(async ({ service }) => service.stop());

test('a drain lets go of idle connections, finishes what is under way, and takes nothing new', async ({
  service,
}) => {
  await publishDemo(service);
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  service.useCases.intercept = async (verb) => {
    if (verb !== 'packageInfo') return;
    reached.resolve();
    await gate.promise;
  };
  const [silent, idle, busy] = await Promise.all([
    openWire(service.url),
    openWire(service.url),
    openWire(service.url),
  ]);
  idle.write(get('/healthz'));
  assert.is((await idle.answer()).status, 200);
  busy.write(get('/api/v1/packages/demo-lib'));
  await reached.promise;

  service.setDraining();
  const drained = service.drain(60_000);
  await Promise.all([silent.closed, idle.closed]);
  await assertRefused(service.url);
  gate.resolve();
  const answer = await busy.answer();
  assert.is(answer.status, 200);
  await Promise.all([busy.closed, drained]);
});

test('a download under way when the drain begins comes to its end', async ({ service }) => {
  await publishDemo(service, Buffer.alloc(100, 'x'));
  const gate = Promise.withResolvers<void>();
  service.useCases.bodyOf = async function* (bytes) {
    yield bytes.subarray(0, 50);
    await gate.promise;
    yield bytes.subarray(50);
  };
  const wire = await openWire(service.url);
  wire.write(get(`${demoPath}/download`));
  while (!String(wire.received()).includes('xxx'))
    await new Promise((resolve) => setImmediate(resolve));
  service.setDraining();
  const drained = service.drain(60_000);
  gate.resolve();
  const answer = await wire.answer();
  assert.is(answer.body.length, 100);
  await Promise.all([wire.closed, drained]);
});

test('what takes longer than the drain is cut off, and its signal aborts', async ({ service }) => {
  const aborted = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  service.useCases.intercept = async (_verb, context) => {
    reached.resolve();
    context?.signal?.addEventListener('abort', () => aborted.resolve());
    await aborted.promise;
  };
  const wire = await openWire(service.url);
  wire.write(get('/api/v1/packages'));
  await reached.promise;
  await service.drain(10);
  await Promise.all([aborted.promise, wire.closed]);
  assert.is(wire.received().length, 0);
});

test('a connection that answers nothing but keeps asking is served in turn', async ({
  service,
}) => {
  const wire = await openWire(service.url);
  wire.write(get('/healthz').repeat(20));
  while ((String(wire.received()).match(/"status":"ok"/g) ?? []).length < 20) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  wire.destroy();
});

test('a connection that sends requests without end ahead of their answers is ended', async ({
  service,
}) => {
  const gate = Promise.withResolvers<void>();
  service.useCases.intercept = () => gate.promise;
  const wire = await openWire(service.url);
  wire.write(get('/api/v1/packages').repeat(500));
  await wire.closed;
  gate.resolve();
});

test('headers that do not come to an end are 408', async () => {
  const slow = await listen(
    () => {},
    { host: '127.0.0.1', port: 0 },
    { headersTimeoutMs: 50, checkIntervalMs: 20 },
  );
  const wire = await openWire(slow.url);
  wire.write('GET /healthz HTTP/1.1\r\nHost: a\r\n');
  const answer = await wire.answer();
  assert.is(answer.status, 408);
  assert.is((JSON.parse(String(answer.body)) as { code: string }).code, 'PKG_E_REQUEST_TIMEOUT');
  await wire.closed;
  await slow.drain(0);
});

test('a connection on which nothing happens ends', async () => {
  const idle = await listen(() => {}, { host: '127.0.0.1', port: 0 }, { socketIdleTimeoutMs: 30 });
  const wire = await openWire(idle.url);
  await wire.closed;
  await idle.drain(0);
});

test('the URL has the port that was bound, and brackets around IPv6', async () => {
  const handler = () => {};
  const plain = await listen(handler, { host: 'localhost', port: 0 });
  assert.match(plain.url, /^http:\/\/localhost:[1-9]\d*$/);
  await plain.drain(0);
  const six = await listen(handler, { host: '::1', port: 0 }).catch((error: unknown) => {
    // A machine without IPv6 says so in the same form.
    assert.ok(isVitteError(error, 'PKG_E_CONFIG'));
    return undefined;
  });
  if (six) assert.match(six.url, /^http:\/\/\[::1\]:\d+$/);
  await six?.drain(0);
});

test('an address that is in use is named', async ({ service }) => {
  const port = Number(new URL(service.url).port);
  try {
    await listen(() => {}, { host: '127.0.0.1', port });
    assert.unreachable();
  } catch (error) {
    assert.ok(isVitteError(error, 'PKG_E_CONFIG'));
    assert.match(error.message, new RegExp(`--listen: 127\\.0\\.0\\.1:${port} is in use`));
  }
});

test.run();

async function assertRefused(url: string): Promise<void> {
  try {
    await fetch(`${url}/healthz`);
  } catch {
    return;
  }
  assert.unreachable('a new connection was taken');
}
