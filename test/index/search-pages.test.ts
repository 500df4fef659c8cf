// Orders, pages and facets of a search.
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import {
  facetNames,
  type Search,
  type SearchRequest,
  searchSorts,
} from '../../src/index/search-port.ts';
import { suite } from '../support/suite.ts';
import { type Shelved, shelve, shelvedSearch } from './shelved-search.ts';

const test = suite('search pages');

const shelf: Record<string, Shelved> = {
  'lib-c': {
    created: '2025-01-01T00:00:00.000Z',
    published: '2026-03-01T00:00:00.000Z',
    downloads: 5,
  },
  'lib-a': {
    created: '2025-03-01T00:00:00.000Z',
    published: '2026-01-01T00:00:00.000Z',
    downloads: 7,
  },
  'lib-b': {
    created: '2025-02-01T00:00:00.000Z',
    published: '2026-02-01T00:00:00.000Z',
    downloads: 7,
  },
  other: { downloads: 9 },
};

test('Orders: by name, newest first, most downloads first, ties by name', () => {
  const search = shelvedSearch(shelf);
  const sorted = (sort: SearchRequest['sort'], text = 'lib') =>
    namesOf(search.search({ text, limit: 10, ...(sort ? { sort } : {}) }));
  assert.equal(sorted('name'), ['lib-a', 'lib-b', 'lib-c']);
  assert.equal(sorted('updated'), ['lib-c', 'lib-b', 'lib-a']);
  assert.equal(sorted('created'), ['lib-a', 'lib-b', 'lib-c']);
  assert.equal(sorted('downloads'), ['lib-a', 'lib-b', 'lib-c']);
  assert.equal(sorted('downloads', ''), ['other', 'lib-a', 'lib-b', 'lib-c']);
  assert.equal(sorted(undefined), sorted('relevance'));
});

test('Equal names and texts are ordered by downloads, and those by how fresh they are', () => {
  const description = 'draws things';
  const search = shelvedSearch({
    old: { description, published: '2021-01-01T00:00:00.000Z' },
    new: { description, published: '2026-01-01T00:00:00.000Z' },
    used: { description, published: '2020-01-01T00:00:00.000Z', downloads: 1_000 },
  });
  assert.equal(namesOf(search.search({ text: 'draws', limit: 10 })), ['used', 'new', 'old']);
});

test('What was put later by putDownloads counts at once', () => {
  const search = shelvedSearch({ a: { description: 'x draws' }, b: { description: 'x draws' } });
  assert.equal(namesOf(search.search({ text: 'draws', limit: 1 })), ['a']);
  search.putDownloads(nameOf(search, 'b'), 100);
  assert.equal(namesOf(search.search({ text: 'draws', limit: 1 })), ['b']);
});

const part = fc.stringMatching(/^[a-c]{1,4}$/);
const anyName = fc.oneof(
  part,
  fc.tuple(part, part).map((parts) => parts.join('-')),
);
const anyPackage = fc.record({
  name: anyName,
  description: fc.array(part, { maxLength: 4 }).map((words) => words.join(' ')),
  downloads: fc.nat(50),
  published: fc.constantFrom('2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'),
});

test('While packages come between pages, no other is left out and none comes twice', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyPackage, { selector: ({ name }) => name, minLength: 2, maxLength: 30 }),
      fc.oneof(
        part,
        fc.tuple(part, part).map((words) => words.join(' ')),
        fc.constant(''),
      ),
      fc.constantFrom(...searchSorts),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 10 }),
      (packages, text, sort, limit, laterCount) => {
        const later = packages.slice(0, Math.min(laterCount, packages.length - 1));
        const first = packages.slice(later.length);
        const search = shelvedSearch(
          Object.fromEntries(first.map(({ name, ...rest }) => [name, rest])),
        );
        const before = namesOf(search.search({ text, sort, limit: 100 }));
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = search.search({
            text,
            sort,
            limit,
            ...(after === undefined ? {} : { after }),
          });
          seen.push(...namesOf(page));
          assert.ok(seen.length <= 2 * packages.length, 'pages without end');
          after = page.next;
          const next = later.pop();
          if (next) shelve(search, next.name, next);
        } while (after !== undefined);
        assert.is(new Set(seen).size, seen.length, 'twice');
        const known = new Set(before);
        assert.equal(
          seen.filter((name) => known.has(name)),
          before,
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('Pages of packages that meet some of the words go on when one comes that meets more', () => {
  const search = shelvedSearch({
    a: { description: 'fast json' },
    b: { description: 'fast json' },
    c: { description: 'fast json' },
  });
  const text = 'fast json parser';
  const first = search.search({ text, limit: 1 });
  shelve(search, 'd', { description: 'fast json parser' });
  const second = search.search({ text, limit: 9, after: first.next! });
  assert.equal([...namesOf(first), ...namesOf(second)], ['a', 'b', 'c']);
  assert.equal(namesOf(search.search({ text, limit: 9 })), ['d']);
});

test('A rare word and a frequent one, with typos or without, are met by the few that have both', () => {
  const shelf: Record<string, Shelved> = {};
  for (let n = 0; n < 600; n += 1)
    shelf[`lib-${n}`] = { description: 'frequent', readme: 'visible' };
  const search = shelvedSearch({
    ...shelf,
    'needle-a': { description: 'frequent' },
    'needle-b': { readme: 'frequent' },
    'needle-c': { description: 'visible' },
  });
  for (const text of [
    'needle frequent',
    'frequ needle',
    'needle frequnet',
    'nedle freqent',
    'needle freq',
  ]) {
    const { hits, total } = search.search({ text, limit: 9 });
    const names = hits.map(({ row }) => row.name);
    // A README's words are not corrected.
    const expected = /freq(?:uent|u?)\b/.test(text) ? ['needle-a', 'needle-b'] : ['needle-a'];
    assert.equal([names, total], [expected, expected.length], text);
  }
});

test('The last page names no next one, also where it is full', () => {
  const search = shelvedSearch(shelf);
  const first = search.search({ text: 'lib', limit: 2 });
  const second = search.search({ text: 'lib', limit: 1, after: first.next! });
  assert.equal([first.hits.length, second.hits.length, second.next], [2, 1, undefined]);
  assert.is(search.search({ text: 'lib', limit: 3 }).next, undefined);
});

test('A place that no page gave is refused', () => {
  const search = shelvedSearch(shelf);
  for (const after of [
    '',
    '2',
    '[]',
    '["typed",1]',
    '["typed","1","lib-a"]',
    '[null,1,"lib-a"]',
    '["typed",1,"A B"]',
    '{',
  ]) {
    const error = attempt(() => search.search({ text: 'lib', limit: 1, after }));
    assert.ok(isVitteError(error, 'PKG_E_REQUEST'), after);
    assert.is(error.data?.parameter, 'cursor');
  }
});

test('Facets count the hits of all pages, the most frequent values first', () => {
  const search = shelvedSearch({
    'lib-a': { license: 'MIT', keywords: ['JSON', 'parser'] },
    'lib-b': { license: 'MIT', keywords: ['json'], kind: 'binary' },
    'acme/lib-c': { license: 'Apache-2.0', keywords: ['json ', 'json'] },
    other: { license: 'GPL-3.0', keywords: ['other'] },
  });
  const { facets, hits } = search.search({ text: 'lib', limit: 1, facets: facetNames });
  assert.is(hits.length, 1);
  assert.equal(facets, {
    kind: [
      { value: 'library', count: 2 },
      { value: 'binary', count: 1 },
    ],
    license: [
      { value: 'MIT', count: 2 },
      { value: 'Apache-2.0', count: 1 },
    ],
    keyword: [
      { value: 'json', count: 3 },
      { value: 'parser', count: 1 },
    ],
    namespace: [{ value: 'acme', count: 1 }],
  });
  assert.equal(search.search({ text: 'lib kind:binary', limit: 1, facets: ['kind'] }).facets, {
    kind: [{ value: 'binary', count: 1 }],
  });
  assert.equal(search.search({ text: 'absent', limit: 1, facets: ['kind'] }).facets, { kind: [] });
  assert.is(search.search({ text: 'lib', limit: 1 }).facets, undefined);
});

test('A facet shows its twenty most frequent values', () => {
  const keywords = Array.from({ length: 50 }, (_, n) => `word-${n}`);
  const search = shelvedSearch({ a: { keywords }, b: { keywords: ['word-49'] } });
  const { keyword = [] } = search.search({ text: '', limit: 1, facets: ['keyword'] }).facets ?? {};
  assert.is(keyword.length, 20);
  assert.equal(keyword[0], { value: 'word-49', count: 2 });
});

test('Facets forget what packages no longer say', () => {
  const search = shelvedSearch({ a: { keywords: ['one'] }, b: { keywords: ['two'] } });
  shelve(search, 'a', { keywords: ['three'] });
  search.put({ ...record(search, 'b'), versions: [] });
  const { facets } = search.search({ text: '', limit: 1, facets: ['keyword', 'kind'] });
  assert.equal(facets, {
    keyword: [{ value: 'three', count: 1 }],
    kind: [{ value: 'library', count: 1 }],
  });
});

test.run();

function namesOf({ hits }: ReturnType<Search['search']>): string[] {
  return hits.map(({ row }) => row.name);
}

function nameOf(search: Search, name: string) {
  return search.names().find((other) => other === name)!;
}

function record(search: Search, name: string) {
  return { name: nameOf(search, name), createdAt: '', createdSequence: 1, owners: [], sequence: 1 };
}

function attempt(what: () => unknown): unknown {
  try {
    return what();
  } catch (error) {
    return error;
  }
}
