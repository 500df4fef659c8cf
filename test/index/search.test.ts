import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { PackageRecord } from '../../src/index/port.ts';
import { openSearch } from '../../src/index/search.ts';
import type { Search } from '../../src/index/search-port.ts';
import { suite } from '../support/suite.ts';
import { type Described, packageRecord } from './package-record.ts';

const test = suite('search');

type Shelf = Record<string, Described>;

/** What is searched for, on which shelf, and what comes, best first. */
const rankings: [what: string, query: string, shelf: Shelf, hits: string[]][] = [
  [
    'an exact name comes first, then names that begin so, words of names, keywords, descriptions, typos',
    'demo',
    {
      memo: {},
      tools: { description: 'a demo of everything' },
      slides: { keywords: ['demo'] },
      'my-demo': {},
      'demo-lib': {},
      demo: {},
    },
    ['demo', 'demo-lib', 'my-demo', 'slides', 'tools', 'memo'],
  ],
  [
    'a name that begins with the very word comes before one that only begins with its letters',
    'demo',
    { demography: {}, 'demo-anything-with-a-long-name': {} },
    ['demo-anything-with-a-long-name', 'demography'],
  ],
  [
    'of names that begin so, the shorter comes first',
    'demo',
    { 'demo-library': {}, 'demo-lib': {}, 'demo-x': {} },
    ['demo-x', 'demo-lib', 'demo-library'],
  ],
  [
    'ties are broken by name',
    'demo',
    { 'demo-c': {}, 'demo-a': {}, 'demo-b': {} },
    ['demo-a', 'demo-b', 'demo-c'],
  ],
  ['a beginning is enough', 'dem', { 'demo-lib': {}, other: {} }, ['demo-lib']],
  ['one letter is enough for a name', 'd', { 'my-demo': {}, other: {} }, ['my-demo']],
  [
    'one letter does not meet every description',
    'd',
    { other: { description: 'does everything' } },
    [],
  ],
  [
    'a package that meets a word several times is one hit',
    'demo',
    { 'demo-demolition': { keywords: ['demo', 'demos'], description: 'demo, demos, memo' } },
    ['demo-demolition'],
  ],
  ['a word inside a name', 'math', { 'vitte-math': {}, other: {} }, ['vitte-math']],
  [
    'the name in a namespace comes behind the same name without',
    'vitte-math',
    { 'roussov/vitte-math': {}, 'vitte-math': {}, 'vitte-math-extra': {} },
    ['vitte-math', 'roussov/vitte-math', 'vitte-math-extra'],
  ],
  [
    'the full name in its namespace comes first',
    'roussov/vitte-math',
    { 'roussov/vitte-math': {}, 'vitte-math': {}, 'roussov/vitte-math-extra': {} },
    ['roussov/vitte-math', 'roussov/vitte-math-extra'],
  ],
  [
    'a namespace is searched for like a name',
    'roussov',
    { 'roussov/vitte-math': {}, 'roussov/b': {}, 'x/roussov': {}, other: {} },
    ['x/roussov', 'roussov/b', 'roussov/vitte-math'],
  ],
  [
    'a namespace and a word of the name',
    'roussov math',
    { 'roussov/vitte-math': {}, 'roussov/b': {}, 'vitte-math': {} },
    ['roussov/vitte-math'],
  ],
  ['words in another order', 'lib demo', { 'demo-lib': {}, demo: {}, lib: {} }, ['demo-lib']],
  [
    'a space for the hyphen',
    'demo lib',
    { 'demo-lib': {}, 'demo-lib-x': {} },
    ['demo-lib', 'demo-lib-x'],
  ],
  ['an underscore for the hyphen', 'demo_lib', { 'demo-lib': {}, demo: {} }, ['demo-lib']],
  ['no hyphen', 'demolib', { 'demo-lib': {}, other: {} }, ['demo-lib']],
  ['no hyphen, not yet typed to the end', 'demoli', { 'demo-lib': {}, other: {} }, ['demo-lib']],
  [
    'no hyphen, not yet typed to the end, before what a typo would explain',
    'demoli',
    { demolo: {}, 'demo-lib': {} },
    ['demo-lib', 'demolo'],
  ],
  ['a hyphen too many', 'demo-lib', { demolib: {}, demo: {} }, ['demolib']],
  ['upper case', 'DEMO-Lib', { 'demo-lib': {} }, ['demo-lib']],
  ['accents typed', 'géo', { a: { description: 'Calcul geo' }, b: { description: 'ge' } }, ['a']],
  ['accents not typed', 'geo', { a: { description: 'CALCUL GÉO' } }, ['a']],
  ['a ligature typed as two letters', 'coeur', { a: { description: 'Un cœur' } }, ['a']],
  ['another script', 'библиотека', { a: { description: 'Библиотека' }, b: {} }, ['a']],
  ['a word tied by a hyphen in a description', 'utf8', { a: { description: 'UTF-8 text' } }, ['a']],
  [
    'a keyword of two words',
    'machine learning',
    { a: { keywords: ['machine learning'] }, b: { keywords: ['machine'] } },
    ['a'],
  ],
  [
    'all words must be met, wherever they stand',
    'fast json',
    { json: { description: 'a fast parser' }, fast: {}, 'json-tools': {} },
    ['json'],
  ],
  [
    'where no package meets all words, those that meet the most',
    'fast json parser',
    { 'json-parser': {}, json: {}, other: {} },
    ['json-parser'],
  ],
  ['a name with its version', 'demo-lib@0.1.0', { 'demo-lib': {}, demo: {} }, ['demo-lib']],
  [
    'words that say nothing do not count',
    'bibliothèque de calcul',
    {
      a: { description: 'Calcul exact, bibliothèque' },
      b: { description: 'Bibliothèque de sons' },
    },
    ['a'],
  ],
  ['words that say nothing count alone', 'the', { 'the-end': {}, other: {} }, ['the-end']],
  ['a letter too many', 'mathe', { math: {}, bath: {} }, ['math']],
  [
    'a letter too few',
    'vite-math',
    { 'vitte-math': {}, 'vitte-path': {} },
    ['vitte-math', 'vitte-path'],
  ],
  ['a wrong letter', 'nath', { math: {} }, ['math']],
  ['two letters changed places', 'mtah', { math: {} }, ['math']],
  ['two letters changed places in a longer word', 'clacul', { a: { keywords: ['calcul'] } }, ['a']],
  ['two typos in a word of eight letters', 'paralell', { parallel: {} }, ['parallel']],
  ['two typos in a word of seven letters', 'paralxx', { parallel: {}, paralle: {} }, []],
  ['digits are not corrected', 'base63', { base64: {}, base6: {}, basex: {} }, []],
  ['letters between digits are', 'base64x', { base64: {}, base65: {} }, ['base64']],
  ['no typos in words of three letters', 'abd', { abc: {} }, []],
  [
    'a typo of a name comes before one of a keyword or a description',
    'pathe',
    { b: { keywords: ['paths'] }, a: { description: 'paths' }, 'xx-paths': {} },
    ['xx-paths', 'b', 'a'],
  ],
  ['nothing asks for all', '', { 'demo-lib': {}, demo: {} }, ['demo', 'demo-lib']],
  ['spaces ask for all', '   ', { 'demo-lib': {} }, ['demo-lib']],
  ['punctuation', '-/@!', { 'demo-lib': {} }, []],
  ['what is not there', 'zzzz', { 'demo-lib': {} }, []],
  ['a property of every object', '__proto__ constructor', { 'demo-lib': {} }, []],
];

for (const [what, query, shelf, hits] of rankings) {
  test(`${JSON.stringify(query)}: ${what}`, () => {
    const search = shelved(shelf);
    assert.equal(found(search, query), hits);
    assert.is(search.search({ text: query, limit: 0 }).total, hits.length);
  });
}

test('Scores fall from hit to hit', () => {
  const search = shelved({ demo: {}, 'demo-lib': {}, 'x-demo': {}, a: { description: 'demo' } });
  const { hits } = search.search({ text: 'demo', limit: 10 });
  const scores = hits.map(({ score }) => score);
  assert.equal(
    scores,
    scores.toSorted((a = 0, b = 0) => b - a),
  );
  assert.is(new Set(scores).size, 4);
});

test('A package is described by the version that its name alone means', () => {
  const search = openSearch();
  const versions = [
    { version: '1.0.0', description: 'former' },
    { version: '1.1.0', description: 'present' },
    { version: '1.2.0', description: 'yanked', yanked: true },
    { version: '1.3.0', description: 'voided', voided: true },
    { version: '2.0.0-rc.1', description: 'coming' },
  ];
  search.put(packageRecord('a', ...versions));
  const descriptions = ['former', 'present', 'yanked', 'voided', 'coming'];
  assert.equal(
    descriptions.filter((word) => found(search, word).length > 0),
    ['present'],
  );
  search.put(packageRecord('a', { version: '1.0.0', description: 'yanked', yanked: true }));
  assert.equal(found(search, 'yanked'), ['a'], 'where all are yanked, by the highest');
});

test('A package put again is found by what it says now alone', () => {
  const search = openSearch();
  search.put(packageRecord('a', { description: 'former words', keywords: ['old'] }));
  search.put(packageRecord('a', { description: 'present words' }));
  assert.equal(found(search, 'former'), []);
  assert.equal(found(search, 'old'), []);
  assert.equal(found(search, 'present'), ['a']);
  assert.is(search.search({ text: 'words', limit: 10 }).total, 1);
});

test('A package without a listed version is removed, and clearing removes all', () => {
  const search = shelved({ a: {}, b: {}, c: {} });
  search.put(packageRecord('a', { voided: true }));
  search.put({ ...packageRecord('b'), versions: [] });
  search.put(packageRecord('never', { voided: true }));
  assert.equal(
    ['a', 'b', 'c', 'never'].flatMap((name) => found(search, name)),
    ['c'],
  );
  search.clear();
  assert.equal(found(search, 'c'), []);
  search.put(packageRecord('c'));
  assert.equal(found(search, 'c'), ['c']);
});

test('Only the beginning of a very long description is indexed', () => {
  const description = `near ${'filler '.repeat(100_000)} far`;
  const search = shelved({ a: { description, keywords: Array(100_000).fill('filler') } });
  assert.equal(found(search, 'near'), ['a']);
  assert.equal(found(search, 'far'), []);
});

test('Of a very long query 256 characters and 16 words count', () => {
  const search = shelved({ a: { description: 'near late' } });
  assert.equal(found(search, `near ${'x'.repeat(1_000_000)}`), ['a']);
  assert.equal(found(search, `${' '.repeat(256)}near`), []);
  const words = Array.from({ length: 16 }, (_, k) => `w${k}`).join(' ');
  assert.equal(found(search, `${words} late`), []);
  assert.equal(found(search, `late ${words}`), ['a']);
});

const part = fc.stringMatching(/^[a-d]{1,5}$/);
const anyName = fc.oneof(
  part,
  fc.tuple(part, part).map((parts) => parts.join('-')),
  fc.tuple(part, part).map((parts) => parts.join('/')),
  fc.tuple(part, part, part).map(([a, b, c]) => `${a}/${b}-${c}`),
);
const anyText = fc.array(part, { maxLength: 4 }).map((words) => words.join(' '));
const anyRecord = fc
  .tuple(anyName, anyText, fc.array(part, { maxLength: 2 }), fc.boolean())
  .map(([name, description, keywords, voided]) =>
    packageRecord(name, { description, keywords, voided }),
  );

test('Whatever was put and removed before, the answer is that of a new search of the same packages', () => {
  // Few names, so that packages come, go and come back in between others.
  const few = fc.tuple(fc.constantFrom('a', 'ab', 'a/b', 'a-b', 'b'), anyRecord);
  const puts = fc.array(
    few.map(([name, record]) => ({ ...record, name: name as PackageRecord['name'] })),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(
      puts,
      fc.array(fc.oneof(anyText, anyName), { minLength: 4, maxLength: 8 }),
      (records, queries) => {
        const lived = openSearch();
        const last = new Map<string, PackageRecord>();
        for (const record of records) {
          lived.put(record);
          last.delete(record.name);
          last.set(record.name, record);
        }
        const fresh = openSearch();
        for (const record of [...last.values()].reverse()) fresh.put(record);
        for (const text of queries) {
          assert.equal(lived.search({ text, limit: 50 }), fresh.search({ text, limit: 50 }));
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('Hits are the packages that a naive reading of the words finds', () => {
  // Words so short, and names so long, that nothing is taken for a typo.
  const short = fc.stringMatching(/^[abc]{2}$/);
  const shelf = fc.uniqueArray(
    fc.record({ name: fc.stringMatching(/^[abc]{9}$/), words: fc.array(short, { maxLength: 3 }) }),
    { selector: ({ name }) => name, maxLength: 30 },
  );
  fc.assert(
    fc.property(shelf, fc.uniqueArray(short, { minLength: 1, maxLength: 3 }), (packages, query) => {
      const search = openSearch();
      for (const { name, words } of packages) {
        search.put(packageRecord(name, { description: words.join(' ') }));
      }
      const met = packages.map(({ name, words }) => ({
        name,
        count: query.filter((word) => words.includes(word) || name.startsWith(word)).length,
        together: query.length > 1 && name.startsWith(query.join('')),
      }));
      const most = Math.max(0, ...met.map(({ count }) => count));
      const isHit = ({ count, together }: (typeof met)[number]) => {
        if (most < query.length && met.some((other) => other.together)) return together;
        return together || (most > 0 && count === most);
      };
      const expected = met.filter(isHit).map(({ name }) => name);
      assert.equal(found(search, query.join(' ')).sort(), expected.sort());
    }),
    { numRuns: 500 },
  );
});

test('A package is the first hit of its own name', () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 30 }), (records) => {
      const search = openSearch();
      for (const { name } of records) search.put(packageRecord(name));
      for (const { name } of records) assert.is(found(search, name)[0], name);
    }),
    { numRuns: 100 },
  );
});

test('Pages put together are the whole answer', () => {
  fc.assert(
    fc.property(
      fc.array(anyRecord, { minLength: 1, maxLength: 30 }),
      part,
      fc.integer({ min: 1, max: 7 }),
      (records, text, limit) => {
        const search = openSearch();
        for (const record of records) search.put(record);
        const whole = search.search({ text, limit: 100 });
        assert.is(whole.total, whole.hits.length);
        const pages = [];
        let after: string | undefined;
        do {
          const page = search.search({ text, limit, ...(after === undefined ? {} : { after }) });
          assert.is(page.total, whole.total);
          pages.push(...page.hits);
          assert.ok(pages.length <= whole.total, 'pages without end');
          after = page.next;
        } while (after !== undefined);
        assert.equal(pages, whole.hits);
      },
    ),
    { numRuns: 100 },
  );
});

test('One slip in a word of 4 letters, and two in one of 8, still find the package', () => {
  const letter = fc.constantFrom(...'abcdefgh');
  const word = fc.stringMatching(/^[a-h]{5,12}$/);
  const slip = fc.record({
    kind: fc.constantFrom('left out', 'doubled', 'other'),
    at: fc.nat(),
    letter,
  });
  fc.assert(
    fc.property(word, slip, slip, (name, one, two) => {
      const search = shelved({ [name]: {}, 'other-zzzz': {} });
      const once = slipped(name, one);
      if (once.length >= 4) assert.equal(found(search, once), [name], once);
      const twice = slipped(once, two);
      if (twice.length >= 8) assert.equal(found(search, twice), [name], twice);
    }),
    { numRuns: 300 },
  );
});

test('No query is too strange to be answered', () => {
  const search = shelved({ 'demo-lib': { description: 'a demo' }, demo: {} });
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const { hits, total } = search.search({ text, limit: 5 });
      assert.ok(hits.length <= total);
    }),
    { numRuns: 500 },
  );
});

test.run();

function shelved(shelf: Shelf): Search {
  const search = openSearch();
  for (const [name, described] of Object.entries(shelf)) search.put(packageRecord(name, described));
  return search;
}

function found(search: Search, text: string): string[] {
  return search.search({ text, limit: 100 }).hits.map(({ row }) => row.name);
}

function slipped(word: string, slip: { kind: string; at: number; letter: string }): string {
  const at = slip.at % word.length;
  const behind = word.slice(slip.kind === 'doubled' ? at : at + 1);
  return word.slice(0, at) + (slip.kind === 'left out' ? '' : slip.letter) + behind;
}
