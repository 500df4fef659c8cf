import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { shelvedSearch } from './shelved-search.ts';

const test = suite('search highlights');

/** A query, a description, and what of it is marked. */
const rows: [query: string, description: string, marked: string[]][] = [
  ['json', 'Reads JSON, writes json5', ['JSON', 'json']],
  ['parse', 'A parser that parses', ['parse', 'parse']],
  ['parser', 'Parsers', ['Parser']],
  ['parsers', 'A parser', ['parser']],
  ['matrices', 'Every matrix of matrices', ['matrices']],
  ['algebre', 'L’algèbre linéaire', ['algèbre']],
  ['algeb', 'L’algèbre linéaire', ['algèb']],
  ['algeb', 'L’alge\u0300bre linéaire', ['alge\u0300b']],
  ['coeur', 'Un cœur', ['cœur']],
  ['utf8', 'Decodes UTF-8.', ['UTF-8']],
  ['jsno', 'Parses JSON', ['JSON']],
  ['postgr', 'For PostgreSQL', ['Postgr']],
  ['math', 'A path for math', ['math']],
  ['fast json', 'JSON, fast', ['JSON', 'fast']],
  ['json', '<b>json</b>&amp;', ['json']],
  ['script', '<script>alert(1)</script>', ['script', 'script']],
  ['json', 'a😀json', ['json']],
];

for (const [query, description, marked] of rows) {
  test(`${JSON.stringify(query)} is met in ${JSON.stringify(description)}`, () => {
    const search = shelvedSearch({ p: { description } });
    const [hit] = search.search({ text: query, limit: 1 }).hits;
    const ranges = hit?.highlights?.description ?? [];
    assert.equal(
      ranges.map(([from, to]) => description.slice(from, to)),
      marked,
    );
  });
}

test('A name is marked where it was met, as a whole where its words were written as one', () => {
  const search = shelvedSearch({ 'roussov/vitte-math': {} });
  const markedBy = (text: string) => search.search({ text, limit: 1 }).hits[0]?.highlights?.name;
  assert.equal(markedBy('math'), [[14, 18]]);
  assert.equal(markedBy('roussov ma'), [
    [0, 7],
    [14, 16],
  ]);
  assert.equal(markedBy('vittemath'), [[8, 18]]);
  assert.equal(markedBy('rouusov'), [[0, 7]]);
  assert.equal(markedBy('rouuso'), [[0, 7]], 'a beginning with a typo');
});

test('Without words there is nothing to mark', () => {
  const search = shelvedSearch({ a: { description: 'words' } });
  const [hit] = search.search({ text: 'kind:library', limit: 1 }).hits;
  assert.equal(hit?.highlights, undefined);
  assert.is(hit?.score, undefined);
});

test('Ranges lie in the text, in order and apart, whatever the text is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
      (noise, word) => {
        const description = `${noise} ${word} ${noise}${word} ${word.toUpperCase()}`;
        const search = shelvedSearch({ a: { description } });
        const hits = attempt(() => search.search({ text: word, limit: 1 }).hits);
        for (const ranges of Object.values(hits[0]?.highlights ?? {})) {
          let end = 0;
          for (const [from, to] of ranges) {
            assert.ok(from >= end && to > from && to <= description.length);
            end = to;
          }
        }
      },
    ),
    { numRuns: 80 },
  );
});

test.run();

/** A word of that kind may be a filter, which is another test's matter. */
function attempt<T>(what: () => T[]): T[] {
  try {
    return what();
  } catch {
    return [];
  }
}
