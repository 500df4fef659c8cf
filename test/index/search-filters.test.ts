import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import { searchFilters } from '../../src/index/search-port.ts';
import { suite } from '../support/suite.ts';
import { foundIn, type Shelved, shelvedSearch } from './shelved-search.ts';

const test = suite('search filters');

const shelf: Record<string, Shelved> = {
  json: { license: 'MIT', keywords: ['parser'], published: '2025-12-31T23:59:59.999Z' },
  'json-tool': {
    kind: 'binary',
    license: 'MIT OR Apache-2.0',
    depends: ['json', 'roussov/vitte-math'],
    published: '2026-01-01T00:00:00.000Z',
  },
  'roussov/vitte-math': {
    license: '(BSD-3-Clause AND MIT) WITH exception',
    keywords: ['Machine Learning', 'géométrie'],
    owner: 'roussov',
    published: '2026-06-15T12:00:00.000Z',
  },
  'roussov/json': { depends: ['json'], owner: 'roussov', published: '2026-02-28T00:00:00.000Z' },
};
const search = shelvedSearch(shelf);
const all = Object.keys(shelf).sort();

/** What is typed, and which packages fulfil it. */
const rows: [typed: string, names: string[]][] = [
  ['kind:binary', ['json-tool']],
  ['kind:library', ['json', 'roussov/json', 'roussov/vitte-math']],
  ['KIND:Library', ['json', 'roussov/json', 'roussov/vitte-math']],
  ['kind:library kind:binary', all],
  ['-kind:library', ['json-tool']],
  ['license:MIT', ['json', 'json-tool', 'roussov/vitte-math']],
  ['license:mit', ['json', 'json-tool', 'roussov/vitte-math']],
  ['license:apache-2.0', ['json-tool']],
  ['license:"MIT OR Apache-2.0"', ['json-tool']],
  ['license:BSD-3-Clause license:Apache-2.0', ['json-tool', 'roussov/vitte-math']],
  ['-license:MIT', ['roussov/json']],
  ['license:GPL-3.0', []],
  ['depends:json', ['json-tool', 'roussov/json']],
  ['depends:roussov/vitte-math', ['json-tool']],
  ['depends:roussov/vitte_math', ['json-tool']],
  ['depends:json depends:roussov/vitte-math', ['json-tool']],
  ['-depends:json', ['json', 'roussov/vitte-math']],
  ['depends:nobody', []],
  ['owner:roussov', ['roussov/json', 'roussov/vitte-math']],
  ['owner:roussov owner:ann', all],
  ['-owner:roussov', ['json', 'json-tool']],
  ['namespace:roussov', ['roussov/json', 'roussov/vitte-math']],
  ['-namespace:roussov', ['json', 'json-tool']],
  ['keyword:parser', ['json']],
  ['keyword:"machine learning"', ['roussov/vitte-math']],
  ['keyword:"Machine Learning" keyword:geometrie', ['roussov/vitte-math']],
  ['keyword:machine', []],
  ['keyword:GÉOMÉTRIE', ['roussov/vitte-math']],
  ['-keyword:parser', ['json-tool', 'roussov/json', 'roussov/vitte-math']],
  ['updated:>2026-01-01', ['roussov/json', 'roussov/vitte-math']],
  ['updated:>=2026-01-01', ['json-tool', 'roussov/json', 'roussov/vitte-math']],
  ['updated:<2026-01-01', ['json']],
  ['updated:<=2026-01-01', ['json', 'json-tool']],
  ['updated:2026-01-01', ['json-tool']],
  ['updated:=2026-06', ['roussov/vitte-math']],
  ['updated:2026', ['json-tool', 'roussov/json', 'roussov/vitte-math']],
  ['updated:>2026', []],
  ['updated:<2026', ['json']],
  ['updated:>=2026-02 updated:<2026-03', ['roussov/json']],
  ['-updated:2026', ['json']],
  ['updated:>2026-06-15T11:59:59Z', ['roussov/vitte-math']],
  ['updated:>2026-06-15T14:00:00+02:00', []],
  ['updated:">=2026-06-15T12:00:00.000Z"', ['roussov/vitte-math']],
  ['json kind:library', ['json', 'roussov/json']],
  ['kind:library json -namespace:roussov', ['json']],
  ['json -tool', ['json', 'roussov/json']],
  ['-json', ['roussov/vitte-math']],
  ['-"json tool"', ['roussov/vitte-math']],
  ['math license:MIT updated:>2026 depends:json', []],
];

for (const [typed, names] of rows) {
  test(`${typed} is fulfilled by ${names.join(', ') || 'nothing'}`, () => {
    assert.equal(foundIn(search, typed).sort(), names);
    assert.is(search.search({ text: typed, limit: 1 }).total, names.length);
  });
}

test('A namespace asked for beside the text holds as well as the filters in it', () => {
  const text = 'json';
  const { hits, total } = search.search({ text, namespace: 'roussov', limit: 10 });
  assert.equal([hits[0]?.row.name, total], ['roussov/json', 1]);
  const none = search.search({ text: '-namespace:roussov', namespace: 'roussov', limit: 10 });
  assert.is(none.total, 0);
});

test('A filter that is not known is refused, with those that are', () => {
  for (const typed of [
    'colour:red',
    'json -colour:red',
    'colour:"red"',
    'Colour:red',
    'kinds:binary',
  ]) {
    const error = refusal(typed);
    assert.ok(isVitteError(error, 'PKG_E_SEARCH_FILTER'), typed);
    for (const filter of searchFilters) assert.match(error.help ?? '', `${filter}:`);
    assert.equal(error.data?.filters, [...searchFilters]);
  }
});

test('A filter without a value that it takes is refused, with an example', () => {
  const typed = [
    'kind:',
    'kind:program',
    'license:',
    'license:""',
    'owner:" "',
    'keyword:',
    'depends:',
    'depends:a/b/c',
    'depends:"two words"',
    'namespace:a/b',
    'namespace:-',
    'updated:',
    'updated:>',
    'updated:yesterday',
    'updated:2026-13',
    'updated:2026-02-30',
    'updated:26-01-01',
    'updated:>2026-01-01T99:00:00Z',
    'updated:=>2026',
    'updated:2026-1-1',
  ];
  for (const text of typed) {
    const error = refusal(text);
    assert.ok(isVitteError(error, 'PKG_E_SEARCH_FILTER'), text);
    assert.match(error.help ?? '', /^write [a-z]+:/, text);
  }
});

test('What only looks like a filter is a word', () => {
  const words = [
    'std::json',
    'https://json',
    '"kind:json"',
    'json: json',
    '10:30 json',
    'json/x:1',
  ];
  for (const typed of words) assert.ok(foundIn(search, typed).includes('json'), typed);
});

test('Filters narrow what words written as one find, too', () => {
  const search = shelvedSearch({ demolib: {}, 'demolib-tool': { kind: 'binary' } });
  assert.equal(foundIn(search, 'demo lib kind:binary'), ['demolib-tool']);
  assert.equal(foundIn(search, 'demo lib -tool'), ['demolib']);
});

test('A word left out leaves out who says it, not whose README does', () => {
  const search = shelvedSearch({
    a: { description: 'json', readme: 'much unlike yaml' },
    b: { description: 'json and yaml' },
    c: { description: 'json', keywords: ['yaml'] },
  });
  assert.equal(foundIn(search, 'json -yaml'), ['a']);
});

test('Filters narrow what typos and the most words find, too', () => {
  assert.equal(foundIn(search, 'jsno kind:binary'), ['json-tool']);
  assert.equal(foundIn(search, 'json absent kind:binary'), ['json-tool']);
});

test.run();

function refusal(text: string): unknown {
  try {
    return search.search({ text, limit: 1 });
  } catch (error) {
    return error;
  }
}
