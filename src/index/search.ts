// Search in process, over the trees of minisearch (words by prefix and by edit distance). Its own ranking is
// not used: there a score depends on what was indexed and discarded before, so two replicas that hold the same
// packages would order them differently. Here it depends on the query and the package alone.
import type { PackageName } from '../core/name.ts';
import { latestVersion } from '../core/version.ts';
import { bestOf } from './best.ts';
import { listedVersions } from './listed-versions.ts';
import type { PackageRecord } from './port.ts';
import {
  bandsEnd,
  correctedNameBand,
  type FieldName,
  nameBand,
  openWordTrees,
} from './search-matches.ts';
import type { Search } from './search-port.ts';
import { parseQuery, type SearchQuery } from './search-query.ts';
import { openTally } from './search-tally.ts';
import { wordsOf } from './search-words.ts';

/** Of a longer description, or list of keywords, the beginning is indexed. */
const fieldCharsMax = 4_096;

type Indexed = {
  name: PackageName;
  /** The name with `-` for `/`, and where its part behind the namespace begins. */
  flat: string;
  localAt: number;
  words: [FieldName, string[]][];
};

/** An empty search; `put` fills it. */
export function openSearch(): Search {
  let trees = openWordTrees();
  // Packages by number, so that a query can add up in arrays; the numbers of removed ones are used again.
  let slots: (Indexed | undefined)[] = [];
  let slotOf = new Map<PackageName, number>();
  let free: number[] = [];
  const tally = openTally();
  return { put, clear, search };

  function put(record: PackageRecord) {
    remove(record.name);
    const indexed = indexedPackage(record);
    if (!indexed) return;
    const slot = free.pop() ?? slots.length;
    slots[slot] = indexed;
    slotOf.set(indexed.name, slot);
    for (const [field, words] of indexed.words) {
      for (const word of words) trees[field].fetch(word, () => new Set()).add(slot);
    }
  }

  function remove(name: PackageName) {
    const slot = slotOf.get(name);
    const indexed = slot === undefined ? undefined : slots[slot];
    if (slot === undefined || !indexed) return;
    for (const [field, words] of indexed.words) {
      for (const word of words) {
        const having = trees[field].get(word);
        having?.delete(slot);
        if (having?.size === 0) trees[field].delete(word);
      }
    }
    slots[slot] = undefined;
    slotOf.delete(name);
    free.push(slot);
  }

  function clear() {
    trees = openWordTrees();
    slots = [];
    slotOf = new Map();
    free = [];
  }

  function search({ text, limit, offset, namespace }: Parameters<Search['search']>[0]) {
    const query = parseQuery(text);
    // Scores by slot: an array, since a word such as `v` may meet every package there is.
    const scores = new Float64Array(slots.length);
    const prefix = namespace === undefined ? '' : `${namespace}/`;
    const met = meet(query, scores).filter((slot) => slots[slot]!.name.startsWith(prefix));
    const best = bestOf(met, offset + limit, (a, b) => {
      return scores[b]! - scores[a]! || compareNames(slots[a]!.name, slots[b]!.name);
    });
    const hits = best.slice(offset).map((slot) => ({
      name: slots[slot]!.name,
      score: scores[slot]!,
    }));
    return { hits, total: met.length };
  }

  /** Fills in the scores and gives the slots that have one. The words may stand apart, or as one for them all. */
  function meet(query: SearchQuery, scores: Float64Array): number[] {
    const { words, joined } = query;
    const met: number[] = [];
    const together = tally.meet(joined === undefined ? [] : [joined], trees, slots.length);
    note(together.slots);
    const apart = tally.meet(words, trees, slots.length);
    if (met.length === 0 || apart.words === words.length) note(apart.slots);
    return met;

    function note(found: readonly number[]) {
      for (const slot of found) {
        if (scores[slot] === 0) met.push(slot);
        scores[slot] = Math.max(scores[slot]!, score(slot, query));
      }
    }
  }

  /** The score of a slot that the tally just met: its rank, and within the rank a part below 1. */
  function score(slot: number, query: SearchQuery): number {
    const indexed = slots[slot]!;
    const { flat, localAt } = indexed;
    const band = Math.floor(tally.least(slot));
    const rank = nameRank(indexed, query) ?? band;
    // How well the words are met; among equals, how much of a name that meets them was asked for.
    const fit = tally.mean(slot) / bandsEnd;
    const inName = rank >= nameBand || band === correctedNameBand;
    const asked = query.slug.length / Math.max(query.slug.length, flat.length - localAt);
    return round(rank + 0.98 * fit + (inName ? 0.01 * asked : 0));
  }
}

/** Ranks above all bands: the name itself, the name but for its punctuation or namespace, its beginning. */
function nameRank({ name, flat, localAt }: Indexed, { text, slug }: SearchQuery) {
  const starts = flat.startsWith(slug);
  if (!starts && (localAt === 0 || !flat.startsWith(slug, localAt))) return undefined;
  if (text === name) return nameBand + 3;
  const whole = starts ? flat.length : flat.length - localAt;
  return slug.length === whole ? nameBand + 2 : nameBand + 1;
}

function indexedPackage(record: PackageRecord): Indexed | undefined {
  const listed = listedVersions(record);
  const shown = latestVersion(listed) ?? listed.at(-1);
  if (!shown) return undefined;
  const { description = '', keywords = [] } = shown.document;
  const name = wordsOf(record.name);
  const wordsIn = (text: string) => {
    const { words, joined } = wordsOf(text.slice(0, fieldCharsMax));
    return distinct([...words, ...joined]);
  };
  return {
    name: record.name,
    flat: record.name.replace('/', '-'),
    localAt: record.name.indexOf('/') + 1,
    words: [
      ['name', distinct(name.words)],
      ['joined', distinct(name.joined)],
      ['keywords', wordsIn(keywords.join(' '))],
      ['description', wordsIn(description)],
    ],
  };
}

/** Names are ASCII, where `<` is code point order. */
function compareNames(a: PackageName, b: PackageName): number {
  return a < b ? -1 : Number(a > b);
}

function distinct(words: string[]): string[] {
  return [...new Set(words)];
}

function round(score: number): number {
  return Math.round(score * 1e6) / 1e6;
}
