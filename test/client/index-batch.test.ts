import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { openClient } from '../../src/client/open-client.ts';
import { type PackageName, parsePackageName } from '../../src/core/name.ts';
import { suite } from '../support/suite.ts';
import {
  type Answerer,
  type FakeRegistry,
  json,
  startFakeRegistry,
  storeId,
} from './fake-registry.ts';
import { codeOf } from './rejection.ts';

const test = suite<{ fake: FakeRegistry }>('index documents of many packages');

test.before(async (context) => {
  context.fake = await startFakeRegistry();
});
test.after(({ fake }) => fake.close());

const documentOf = (name: string) => ({
  schema: 'vitte.registry.index.v1',
  name,
  sequence: 1,
  versions: [{ version: '1.0.0', dependencies: [], later: true }],
});

/** Answers with so many documents of those asked for, and leaves the others. */
function batch(roomFor: number, missing: readonly string[] = []): Answerer {
  return (response, { body }) => {
    const { names } = JSON.parse(body.toString()) as { names: string[] };
    const there = names.filter((name) => !missing.includes(name));
    const document = {
      schema: 'vitte.registry.index-batch.v1',
      documents: there.slice(0, roomFor).map(documentOf),
      missing: names.filter((name) => missing.includes(name)),
      left: there.slice(roomFor),
    };
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'vitte-sequence': `${storeId}:7`,
    });
    response.end(gzipSync(JSON.stringify(document)));
  };
}

const namesOf = (count: number) =>
  Array.from({ length: count }, (_, number) => parsePackageName(`n${number}`));

test('names are asked for in batches, and again as long as they are left', async ({ fake }) => {
  const client = openClient({ url: fake.url });
  const names = namesOf(1_200);
  fake.answer(batch(400, ['n3']));
  const found = await client.indexDocuments([...names, names[0]!]);
  assert.is(found.size, 1_200);
  assert.equal([...found.keys()].sort(), [...names].sort());
  for (const [name, facts] of found) {
    assert.equal(facts, name === 'n3' ? undefined : documentOf(name));
  }
  assert.ok(fake.requests.length >= 3 && fake.requests.length <= 4, `${fake.requests.length}`);
  for (const { method, path, headers, body } of fake.requests) {
    assert.equal([method, path], ['POST', '/api/v1/index']);
    assert.is(headers['accept-encoding'], 'gzip');
    assert.ok(JSON.parse(body.toString()).names.length <= 500);
  }
  // What was answered once is the least that is taken afterwards.
  assert.equal(
    fake.requests.map(({ headers }) => headers['vitte-min-sequence']),
    [undefined, ...fake.requests.slice(1).map(() => `${storeId}:7`)],
  );
  await client.close();
});

test('no names are no request', async ({ fake }) => {
  const client = openClient({ url: fake.url });
  fake.answer(json({}));
  assert.is((await client.indexDocuments([])).size, 0);
  assert.is(fake.requests.length, 0);
  await client.close();
});

const a = parsePackageName('a');
const whole = { documents: [documentOf('a')], missing: [], left: [] };
const nonsense: [what: string, answerer: Answerer][] = [
  ['nothing of what was asked', json({ documents: [], missing: [], left: ['a'] })],
  ['another package', json({ documents: [documentOf('b')], missing: ['c'], left: [] })],
  ['no list of documents', json({ missing: [], left: [] })],
  ['a name that is none', json({ documents: [], missing: ['A b'], left: [] })],
  [
    'a document with a version that is none',
    json({ ...whole, documents: [{ name: 'a', versions: [{ version: 'one' }] }] }),
  ],
  ['gzip that is none', json(whole, { headers: { 'content-encoding': 'gzip' } })],
  ['an encoding that was not asked for', json(whole, { headers: { 'content-encoding': 'br' } })],
  [
    'gzip that unpacks beyond every limit',
    (response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      });
      response.end(gzipSync(`${JSON.stringify(whole)}${' '.repeat(65 * 1024 * 1024)}`));
    },
  ],
];
for (const [what, answerer] of nonsense) {
  test(`an answer with ${what} is refused`, async ({ fake }) => {
    const client = openClient({ url: fake.url });
    fake.answer(answerer);
    assert.is(await codeOf(client.indexDocuments([a] as PackageName[])), 'PKG_E_REGISTRY_ANSWER');
    assert.is(fake.requests.length, 1);
    await client.close();
  });
}

test.run();
