import * as assert from 'uvu/assert';
import { VitteError } from '../../src/core/errors.ts';
import { makeLogger } from '../../src/server/logger.ts';
import { bearer, demoPath, publishDemo } from '../support/api-requests.ts';
import { type ApiService, startApiService } from '../support/api-service.ts';
import { fakeToken } from '../support/fake-use-cases.ts';
import { suite } from '../support/suite.ts';
import { exchange } from '../support/wire.ts';

const test = suite<{ service: ApiService }>('logs');

test.before.each(async (context) => {
  context.service = await startApiService();
});
test.after.each(async ({ service }) => service.stop());

test('each request leaves one line that says what was asked and answered', async ({ service }) => {
  await publishDemo(service);
  await fetch(`${service.url}${demoPath}?q=1`, {
    headers: { 'X-Request-Id': 'mine', 'User-Agent': 'tester' },
  });
  await fetch(`${service.url}/nowhere`);
  await untilLogged(service, 3);
  const [published, read, missing] = accessLines(service);
  assert.equal(
    [published?.method, published?.path, published?.status, published?.account],
    ['PUT', demoPath, 201, 'admin'],
  );
  assert.equal(
    [read?.requestId, read?.path, read?.status, read?.userAgent, read?.account, read?.level],
    ['mine', demoPath, 200, 'tester', 'anonymous', 'info'],
  );
  assert.equal([missing?.status, missing?.code], [404, 'PKG_E_ROUTE']);
  assert.ok(
    accessLines(service).every(({ ms, remote }) => Number(ms) >= 0 && remote === '127.0.0.1'),
  );
});

test('no token is ever in a line, wherever it was sent or thrown', async ({ service }) => {
  const secret = fakeToken.slice(4);
  service.useCases.intercept = async (verb) => {
    if (verb === 'versionInfo')
      throw new Error(`could not send Authorization: Bearer ${fakeToken}`);
  };
  const places: [string, RequestInit][] = [
    [demoPath, { headers: bearer }],
    [`/api/v1/packages/${fakeToken}`, {}],
    [`/api/v1/packages?q=${fakeToken}`, { headers: { 'User-Agent': fakeToken } }],
    [`/${fakeToken}`, { headers: { Authorization: 'Basic c2VjcmV0', 'X-Request-Id': 'x' } }],
    ['/api/v1/whoami', { headers: { Authorization: `Bearer ${fakeToken.slice(0, -1)}` } }],
  ];
  for (const [path, init] of places) await fetch(service.url + path, init);
  await untilLogged(service, places.length);
  const all = service.log.join('');
  assert.match(all, /could not send/);
  assert.not.match(all, new RegExp(secret.slice(0, 12)));
  assert.not.match(all, /c2VjcmV0/);
});

test('line ends, terminal controls and marks that turn text around are escaped in every field', async ({
  service,
}) => {
  const path = '/%1b[31m%0d%0aforged';
  const agent = 'a\u001b[31mb\u009b31m';
  await exchange(
    service.url,
    Buffer.from(
      `GET ${path} HTTP/1.1\r\nHost: a\r\nUser-Agent: ${agent.replaceAll('\u001b', '\t')}\r\n\r\n`,
      'latin1',
    ),
  );
  await untilLogged(service, 1);
  const lines: string[] = [];
  const logger = makeLogger('info', { write: (line) => lines.push(line) });
  const nasty = 'a\r\nb\u001b[31mc\u009bd\u007fe\u2028f\u202eg\u0000';
  logger.info(
    { field: nasty, error: new VitteError('PKG_E_REQUEST', nasty, { cause: new Error(nasty) }) },
    nasty,
  );
  for (const line of [...service.log, ...lines]) {
    assert.match(line, /^[\x20-\x7e\xa0-\u1fff]*\n$/);
    JSON.parse(line);
  }
  assert.is((JSON.parse(lines[0] ?? '') as { field: string }).field, nasty);
});

test('an error is logged with its code and causes, and not with what else hangs on it', () => {
  const lines: string[] = [];
  const logger = makeLogger('info', { write: (line) => lines.push(line) });
  const cause = Object.assign(new Error('inner'), {
    code: 'ECONNRESET',
    headers: { cookie: 'secret' },
  });
  const error = new VitteError('PKG_E_STORAGE_ANSWER', 'outer', { cause });
  (cause as Error).cause = error; // a circle
  logger.error({ error }, 'failed');
  const row = JSON.parse(lines[0] ?? '') as { error: Record<string, unknown> };
  assert.is(row.error.code, 'PKG_E_STORAGE_ANSWER');
  assert.is((row.error.cause as Record<string, unknown>).code, 'ECONNRESET');
  assert.not.match(lines[0] ?? '', /secret/);
  logger.error({ error: 'a text' }, 'failed');
  assert.is((JSON.parse(lines[1] ?? '') as { error: string }).error, 'a text');
});

test('nothing below the level is written', () => {
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line) };
  makeLogger('silent', sink).error('x');
  makeLogger('warn', sink).info('x');
  assert.equal(lines, []);
});

test('probes are logged at debug alone, while they are answered', async ({ service }) => {
  await fetch(`${service.url}/healthz`);
  await fetch(`${service.url}/readyz`);
  service.setDraining();
  await fetch(`${service.url}/readyz`);
  await untilLogged(service, 3);
  assert.equal(
    accessLines(service).map(({ level }) => level),
    ['debug', 'debug', 'warn'],
  );
});

test.run();

function accessLines(service: ApiService): Record<string, unknown>[] {
  const rows = service.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  return rows.filter(({ message }) => message === 'request');
}

async function untilLogged(service: ApiService, count: number): Promise<void> {
  while (accessLines(service).length < count) await new Promise((resolve) => setImmediate(resolve));
}
