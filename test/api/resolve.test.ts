import * as assert from 'uvu/assert';
import { preferredLanguage } from '../../src/api/accept-language.ts';
import { isVitteError, VitteError } from '../../src/core/errors.ts';
import { publishDemo, putArchive } from '../support/api-requests.ts';
import { type ApiService, startApiService } from '../support/api-service.ts';
import { fakeStore } from '../support/fake-use-cases.ts';
import { checkSchema } from '../support/published-schemas.ts';
import { call } from '../support/rest.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { openWire, type Wire } from '../support/wire.ts';

const test = suite<{ service: ApiService }>('resolving through the API');

test.before.each(async (context) => {
  context.service = await startApiService();
  await publishDemo(context.service);
  await putArchive(context.service, '/api/v1/packages/demo-lib/0.2.0', Buffer.from('more'));
});
test.after.each(async ({ service }) => service.stop());

function ask(service: ApiService, body: unknown, headers: Record<string, string> = {}) {
  return call(`${service.url}/api/v1/resolve`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

test('requirements as rows and by name have the same graph, which nobody may keep', async ({
  service,
}) => {
  const rows = await ask(service, { requirements: [{ name: 'demo-lib', requirement: '^0.1' }] });
  assert.is(rows.status, 200, rows.bytes.toString());
  assert.is(rows.headers['cache-control'], 'no-store');
  assert.is(rows.headers['vitte-sequence'], `${fakeStore}:4`);
  const document = rows.json();
  checkSchema('resolution', document);
  assert.is(document.schema, 'vitte.registry.resolution.v1');
  const byName = await ask(service, { requirements: { 'demo-lib': '^0.1' } });
  assert.equal(byName.json(), document);
  const newest = await ask(service, { requirements: { 'demo-lib': { requirement: '*' } } });
  assert.match(newest.bytes.toString(), '"version":"0.2.0"');
});

test('a request is checked by the published schema as it is read', async ({ service }) => {
  const whole = {
    root: { name: 'app', version: 'v1.0.0' },
    requirements: { 'demo-lib': '*' },
    mode: 'multi',
    prefer: 'locked',
    locked: [{ name: 'demo-lib', version: 'v0.1.0' }],
    overrides: { other: '^2' },
    asOf: '2027-01-01',
    minimumAgeSeconds: 0,
    target: 'x86_64-linux',
    prereleases: ['demo-lib'],
  };
  const reply = await ask(service, whole);
  assert.is(reply.status, 200, reply.bytes.toString());
  assert.match(reply.bytes.toString(), '"version":"0.1.0"');
});

test('what the schema does not know is refused, and rows of documents are taken as they are', async ({
  service,
}) => {
  const row = { name: 'demo-lib', requirement: '*', source: 'registry', optional: false };
  const taken = await ask(service, { requirements: [{ ...row, version: '0.1.0' }] });
  assert.is(taken.status, 200, taken.bytes.toString());
  for (const body of [
    { requirements: {}, minimumAge: 86_400 },
    { requirements: [{ ...row, source: 'workspace' }] },
    { requirements: [{ ...row, optional: true }] },
    { requirements: { 'demo-lib': { requirement: '*', feature: ['tls'] } } },
  ]) {
    const refused = await ask(service, body);
    assert.is(refused.status, 400, JSON.stringify(body));
    assert.is(refused.json().code, 'PKG_E_REQUEST');
  }
});

test('what has no solution is a problem with its code, the text and the explanation', async ({
  service,
}) => {
  const body = { root: { name: 'app' }, requirements: { 'demo-lib': '^2' } };
  const reply = await ask(service, body);
  assert.is(reply.status, 422);
  assert.is(reply.headers['content-type'], 'application/problem+json');
  assert.is(reply.headers['cache-control'], 'no-store');
  assert.is(reply.headers['vitte-sequence'], `${fakeStore}:4`);
  const problem = reply.json<{ code: string; detail: string; explanation: unknown }>();
  checkSchema('problem', problem);
  checkSchema('explanation', problem.explanation);
  assert.is(problem.code, 'PKG_E_DEPENDENCY_VERSION');
  assert.match(problem.detail, 'Because app depends on demo-lib ^2 which no version satisfies');
  assert.match(problem.detail, 'require demo-lib ^0.2.0 instead of ^2');
  const french = await ask(service, body, { 'accept-language': 'fr-CA, en;q=0.8' });
  assert.match(french.json<{ detail: string }>().detail, 'Puisque app dépend de demo-lib ^2');
  assert.equal(
    [reply, french].map(({ headers }) => headers['content-language']),
    ['en', 'fr'],
  );
  assert.equal(french.json().explanation, problem.explanation);
  const unknown = await ask(service, { requirements: { nothing: '*' } });
  assert.is(unknown.json().code, 'PKG_E_DEPENDENCY_NOT_FOUND');
});

test('a limit that is passed is told with its name', async ({ service }) => {
  service.useCases.intercept = async (verb) => {
    if (verb !== 'resolve') return;
    const data = { limit: 'stepsMax' };
    throw new VitteError('PKG_E_RESOLVE_LIMIT', 'resolving was stopped', { data });
  };
  const reply = await ask(service, { requirements: {} });
  assert.is(reply.status, 422);
  assert.equal([reply.json().code, reply.json().limit], ['PKG_E_RESOLVE_LIMIT', 'stepsMax']);
});

test('a lockfile of 10,000 rows is read, and what is over 4 MiB is not', async ({ service }) => {
  const locked = Array.from({ length: 10_000 }, (_, number) => ({
    name: `some-namespace/package-number-${number}`,
    version: '1.2.3-alpha.4',
  }));
  const body = { requirements: { 'demo-lib': '*' }, prefer: 'locked', locked };
  assert.is((await ask(service, body)).status, 200);
  const reply = await ask(service, { requirements: {}, more: 'a'.repeat(4 * 1024 * 1024) });
  assert.is(reply.status, 413);
  assert.is(reply.json().code, 'PKG_E_BODY_SIZE');
});

const wanted = '{"requirements":{"demo-lib":"*"}}';
const head = `POST /api/v1/resolve HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${wanted.length}\r\n\r\n`;

const leaving: [how: string, leave: (wire: Wire) => void][] = [
  ['resets its connection', (wire) => wire.socket.resetAndDestroy()],
  ['closes its connection', (wire) => wire.destroy()],
];
for (const [how, leave] of leaving) {
  test(`a client that ${how} ends the resolution`, async ({ service }) => {
    const [reached, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<unknown>()];
    service.useCases.intercept = async (verb, context) => {
      if (verb !== 'resolve') return;
      context?.signal?.addEventListener('abort', () => ended.resolve(context.signal?.reason));
      reached.resolve();
      await ended.promise;
    };
    const wire = await openWire(service.url);
    wire.write(head + wanted);
    await reached.promise;
    leave(wire);
    assert.ok(isVitteError(await ended.promise, 'PKG_E_CANCELLED'));
  });
}

test('a client that only has nothing more to send waits, and gets its answer', async ({
  service,
}) => {
  const gate = Promise.withResolvers<void>();
  service.useCases.intercept = async (verb) => {
    if (verb === 'resolve') await gate.promise;
  };
  const wire = await openWire(service.url);
  wire.write(head + wanted);
  wire.end();
  await until(() => wire.received().includes('HTTP/1.1 102 Processing\r\n\r\n'));
  gate.resolve();
  await until(() => wire.received().includes('vitte.registry.resolution.v1'));
  assert.match(wire.received().toString(), 'HTTP/1.1 200 OK\r\n');
  wire.destroy();
});

test('the language is the one that Accept-Language prefers of those there are', () => {
  const rows: [string | undefined, string][] = [
    [undefined, 'en'],
    ['', 'en'],
    ['fr', 'fr'],
    ['FR-ca', 'fr'],
    ['de, fr;q=0.5, en;q=0.4', 'fr'],
    ['en, fr', 'en'],
    ['fr, en', 'fr'],
    ['fr;q=0.3, en;q=0.8', 'en'],
    ['fr;q=0', 'en'],
    ['frr', 'en'],
    ['*', 'en'],
    ['fr;q=0.5, *;q=1', 'en'],
    ['en;q=0, *', 'fr'],
    ['fr;Q=0.8, en;Q=0.3', 'fr'],
    ['fr;q=nonsense', 'en'],
    [`${'de,'.repeat(1_000)}fr`, 'en'],
  ];
  for (const [header, expected] of rows) {
    assert.is(preferredLanguage(header), expected, header?.slice(0, 40));
  }
});

test.run();
