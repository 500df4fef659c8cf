// A search that has lived: packages and words that came, changed and went by the thousand.
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import type { PackageName } from '../../src/core/name.ts';
import { openSearch } from '../../src/index/search.ts';
import { readmeText } from '../../src/index/search-readme.ts';
import { type Random, seededRandom } from '../support/seeded-random.ts';
import { suite } from '../support/suite.ts';
import { foundIn, type Shelved, shelve, shelvedRecord, shelvedSearch } from './shelved-search.ts';

const test = suite('search growth');

test('After thousands of changes it answers as a new one with the same packages', () => {
  const random = seededRandom(11);
  const lived = openSearch();
  const last = new Map<string, Shelved | undefined>();
  for (let change = 0; change < 1_500; change += 1) {
    const name = `${random.chance(0.3) ? 'team/' : ''}lib-${random.below(400)}`;
    if (random.chance(0.2)) {
      lived.put({ ...shelvedRecord(name, {}), versions: [] });
      last.delete(name);
      continue;
    }
    const shelved = anything(random);
    shelve(lived, name, shelved);
    last.delete(name);
    last.set(name, shelved);
    // Queries in between put the words that came lately in their order.
    if (change % 50 === 0) foundIn(lived, `lib ${word(random)}`);
  }
  const fresh = openSearch();
  for (const [name, shelved] of [...last].reverse()) if (shelved) shelve(fresh, name, shelved);
  assert.is(lived.size().packages, fresh.size().packages);
  for (let query = 0; query < 200; query += 1) {
    const text = queryOf(random);
    const request = { text, limit: 30, facets: ['keyword', 'license', 'namespace'] as const };
    assert.equal(lived.search(request), fresh.search(request), text);
  }
});

test('What a package takes is bounded, and given back', () => {
  const search = openSearch();
  const random = seededRandom(12);
  const words = () => Array.from({ length: 40 }, () => word(random)).join(' ');
  const put = (name: string) => {
    shelve(search, name, { description: words(), readme: words(), keywords: [words()] });
  };
  for (let n = 0; n < 20; n += 1) put(`lib-${n}`);
  for (let n = 0; n < 40; n += 1) put(`lib-${n % 20}`);
  const { bytes } = search.size();
  for (let n = 0; n < 600; n += 1) put(`lib-${n % 20}`);
  const later = search.size();
  assert.is(later.packages, 20);
  assert.ok(later.words < 5_000, `${later.words} words`);
  assert.ok(later.bytes < 2 * bytes, `${later.bytes} bytes, ${bytes} before`);
});

test('The largest package takes no more than its bounds allow', () => {
  const search = openSearch();
  for (let n = 0; n < 100; n += 1) {
    const many = Array.from({ length: 1_000 }, (_, at) => `${at}x${n}`);
    const readme = many.join(' ');
    shelve(search, `lib-${n}`, { description: readme.slice(0, 4_096), keywords: many, readme });
  }
  const { bytes, words } = search.size();
  assert.ok(words <= 100 * 800, `${words} words`);
  assert.ok(bytes < 100 * 150_000, `${bytes} bytes`);
});

test('A README is found by what its first two kilobytes say, without addresses, tags and badges', () => {
  const filler = 'and so on '.repeat(300);
  const readme = `# Title\n[![badge](https://img.example/hidden.svg)](https://ci.example/secret)
<div class="fancy">near &nbsp; text</div> www.hosted.example/path <!-- comment -->\n${filler} beyond`;
  const search = shelvedSearch({ a: { readme } });
  const words = [
    'title',
    'badge',
    'near',
    'beyond',
    'hidden',
    'secret',
    'fancy',
    'nbsp',
    'hosted',
    'comment',
  ];
  assert.equal(
    words.filter((text) => foundIn(search, text).length > 0),
    ['title', 'badge', 'near'],
  );
});

test('A README that ends in the middle of a letter, or is no text at all, is read as far as it can be', () => {
  const cut = Buffer.concat([Buffer.alloc(2_047, 'ab '), Buffer.from('éloigné')]);
  assert.is(readmeText(cut), 'ab');
  assert.is(readmeText(Buffer.from(`${'x'.repeat(100)} short`)), 'short');
  assert.type(
    readmeText(Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 7) % 256))),
    'string',
  );
});

test('A README counts as long as the shown version has it', () => {
  const search = openSearch();
  const name = 'a' as PackageName;
  const digest = sha256('spoken words');
  shelve(search, name, { readme: 'spoken words' });
  assert.equal(foundIn(search, 'spoken'), ['a']);
  assert.is(search.lacksReadme(name), undefined);
  search.put(shelvedRecord(name, { readme: 'spoken words', description: 'new' }));
  assert.equal(foundIn(search, 'spoken'), ['a'], 'the same README is kept');
  search.put(shelvedRecord(name, { readme: 'written words' }));
  assert.equal(foundIn(search, 'spoken'), []);
  assert.is(search.lacksReadme(name), sha256('written words'));
  search.putReadme(name, digest, 'spoken words');
  assert.equal(foundIn(search, 'spoken'), [], 'one that comes too late is passed over');
  search.putReadme('nobody' as PackageName, digest, 'spoken words');
  assert.is(search.lacksReadme('nobody' as PackageName), undefined);
});

test.run();

function anything(random: Random): Shelved {
  const some = (count: number) => Array.from({ length: random.below(count) }, () => word(random));
  return {
    description: some(8).join(' '),
    keywords: some(4),
    ...(random.chance(0.5) ? { readme: some(20).join(' ') } : {}),
    license: random.pick(['MIT', 'Apache-2.0', 'MIT OR Apache-2.0'])!,
    downloads: random.below(1_000),
    yanked: random.chance(0.1),
    deprecated: random.chance(0.1),
  };
}

function queryOf(random: Random): string {
  const words = Array.from({ length: 1 + random.below(2) }, () => {
    const whole = random.chance(0.3) ? `lib-${random.below(400)}` : word(random);
    return random.chance(0.5) ? whole : whole.slice(0, 1 + random.below(5));
  });
  return random.chance(0.2) ? `${words.join(' ')} license:mit` : words.join(' ');
}

/** One of many words, so that more come than are kept apart while they are new. */
function word(random: Random): string {
  return random
    .below(40_000)
    .toString(26)
    .replace(/[0-9]/g, (digit) => 'qrstuvwxyz'[Number(digit)]!);
}
