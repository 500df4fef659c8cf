import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openClient } from '../../src/client/open-client.ts';
import { parsePackageName } from '../../src/core/name.ts';
import { parseVersion } from '../../src/core/version.ts';
import { suite } from '../support/suite.ts';
import { type FakeRegistry, json, startFakeRegistry, storeId, whoami } from './fake-registry.ts';
import { codeOf } from './rejection.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const name = parsePackageName('roussov/vitte-math');
const version = parseVersion('1.2.0+build.7');

const row = {
  name,
  version,
  description: null,
  publishedAt: '2026-01-01T00:00:00.000Z',
  yanked: false,
};
const page = { schema: 'vitte.registry.packages.v1', packages: [row], total: 1, next: null };
const versionDocument = {
  schema: 'vitte.registry.version.v1',
  name,
  version,
  digest,
  archive: { digest, bytes: 3, mediaType: 'x', fileName: 'y' },
  publishedAt: row.publishedAt,
  yanked: false,
  signatures: [{ digest, kid: 'k' }],
  document: { name, future: true },
  links: { download: '/x' },
};

const test = suite<{ fake: FakeRegistry; home: string }>('client');

test.before(async (context) => {
  context.fake = await startFakeRegistry();
});
test.after(async ({ fake }) => {
  await fake.close();
});
test.before.each(async (context) => {
  context.home = await mkdtemp(join(tmpdir(), 'vitte-client-'));
});
test.after.each(async ({ home }) => {
  await rm(home, { recursive: true, force: true });
});

test('each method asks for its own path and gives the document that came', async ({ fake }) => {
  const client = openClient({ url: `${fake.url}/base/`, token: 'vit_t', userAgent: 'test/1' });
  const rows: [string, unknown, () => Promise<unknown>][] = [
    ['/base/api/v1/packages', page, () => client.list()],
    [
      '/base/api/v1/packages?namespace=roussov&limit=5&cursor=c%3D',
      page,
      () => client.list({ namespace: 'roussov', limit: 5, cursor: 'c=' }),
    ],
    ['/base/api/v1/packages?q=a+%26+b', page, () => client.search('a & b')],
    [
      '/base/api/v1/packages?q=a&sort=downloads&facets=kind%2Clicense&limit=2',
      { ...page, facets: { kind: [{ value: 'library', count: 3 }] } },
      () => client.search('a', { sort: 'downloads', facets: ['kind', 'license'], limit: 2 }),
    ],
    [
      '/base/api/v1/packages/roussov/vitte-math/1.2.0%2Bbuild.7',
      versionDocument,
      () => client.versionInfo(name, version),
    ],
    [
      '/base/api/v1/packages/roussov/vitte-math',
      {
        name,
        latest: version,
        owners: ['admin'],
        createdAt: row.publishedAt,
        versions: [{ version, digest, publishedAt: row.publishedAt, yanked: true, signatures: [] }],
      },
      () => client.packageInfo(name),
    ],
    [
      '/base/api/v1/packages/roussov/vitte-math/1.2.0%2Bbuild.7/signatures',
      { name, version, digest, signatures: [{ digest, kid: 'k', key: null, bundle: {} }] },
      () => client.signatures(name, version),
    ],
    [
      '/base/api/v1/registry',
      { store: storeId, profile: 1, encoding: 'path', limits: { uploadBytesMax: 5 } },
      () => client.registry(),
    ],
    [
      '/base/api/v1/changes?since=3&limit=7',
      { store: storeId, entries: [{ n: 4, at: 'x', event: 'private', more: 1 }], next: 4 },
      () => client.changes({ since: 3, limit: 7 }),
    ],
    ['/base/api/v1/whoami', whoami, () => client.whoami()],
  ];
  for (const [path, document, ask] of rows) {
    fake.answer(json(document));
    const found = await ask();
    const [request] = fake.requests;
    assert.is(request?.path, path);
    assert.is(request?.headers.authorization, 'Bearer vit_t');
    assert.is(request?.headers['user-agent'], 'test/1');
    assert.is(request?.headers['accept-encoding'], 'identity');
    // Every member that is read stands in the result as it came, null being undefined.
    const expected = JSON.parse(JSON.stringify(document), (_, value) => value ?? undefined);
    for (const [key, value] of Object.entries(found as Record<string, unknown>)) {
      assert.equal(
        JSON.parse(JSON.stringify({ value })),
        JSON.parse(JSON.stringify({ value: expected[key] })),
        `${path} ${key}`,
      );
    }
  }
  await client.close();
});

test('without a token no credentials are sent', async ({ fake }) => {
  const client = openClient({ url: fake.url });
  fake.answer(json(whoami));
  await client.whoami();
  assert.is(fake.requests[0]?.headers.authorization, undefined);
  await client.close();
});

test('a document without a member that it must have, or with a wrong one, is an unreadable answer', async ({
  fake,
}) => {
  const client = openClient({ url: fake.url });
  const wrong: [string, unknown][] = [
    ['no name', { ...versionDocument, name: undefined }],
    ['a name that is none', { ...versionDocument, name: '../x' }],
    ['a version that is none', { ...versionDocument, version: 'latest' }],
    ['a digest that is none', { ...versionDocument, digest: 'sha256:1' }],
    [
      'a size below zero',
      { ...versionDocument, archive: { ...versionDocument.archive, bytes: -1 } },
    ],
    ['a size as text', { ...versionDocument, archive: { ...versionDocument.archive, bytes: '3' } }],
    ['signatures that are no list', { ...versionDocument, signatures: {} }],
    ['a flag as text', { ...versionDocument, yanked: 'no' }],
    ['a list for a document', []],
    ['null', null],
  ];
  for (const [title, document] of wrong) {
    fake.answer(json(document));
    assert.is(await codeOf(client.versionInfo(name, version)), 'PKG_E_REGISTRY_ANSWER', title);
    assert.is(fake.requests.length, 1, title);
  }
  await client.close();
});

test('the number that one client saw is asked for by the next one of the same home', async ({
  fake,
  home,
}) => {
  const headers = { 'vitte-sequence': `${storeId}:7` };
  const first = openClient({ url: fake.url, home });
  fake.answer(json(whoami, { headers }));
  await first.whoami();
  assert.is(fake.requests[0]?.headers['vitte-min-sequence'], undefined);
  await first.whoami();
  assert.is(fake.requests[1]?.headers['vitte-min-sequence'], `${storeId}:7`);
  await first.close();

  const second = openClient({ url: fake.url, home });
  fake.answer(json(whoami, { headers: { 'vitte-sequence': `${storeId}:9` } }));
  await second.whoami();
  assert.is(fake.requests[0]?.headers['vitte-min-sequence'], `${storeId}:7`);
  await second.close();
  const kept = JSON.parse(await readFile(join(home, 'sequences.json'), 'utf8'));
  assert.equal(kept.registries, { [fake.url]: { store: storeId, sequence: 9 } });
});

test('an answer older than what was seen of the same store is refused; another store is taken', async ({
  fake,
}) => {
  const client = openClient({ url: fake.url });
  fake.answer(
    json(whoami, { headers: { 'vitte-sequence': `${storeId}:7` } }),
    json(whoami, { headers: { 'vitte-sequence': `${storeId}:6` } }),
    json(whoami, { headers: { 'vitte-sequence': 'ff:1' } }),
  );
  await client.whoami();
  assert.is(await codeOf(client.whoami()), 'PKG_E_REGISTRY_ANSWER');
  await client.whoami();
  await client.whoami();
  assert.is(fake.requests.at(-1)?.headers['vitte-min-sequence'], 'ff:1');
  await client.close();
});

test('a malformed URL or token is refused before anything is sent', () => {
  assert.throws(
    () => openClient({ url: 'registry' }),
    (error: { code?: string }) => error.code === 'PKG_E_CONFIG',
  );
  assert.throws(
    () => openClient({ url: 'http://a.example', token: 'a\nb' }),
    (error: { code?: string }) => error.code === 'PKG_E_TOKEN',
  );
});

test.run();
