// The innermost loops of a query: from words that meet one of its words to packages, or the other way round.
import { grownTo } from './search-arrays.ts';
import { type Matches, type MatchTable, worths } from './search-matches.ts';
import {
  bodyOf,
  fieldOf,
  fields,
  headOf,
  type Postings,
  slotOf,
  wordOf,
} from './search-postings.ts';

/** What a query notes of packages by slot, and lists of slots. Used again by each query. */
export type Scratch = {
  /** How well a slot meets the word at hand; 0 for all others. */
  best: Uint16Array;
  /** Slots that meet the word at hand. */
  touched: Int32Array;
  /** Slots that met the words before it. */
  hits: Int32Array;
  /** The best matches of all words so far, added up; the worst of them; how many words. */
  sums: Int32Array;
  leasts: Uint16Array;
  counts: Uint8Array;
};

export type Spread = {
  /** Leaves in `best` how well slots meet a word, with typos where `corrected`; gives how many are in `touched`. */
  toAll(matches: Matches, corrected: boolean): number;
  /** Likewise of the first `count` hits, as far as they met so many words. */
  toHits(matches: Matches, corrected: boolean, met: number, count: number): number;
};

const anyCount = -1;
const ofDescription = fields.indexOf('description');
/** So many words are looked at in a package rather than that many packages at a word. */
const wordsOfPackage = 128;

export function openSpread(postings: Postings, table: MatchTable, scratch: Scratch): Spread {
  /** By word: its row of worths, where it meets the word at hand. */
  let rowOf = new Int32Array();

  return {
    toAll: (matches, corrected) => byWords(matches, corrected, anyCount),
    toHits(matches, corrected, met, count) {
      return count * wordsOfPackage < placesOf(matches, corrected)
        ? byPackages(matches, corrected, met, count)
        : byWords(matches, corrected, met);
    },
  };

  /** By way of the places where the words stand. */
  function byWords({ from, to, corrected }: Matches, isCorrected: boolean, met: number): number {
    const count = spreadRows(from, to, met, 0);
    return isCorrected && corrected ? spreadRows(corrected.from, corrected.to, met, count) : count;
  }

  function spreadRows(from: number, to: number, met: number, before: number): number {
    // Where a query spends its time: what stands here is read from registers.
    const { cells, starts, sizes } = postings.lists;
    const { words, worthRows } = table;
    const { best, touched, counts } = scratch;
    let count = before;
    for (let row = from; row < to; row += 1) {
      const worthRow = worthRows[row]!;
      const head = headOf(words[row]!);
      const last = worths[worthRow + ofDescription]! > 0 ? bodyOf(words[row]!) : head;
      for (let list = head; list <= last; list += 1) {
        const start = starts[list]!;
        const end = start + sizes[list]!;
        for (let at = start; at < end; at += 1) {
          const cell = cells[at]!;
          const slot = slotOf(cell);
          const value = worths[worthRow + fieldOf(cell)]!;
          const so = best[slot]!;
          if (value <= so || (met !== anyCount && counts[slot] !== met)) continue;
          if (so === 0) touched[count++] = slot;
          best[slot] = value;
        }
      }
    }
    return count;
  }

  /** By way of what the hits say. */
  function byPackages(matches: Matches, isCorrected: boolean, met: number, hitCount: number) {
    const { cells, starts, sizes } = postings.said;
    const { from, to, corrected } = matches;
    const { best, touched, counts, hits } = scratch;
    rowOf = grownTo(rowOf, postings.dictionary.end);
    noteRows(from, to, true);
    if (isCorrected && corrected) noteRows(corrected.from, corrected.to, true);
    let count = 0;
    for (let hit = 0; hit < hitCount; hit += 1) {
      const slot = hits[hit]!;
      if (counts[slot] !== met) continue;
      let value = 0;
      for (let list = 2 * slot; list <= 2 * slot + 1; list += 1) {
        const start = starts[list] ?? 0;
        const end = start + (sizes[list] ?? 0);
        for (let at = start; at < end; at += 1) {
          const row = rowOf[wordOf(cells[at]!)]!;
          if (row > 0) value = Math.max(value, worths[row + fieldOf(cells[at]!)]!);
        }
      }
      if (value === 0) continue;
      best[slot] = value;
      touched[count++] = slot;
    }
    noteRows(from, to, false);
    if (corrected) noteRows(corrected.from, corrected.to, false);
    return count;
  }

  /** Notes by word what each row is worth, or forgets it. Of several rows of a word the nearest counts: the highest. */
  function noteRows(from: number, to: number, isNoted: boolean) {
    const { words, worthRows } = table;
    for (let row = from; row < to; row += 1) {
      const word = words[row]!;
      rowOf[word] = isNoted ? Math.max(rowOf[word]!, worthRows[row]!) : 0;
    }
  }
}

/** How many places a word's matches stand in. */
export function placesOf({ places, corrected }: Matches, isCorrected: boolean): number {
  return isCorrected && corrected ? places + corrected.places : places;
}

export function emptyScratch(length: number): Scratch {
  return {
    best: new Uint16Array(length),
    touched: new Int32Array(length),
    hits: new Int32Array(length),
    sums: new Int32Array(length),
    leasts: new Uint16Array(length),
    counts: new Uint8Array(length),
  };
}
