import * as assert from 'uvu/assert';
import { type FakeRegistry, json, problem, startFakeRegistry } from '../client/fake-registry.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ cli: CliHome; fake: FakeRegistry }>('cli search');

test.before(async (context) => {
  context.cli = await makeCliHome();
  context.fake = await startFakeRegistry();
});
test.after(async ({ cli, fake }) => {
  await Promise.all([cli.remove(), fake.close()]);
});

const row = { version: '1.0.0', publishedAt: 'x', yanked: false, score: 12.5 };
const facets = {
  kind: [
    { value: 'library', count: 2 },
    { value: 'binary', count: 1 },
  ],
  license: [],
};
const highlights = { name: [[0, 4]] };
const first = { packages: [{ ...row, name: 'json', highlights }], total: 2, next: 'c1', facets };
const second = { packages: [{ ...row, name: 'json-tool' }], total: 2, next: null };

const search = ['registry', 'search', 'json', 'kind:library', '--sort', 'downloads'];
const counted = [...search, '--facet', 'kind', '--facet', 'license'];

test('words, filters and order go to the registry as they were typed, facets with the first page', async ({
  cli,
  fake,
}) => {
  fake.answer(json(first), json(second));
  const { code, stdout } = await cli.run([...counted, '--namespace', 'ns', '--registry', fake.url]);
  assert.equal([code, stdout], [0, 'json\t1.0.0\t\njson-tool\t1.0.0\t\n']);
  const asked = 'q=json+kind%3Alibrary&namespace=ns&sort=downloads';
  assert.equal(
    fake.requests.map(({ path }) => path.replace(/^.*\?/, '')),
    [`${asked}&facets=kind%2Clicense&limit=50`, `${asked}&limit=49&cursor=c1`],
  );
});

test('what begins with a hyphen stands behind two of them', async ({ cli, fake }) => {
  fake.answer(json(second));
  const { code } = await cli.run([
    'registry',
    'search',
    '--registry',
    fake.url,
    '--',
    'a',
    '-kind:x',
  ]);
  assert.is(code, 0);
  assert.match(fake.requests[0]?.path ?? '', 'q=a+-kind%3Ax&');
});

test('--json has scores, highlights and facets', async ({ cli, fake }) => {
  fake.answer(json(first), json(second));
  const { stdout } = await cli.run([...counted, '--json', '--registry', fake.url]);
  const document = JSON.parse(stdout);
  assert.equal(document.facets, facets);
  assert.equal(document.packages[0].highlights, highlights);
  assert.is(document.packages[1].score, 12.5);
  assert.is(document.total, 2);
});

test('people see the facets behind the table', async ({ cli, fake }) => {
  fake.answer(json(first), json(second));
  const { stdout } = await cli.runOnTerminal([...counted, '--registry', fake.url], {
    env: { NO_COLOR: '1' },
  });
  assert.match(stdout, 'kind\r\n  library (2)\r\n  binary (1)\r\n');
  assert.not.match(stdout, 'license');
});

test('a list is ordered as it is told', async ({ cli, fake }) => {
  fake.answer(json(second));
  await cli.run(['registry', 'list', '--sort', 'updated', '--registry', fake.url]);
  assert.match(fake.requests[0]?.path ?? '', '?sort=updated&limit=100');
});

test('an order or facet that there is not is a usage error', async ({ cli, fake }) => {
  for (const flags of [
    ['--sort', 'best'],
    ['--facet', 'colour'],
  ]) {
    const { code, stderr } = await cli.run([
      ...search.slice(0, 3),
      ...flags,
      '--registry',
      fake.url,
    ]);
    assert.is(code, 2, flags.join(' '));
    assert.match(stderr, 'takes one of');
  }
});

test('a filter that the registry does not know ends with 2, and its help is shown', async ({
  cli,
  fake,
}) => {
  const help = 'filters are kind: license:';
  fake.answer(problem(400, 'PKG_E_SEARCH_FILTER', { help }));
  const { code, stderr } = await cli.run([
    'registry',
    'search',
    'colour:red',
    '--registry',
    fake.url,
  ]);
  assert.is(code, 2);
  assert.match(stderr, 'error[PKG_E_SEARCH_FILTER] registry: ');
  assert.match(stderr, '= help: filters are kind: license:');
});

test.run();
