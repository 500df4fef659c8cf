import * as assert from 'uvu/assert';
import { VitteError } from '../../src/core/errors.ts';
import { bearer, demoPath, publishDemo } from '../support/api-requests.ts';
import { type ApiService, startApiService } from '../support/api-service.ts';
import { fakeStore } from '../support/fake-use-cases.ts';
import { checkSchema } from '../support/published-schemas.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ service: ApiService }>('changing a package through the API');
const base = '/api/v1/packages/demo-lib';

test.before.each(async (context) => {
  context.service = await startApiService();
  await publishDemo(context.service);
});
test.after.each(async ({ service }) => service.stop());

async function send(service: ApiService, method: string, path: string, body?: object) {
  const answer = await fetch(service.url + path, {
    method,
    headers: { ...bearer, ...(body ? { 'Content-Type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { answer, document: (await answer.json()) as Record<string, unknown> };
}

test('a yank says what stands then, and whether it had to be changed', async ({ service }) => {
  const path = `${demoPath}/yank`;
  const first = await send(service, 'PUT', path, { reason: '  leaks memory ' });
  assert.is(first.answer.status, 200);
  assert.is(first.answer.headers.get('cache-control'), 'no-store');
  assert.is(first.answer.headers.get('etag'), null);
  assert.is(first.answer.headers.get('vitte-sequence'), `${fakeStore}:3`);
  checkSchema('yank', first.document);
  assert.is(first.document.yanked, true);
  assert.is(first.document.reason, 'leaks memory');
  assert.is(first.document.changed, true);
  const again = await send(service, 'PUT', path);
  assert.is(again.document.changed, false);

  const shown = (await (await fetch(service.url + base)).json()) as { versions: object[] };
  checkSchema('package', shown);
  const version = await (await fetch(service.url + demoPath)).json();
  checkSchema('version', version);

  const lifted = await send(service, 'DELETE', path, { reason: 'mended' });
  checkSchema('yank', lifted.document);
  assert.is(lifted.document.yanked, false);
  assert.is('reason' in lifted.document, false);
});

test('a deprecation is told with its message, and lifted by an empty one or by DELETE', async ({
  service,
}) => {
  const path = `${base}/-/deprecation`;
  for (const lift of [['PUT', { message: ' ' }] as const, ['DELETE', undefined] as const]) {
    const set = await send(service, 'PUT', path, { message: 'use vitte-math' });
    checkSchema('deprecation', set.document);
    assert.is(set.document.message, 'use vitte-math');
    const shown = (await (await fetch(service.url + path)).json()) as Record<string, unknown>;
    checkSchema('deprecation', shown);
    assert.is(shown.deprecated, true);
    const document = (await (await fetch(service.url + base)).json()) as Record<string, unknown>;
    checkSchema('package', document);
    assert.is(document.deprecated, 'use vitte-math');
    const lifted = await send(service, lift[0], path, lift[1]);
    checkSchema('deprecation', lifted.document);
    assert.is(lifted.document.deprecated, false);
  }
});

test('owners are added with a role, changed and removed one by one', async ({ service }) => {
  const path = `${base}/-/owners`;
  const added = await send(service, 'PUT', `${path}/bob`, { role: 'maintainer' });
  checkSchema('owners', added.document);
  await send(service, 'PUT', `${path}/zoe-1.x`);
  const removed = await send(service, 'DELETE', `${path}/bob`);
  checkSchema('owners', removed.document);
  const shown = (await (await fetch(service.url + path)).json()) as {
    owners: { account: string; role: string }[];
  };
  checkSchema('owners', shown);
  assert.equal(
    shown.owners.map(({ account, role }) => `${account} ${role}`),
    ['admin owner', 'zoe-1.x owner'],
  );
});

test('what the use case refuses is a problem with its code', async ({ service }) => {
  service.useCases.intercept = async (verb) => {
    if (verb === 'setOwner') throw new VitteError('PKG_E_OWNER_LAST', 'admin is the last owner');
    if (verb === 'yank') throw new VitteError('PKG_E_FORBIDDEN', 'not yours');
  };
  const last = await send(service, 'DELETE', `${base}/-/owners/admin`);
  assert.is(last.answer.status, 422);
  assert.is(last.document.code, 'PKG_E_OWNER_LAST');
  checkSchema('problem', last.document);
  assert.is((await send(service, 'PUT', `${demoPath}/yank`)).answer.status, 403);
});

test('a server on its way down changes nothing', async ({ service }) => {
  service.setDraining();
  const { answer, document } = await send(service, 'PUT', `${demoPath}/yank`);
  assert.is(answer.status, 503);
  assert.is(document.code, 'PKG_E_SHUTTING_DOWN');
});

test('a connection goes on after a body that was read, and after one that nobody wanted', async ({
  service,
}) => {
  const { answer } = await send(service, 'PUT', `${demoPath}/yank`, { reason: 'x' });
  assert.is(answer.headers.get('connection'), 'keep-alive');
  const names = await send(service, 'POST', '/api/v1/index', { names: ['demo-lib'] });
  assert.is(names.answer.headers.get('connection'), 'keep-alive');
});

test('dependents come in pages that lead on, direct ones without what they have in common', async ({
  service,
}) => {
  const found: Record<string, unknown>[] = [];
  let link = `${service.url}${base}/-/dependents?limit=2`;
  for (let pages = 0; link !== ''; pages += 1) {
    assert.ok(pages < 5);
    const answer = await fetch(link);
    const page = (await answer.json()) as { dependents: Record<string, unknown>[]; next: unknown };
    checkSchema('dependents', page);
    found.push(...page.dependents);
    link = /^<(.*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? '';
    assert.is(link === '', page.next === null);
  }
  assert.is(found.length, 5);
  assert.equal(Object.keys(found[0]!), ['name', 'version', 'requirement', 'scope']);

  const all = await fetch(`${service.url}${base}/-/dependents?transitive=true&limit=3`);
  const page = (await all.json()) as { dependents: Record<string, unknown>[]; next: string };
  checkSchema('dependents', page);
  assert.equal(
    page.dependents.map(({ depth }) => depth),
    [1, 2, 3],
  );
  for (const query of [
    'transitive=yes',
    'limit=0',
    'limit=1001',
    `cursor=${page.next}`,
    'cursor=x',
  ]) {
    const wrong = await fetch(`${service.url}${base}/-/dependents?${query}`);
    assert.is(wrong.status, 400, query);
    assert.is(((await wrong.json()) as { code: string }).code, 'PKG_E_REQUEST');
  }
});

test('the tree of dependencies says what its schema says', async ({ service }) => {
  const answer = await fetch(`${service.url}${demoPath}/dependencies`);
  const tree = (await answer.json()) as { dependencies: { dependencies: object[] }[] };
  checkSchema('dependencies', tree);
  assert.is(tree.dependencies[0]?.dependencies.length, 2);
  assert.is((await fetch(`${service.url}${demoPath}/dependencies?depth=65`)).status, 400);
});

test.run();
