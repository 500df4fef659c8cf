// Searching over HTTP, from packages as they were published.
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { checkSchema } from '../support/published-schemas.ts';
import { call, put, type RestService, serveStore } from '../support/rest.ts';
import { packSample, type SamplePackage, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Row = {
  name: string;
  version: string;
  deprecated?: string;
  score?: number;
  highlights?: { name?: number[][]; description?: number[][] };
};
type Page = {
  packages: Row[];
  total: number;
  next: string | null;
  facets?: Record<string, { value: string; count: number }[]>;
};
type Rig = { service: RestService; folder: string; end(): Promise<void> };

const test = suite<Rig>('searching over HTTP');

const samples: SamplePackage[] = [
  {
    name: 'json',
    version: '1.0.0',
    manifest: { description: 'Parse and write JSON', license: 'MIT', keywords: ['parser'] },
    files: { 'README.md': '# json\n\nFollows RFC 8259 <b>strictly</b>.\n' },
  },
  {
    name: 'json-tool',
    version: '0.1.0',
    manifest: { kind: 'binary', license: 'Apache-2.0 OR MIT', dependencies: { json: '^1.0.0' } },
  },
  {
    name: 'roussov/vitte-math',
    version: '1.2.0',
    manifest: { description: 'Géométrie <script>alert(1)</script>', license: 'MIT' },
  },
  { name: 'roussov/json', version: '1.0.0', manifest: { keywords: ['machine learning'] } },
];

test.before(async (rig) => {
  const temporary = await temporaryFolder();
  rig.folder = temporary.path;
  rig.service = await serveStore(join(temporary.path, 'store'));
  for (const sample of samples) {
    assert.is((await put(rig.service, await packSample(rig.folder, sample))).status, 201);
  }
  rig.end = async () => {
    await rig.service.stop();
    await temporary.remove();
  };
});
test.after((rig) => rig.end());

test('words, typos, accents and READMEs find what was published a moment ago', async (rig) => {
  const queries: [string, string[]][] = [
    ['json', ['json', 'roussov/json', 'json-tool']],
    ['jsno', ['json', 'roussov/json', 'json-tool']],
    ['GEOMETRIE', ['roussov/vitte-math']],
    ['8259', ['json']],
    ['strictly', ['json']],
    ['vittemath', ['roussov/vitte-math']],
    ['nothing-like-it', []],
  ];
  for (const [q, names] of queries) {
    assert.equal(namesOf(await search(rig, { q })).slice(0, names.length), names, q);
  }
});

test('filters narrow, alone or beside words, and an unknown one is 400 with those that are known', async (rig) => {
  const queries: [string, string[]][] = [
    ['kind:binary', ['json-tool']],
    ['json -kind:binary', ['json', 'roussov/json']],
    ['license:apache-2.0', ['json-tool']],
    ['depends:json', ['json-tool']],
    ['owner:admin namespace:roussov', ['roussov/json', 'roussov/vitte-math']],
    ['keyword:"machine learning"', ['roussov/json']],
    ['updated:>2020-01-01 math', ['roussov/vitte-math']],
    ['updated:<2020-01-01', []],
    ['updated:>=2099', []],
  ];
  for (const [q, names] of queries)
    assert.equal(namesOf(await search(rig, { q })).sort(), names, q);
  for (const q of ['colour:red', 'json updated:soon', '-kind:program']) {
    const reply = await get(rig, { q });
    assert.is(reply.status, 400, q);
    const problem = reply.json();
    checkSchema('problem', problem);
    assert.is(problem.code, 'PKG_E_SEARCH_FILTER');
    assert.ok((problem.filters as string[]).includes('updated'));
  }
});

test('orders, and pages of each of them, hold together', async (rig) => {
  const orders: [string, string[]][] = [
    ['name', ['json', 'json-tool', 'roussov/json', 'roussov/vitte-math']],
    ['updated', ['roussov/json', 'roussov/vitte-math', 'json-tool', 'json']],
    ['created', ['roussov/json', 'roussov/vitte-math', 'json-tool', 'json']],
    ['downloads', ['json', 'json-tool', 'roussov/json', 'roussov/vitte-math']],
  ];
  for (const [sort, names] of orders) {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page = await search(rig, { sort, limit: '1', ...(cursor ? { cursor } : {}) });
      assert.is(page.total, 4);
      seen.push(...namesOf(page));
      cursor = page.next;
    }
    assert.equal(seen, names, sort);
  }
  for (const bad of [
    'sort=best',
    'facets=colour',
    'facets=',
    'facets=kind,',
    'sort=name&sort=name',
  ]) {
    assert.is((await call(`${rig.service.url}/api/v1/packages?${bad}`)).status, 400, bad);
  }
});

test('a cursor is good for its own query, namespace and order alone', async (rig) => {
  const { next } = await search(rig, { q: 'json', limit: '1' });
  assert.type(next, 'string');
  const cursor = next!;
  assert.is((await get(rig, { q: 'json', limit: '2', cursor })).status, 200);
  for (const other of [
    { q: 'jso' },
    { q: 'json', sort: 'name' },
    { q: 'json', namespace: 'roussov' },
    {},
  ]) {
    const reply = await get(rig, { ...other, cursor });
    assert.equal([reply.status, reply.json().code], [400, 'PKG_E_REQUEST']);
  }
  const [of, query] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  for (const place of ['', '[]', '["typed",1]', 7, null]) {
    const forged = Buffer.from(JSON.stringify([of, query, place])).toString('base64url');
    assert.is((await get(rig, { q: 'json', cursor: forged })).status, 400, String(place));
  }
});

test('facets count what all pages hold', async (rig) => {
  const { facets, packages } = await search(rig, { q: 'json', limit: '1', facets: 'kind,license' });
  assert.is(packages.length, 1);
  assert.equal(facets, {
    kind: [
      { value: 'library', count: 2 },
      { value: 'binary', count: 1 },
    ],
    license: [
      { value: 'Apache-2.0 OR MIT', count: 1 },
      { value: 'MIT', count: 1 },
    ],
  });
  const all = await search(rig, { facets: 'namespace' });
  assert.equal(all.facets, { namespace: [{ value: 'roussov', count: 2 }] });
  assert.equal(namesOf(all), ['json', 'json-tool', 'roussov/json', 'roussov/vitte-math']);
  assert.is((await search(rig, { q: 'json' })).facets, undefined);
});

test('highlights are places, so that a text stays what its author wrote', async (rig) => {
  const { packages } = await search(rig, { q: 'geometrie script' });
  const [row] = packages as [Row & { description: string }];
  assert.is(row.description, 'Géométrie <script>alert(1)</script>');
  const marked = row.highlights?.description?.map(([from, to]) => row.description.slice(from, to));
  assert.equal(marked, ['Géométrie', 'script', 'script']);
});

test('a yanked package comes last, and first again when that is lifted', async (rig) => {
  const path = `${rig.service.url}/api/v1/packages/json/1.0.0/yank`;
  const headers = { authorization: `Bearer ${rig.service.token}` };
  assert.is((await call(path, { method: 'PUT', headers })).status, 200);
  assert.is(namesOf(await search(rig, { q: 'json' })).at(-1), 'json');
  const { latest, description } = (await call(`${rig.service.url}/api/v1/packages/json`)).json<{
    latest: string | null;
    description: string;
  }>();
  assert.equal([latest, description], [null, 'Parse and write JSON'], 'it is still told of');
  assert.is((await call(path, { method: 'DELETE', headers })).status, 200);
  assert.is(namesOf(await search(rig, { q: 'json' }))[0], 'json');
});

test('a deprecated package says so in lists and searches, until that is lifted', async (rig) => {
  const path = `${rig.service.url}/api/v1/packages/json/-/deprecation`;
  const headers = {
    authorization: `Bearer ${rig.service.token}`,
    'content-type': 'application/json',
  };
  const body = JSON.stringify({ message: 'use roussov/json' });
  assert.is((await call(path, { method: 'PUT', headers, body })).status, 200);
  const says = async () => {
    const pages = await Promise.all([search(rig, {}), search(rig, { q: 'json' })]);
    return pages.map(({ packages }) =>
      Object.fromEntries(packages.map(({ name, deprecated }) => [name, deprecated])),
    );
  };
  for (const rows of await says()) {
    assert.is(rows.json, 'use roussov/json');
    assert.is(rows['roussov/json'], undefined);
  }
  assert.is((await call(path, { method: 'DELETE', headers })).status, 200);
  for (const rows of await says()) assert.is(rows.json, undefined);
});

test.run();

function get({ service }: Rig, query: Record<string, string>) {
  return call(`${service.url}/api/v1/packages?${new URLSearchParams(query)}`);
}

async function search(rig: Rig, query: Record<string, string>): Promise<Page> {
  const reply = await get(rig, query);
  assert.is(reply.status, 200, reply.bytes.toString());
  const page = reply.json<Page>();
  checkSchema('packages', page);
  return page;
}

function namesOf({ packages }: Page): string[] {
  return packages.map(({ name }) => name);
}
