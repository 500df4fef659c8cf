// What a search holds of a package.
import type { Digest } from '../core/digest.ts';
import { splitName } from '../core/name.ts';
import { listedVersions } from './listed-versions.ts';
import { type PackageRow, packageRow, shownVersion } from './package-row.ts';
import type { PackageRecord, VersionRecord } from './port.ts';
import type { FacetName } from './search-port.ts';
import { type Field, placeIn, type WordPlace } from './search-postings.ts';
import { fillers, fold, type Words, wordsOf } from './search-words.ts';

export type SearchDocument = {
  row: PackageRow;
  /** Each word with the most telling place where it stands. */
  words: Map<string, WordPlace>;
  /** What filters ask for, in the form `filter:value`. */
  facts: string[];
  /** What facets count. */
  tags: { facet: FacetName; value: string }[];
  /** When a version was last published, and when the package was created: milliseconds. */
  updatedAt: number;
  createdAt: number;
  /** Digest of the shown version's README. */
  readme: Digest | undefined;
};

/** Of a longer description, or list of keywords, the beginning is indexed. */
const fieldCharsMax = 4_096;
/** So many different words of each field are indexed. */
const fieldWordsMax = 256;
/** Of more keywords the first ones can be filtered by, and are counted. */
const keywordsMax = 100;

/** Undefined for a package without listed versions. */
export function searchDocument(record: PackageRecord): SearchDocument | undefined {
  const shown = shownVersion(record);
  if (!shown) return undefined;
  const row = packageRow(record, shown);
  return {
    row,
    words: ownWords(shown),
    facts: distinct(factsOf(record, shown)),
    tags: tagsOf(shown),
    updatedAt: Math.max(
      ...listedVersions(record).map((version) => Date.parse(version.publishedAt)),
    ),
    createdAt: Date.parse(record.createdAt),
    readme: shown.readme?.digest,
  };
}

/** The words of a README, from what `readmeText` made of it. */
export function readmeWords(text: string): Map<string, WordPlace> {
  const words = text === '' ? [] : text.split(' ');
  return new Map(words.map((word) => [word, placeIn('readme')]));
}

function ownWords({ document }: VersionRecord): Map<string, WordPlace> {
  const { name, description = '', keywords = [] } = document;
  const words = new Map<string, WordPlace>();
  addWords(words, 'name', wordsOf(name));
  addWords(words, 'keywords', wordsOf(keywords.join(' ').slice(0, fieldCharsMax)));
  addWords(words, 'description', wordsOf(description.slice(0, fieldCharsMax)));
  return words;
}

/** Adds words, each at the first place where it stands: that is the most telling one. */
function addWords(places: Map<string, WordPlace>, field: Field, { words, joined, firsts }: Words) {
  const isText = field === 'description' || field === 'readme';
  const end = places.size + fieldWordsMax;
  const add = (word: string, place: WordPlace) => {
    if (places.size < end && !places.has(word)) places.set(word, place);
  };
  for (const word of words) if (!isText || !fillers.has(word)) add(word, placeIn(field));
  const ofJoined = field === 'name' ? 'joined' : field;
  for (const [at, word] of joined.entries()) add(word, placeIn(ofJoined, firsts[at]));
}

function factsOf(record: PackageRecord, { document }: VersionRecord): string[] {
  const { kind, license, keywords = [], dependencies = [], devDependencies = [] } = document;
  const { namespace } = splitName(record.name);
  return [
    `kind:${kind}`,
    ...licensesIn(license ?? '').map((id) => `license:${id}`),
    ...keywords.slice(0, keywordsMax).map((keyword) => `keyword:${fold(keyword).trim()}`),
    ...[...dependencies, ...devDependencies].map(({ name }) => `depends:${name}`),
    ...record.owners.flatMap(({ account, role }) => (role === 'owner' ? `owner:${account}` : [])),
    ...(namespace === undefined ? [] : [`namespace:${namespace}`]),
  ];
}

/** A licence expression as a whole, and each licence in it: `MIT OR Apache-2.0` is found as either. */
function licensesIn(license: string): string[] {
  const parts = license.split(/\s+(?:and|or|with)\s+|[()/,]/i);
  return [license, ...parts].map((part) => fold(part).trim()).filter((part) => part !== '');
}

function tagsOf({ document }: VersionRecord): SearchDocument['tags'] {
  const { name, kind, license = '', keywords = [] } = document;
  const { namespace } = splitName(name);
  const first = keywords.slice(0, keywordsMax);
  const words = distinct(first.map((keyword) => keyword.trim().toLowerCase()));
  const tags: SearchDocument['tags'] = [{ facet: 'kind', value: kind }];
  if (license.trim() !== '') tags.push({ facet: 'license', value: license.trim() });
  if (namespace !== undefined) tags.push({ facet: 'namespace', value: namespace });
  for (const value of words) if (value !== '') tags.push({ facet: 'keyword', value });
  return tags;
}

function distinct(texts: string[]): string[] {
  return [...new Set(texts)];
}
