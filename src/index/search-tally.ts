// Adds up what the words of a query meet. Typed arrays by slot, used again by each query, rather than maps: a word such
// as `v` may meet every package there is.
import { type Matches, openMatchTable } from './search-matches.ts';
import type { Postings } from './search-postings.ts';
import { emptyScratch, openSpread, placesOf, type Scratch } from './search-spread.ts';

export type QueryWords = {
  /** Those that a package has to meet. */
  words: readonly string[];
  /** Those that only speak for it. */
  optional: readonly string[];
  /** All words written as one, where there are several: who meets that meets all. */
  joined: string | undefined;
};

/** Which slots count: those below `end` that pass. */
export type Slots = { end: number; passes?: (slot: number) => boolean };

export type Tally = {
  /** Takes the query that the next calls are about, and the slots that count. */
  ask(query: QueryWords, slots: Slots): void;
  /**
   * Finds the slots that meet every word, with typos where `corrected`; gives how many there are. They stand in
   * `found.hits`, and the arrays of `found` speak of them, until the next call.
   */
  meetEvery(corrected: boolean): number;
  /** Likewise those that meet at least so many of the words, or, without a number, those that meet the most. */
  meetMost(least?: number): number;
  /** Likewise all that pass, whatever they say. */
  meetAll(): number;
  readonly found: Readonly<Pick<Scratch, 'hits' | 'sums' | 'leasts' | 'counts'>>;
};

export function openTally(postings: Postings): Tally {
  const table = openMatchTable(postings);
  const scratch = emptyScratch(0);
  const spread = openSpread(postings, table, scratch);
  let query: QueryWords = { words: [], optional: [], joined: undefined };
  let slots: Slots = { end: 0 };
  /** What meets each word of the query, once it was looked for. */
  let known = new Map<string, Matches>();

  return {
    ask(nextQuery, nextSlots) {
      query = nextQuery;
      slots = nextSlots;
      known = new Map();
      table.clear();
    },
    meetEvery,
    meetMost,
    meetAll() {
      reset();
      for (let slot = 0; slot < slots.end; slot += 1) scratch.hits[slot] = slot;
      return keepPassing(slots.end);
    },
    found: scratch,
  };

  function meetEvery(corrected: boolean): number {
    reset();
    const rows = query.words.map((word) => matchesOf(word, corrected));
    // From the rarest word on: what it does not meet need not be looked at for the others.
    rows.sort((a, b) => placesOf(a, corrected) - placesOf(b, corrected));
    let count = 0;
    for (const [met, row] of rows.entries()) {
      if (met === 0) {
        const found = spread.toAll(row, corrected);
        takeAll(found);
        [scratch.hits, scratch.touched] = [scratch.touched, scratch.hits];
        count = keepPassing(found);
      } else {
        takeAll(spread.toHits(row, corrected, met, count));
        count = keepMet(count, met + 1);
      }
      if (count === 0) break;
    }
    if (count > 0) addOptional(corrected, count);
    return query.joined === undefined ? count : addJoined(query.joined, corrected, count);
  }

  function meetMost(least?: number): number {
    reset();
    const { hits, touched, counts } = scratch;
    let count = 0;
    for (const word of query.words) {
      const found = spread.toAll(matchesOf(word, true), true);
      for (let at = 0; at < found; at += 1) {
        if (counts[touched[at]!] === 0) hits[count++] = touched[at]!;
      }
      takeAll(found);
    }
    count = keepPassing(count);
    let most = 0;
    for (let at = 0; at < count; at += 1) most = Math.max(most, counts[hits[at]!]!);
    return keepMet(count, least ?? most);
  }

  function matchesOf(word: string, corrected: boolean, typed = true): Matches {
    // A word that nobody typed may be one that somebody did.
    const key = typed ? word : ` ${word}`;
    const matches = known.get(key) ?? table.matchesOf(word);
    known.set(key, matches);
    if (corrected) table.correct(matches, word, typed);
    return matches;
  }

  function addOptional(corrected: boolean, count: number) {
    const { touched, sums, best } = scratch;
    for (const word of query.optional) {
      const row = matchesOf(word, corrected);
      const found = spread.toHits(row, corrected, query.words.length, count);
      for (let at = 0; at < found; at += 1) {
        const slot = touched[at]!;
        sums[slot]! += best[slot]!;
        best[slot] = 0;
      }
    }
  }

  /** Who meets the words written as one meets each of them as well as that. */
  function addJoined(joined: string, corrected: boolean, count: number): number {
    const { words, optional } = query;
    const { hits, touched, sums, leasts, counts, best } = scratch;
    const found = spread.toAll(matchesOf(joined, corrected, false), corrected);
    let all = count;
    for (let at = 0; at < found; at += 1) {
      const slot = touched[at]!;
      const value = best[slot]!;
      best[slot] = 0;
      if (slots.passes && !slots.passes(slot)) continue;
      const isHit = counts[slot] === words.length;
      const sum = value * (words.length + optional.length);
      if (!isHit) hits[all++] = slot;
      if (!isHit || value > leasts[slot]!) leasts[slot] = value;
      sums[slot] = isHit ? Math.max(sums[slot]!, sum) : sum;
      counts[slot] = words.length;
    }
    return all;
  }

  /** Adds their match to what the touched slots have, and clears the place for the next word. */
  function takeAll(found: number) {
    const { touched, sums, leasts, counts, best } = scratch;
    for (let at = 0; at < found; at += 1) {
      const slot = touched[at]!;
      const value = best[slot]!;
      if (counts[slot] === 0 || value < leasts[slot]!) leasts[slot] = value;
      sums[slot]! += value;
      counts[slot]! += 1;
      best[slot] = 0;
    }
  }

  /** Keeps those of the first hits that met at least so many words; gives how many they are. */
  function keepMet(count: number, least: number): number {
    const { hits, counts } = scratch;
    let kept = 0;
    for (let at = 0; at < count; at += 1) {
      const slot = hits[at]!;
      if (counts[slot]! >= least) hits[kept++] = slot;
    }
    return kept;
  }

  /** Keeps those of the first hits that pass; the others met nothing. */
  function keepPassing(count: number): number {
    const { passes } = slots;
    if (!passes) return count;
    const { hits, counts } = scratch;
    let kept = 0;
    for (let at = 0; at < count; at += 1) {
      const slot = hits[at]!;
      if (passes(slot)) hits[kept++] = slot;
      else counts[slot] = 0;
    }
    return kept;
  }

  function reset() {
    const { end } = slots;
    if (scratch.best.length >= end) {
      scratch.sums.fill(0, 0, end);
      scratch.counts.fill(0, 0, end);
    } else Object.assign(scratch, emptyScratch(end + (end >> 1)));
  }
}
