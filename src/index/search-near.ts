// Words of a dictionary that another word may have been meant for.
import { grownTo } from './search-arrays.ts';
import type { Dictionary } from './search-dictionary.ts';
import { endOf } from './search-sorted.ts';
import {
  beginningCharsMin,
  beginsButForTypo,
  bitsBeyond,
  letterBits,
  typosAllowed,
  typosBetween,
} from './search-typos.ts';
import { wordCharsMax } from './search-words.ts';

export type NearWords = {
  /** Calls for each word that differs from this one by as many typos as this one may hold, at least one. */
  near(word: string, take: (number: number, typos: number) => void): void;
  /**
   * Calls for each word that begins like this word but for one typo, as in `beginsButForTypo`. Passes over those of which `firsts` says that others are met as well, as in
   * `Postings`: a typo may hide a letter.
   */
  nearBeginning(word: string, firsts: Uint8Array, take: (number: number) => void): void;
  readonly bytes: number;
};

export function openNearWords(dictionary: Dictionary): NearWords {
  /** The order that the arrays below were made from. */
  let made: Int32Array | undefined;
  // Its numbers by length, their letters beside them, and where each length begins: most are told apart by these.
  let byLength = new Int32Array();
  let bitsByLength = new Int32Array();
  const starts = new Int32Array(wordCharsMax + 2);

  return {
    near(word, take) {
      const max = typosAllowed(word.length);
      if (max === 0) return;
      const [sorted, recent] = dictionary.orders();
      if (sorted !== made) sortByLength(sorted);
      const mine = letterBits(word);
      const { letters } = dictionary;
      const end = starts[Math.min(word.length + max, wordCharsMax) + 1]!;
      for (let at = starts[word.length - max]!; at < end; at += 1) {
        if (mayBeNear(mine, bitsByLength[at]!, max)) compare(word, byLength[at]!, max, take);
      }
      for (const number of recent) {
        if (mayBeNear(mine, letters[number]!, max)) compare(word, number, max, take);
      }
    },
    nearBeginning(word, firsts, take) {
      if (word.length < beginningCharsMin) return;
      const first = word[0]!;
      const mine = letterBits(word);
      const { letters, lengths } = dictionary;
      for (const order of dictionary.orders()) {
        const end = dictionary.place(order, endOf(first));
        for (let at = dictionary.place(order, first); at < end; at += 1) {
          const number = order[at]!;
          if (lengths[number]! <= word.length || firsts[number]! >= word.length - 1) continue;
          if (bitsBeyond(mine, letters[number]!) > 1) continue;
          if (beginsButForTypo(word, dictionary.wordOf(number))) take(number);
        }
      }
    },
    get bytes() {
      return byLength.byteLength + bitsByLength.byteLength;
    },
  };

  function sortByLength(sorted: Int32Array) {
    const { letters, lengths } = dictionary;
    starts.fill(0);
    for (const number of sorted) starts[lengths[number]! + 1]! += 1;
    for (let at = 1; at < starts.length; at += 1) starts[at]! += starts[at - 1]!;
    byLength = grownTo(byLength, sorted.length);
    bitsByLength = grownTo(bitsByLength, sorted.length);
    const next = starts.slice();
    for (const number of sorted) {
      const at = next[lengths[number]!]!++;
      byLength[at] = number;
      bitsByLength[at] = letters[number]!;
    }
    made = sorted;
  }

  function compare(
    word: string,
    number: number,
    max: number,
    take: (number: number, typos: number) => void,
  ) {
    const typos = typosBetween(word, dictionary.wordOf(number), max);
    if (typos > 0 && typos <= max) take(number, typos);
  }
}

function mayBeNear(mine: number, theirs: number, max: number): boolean {
  return bitsBeyond(mine, theirs) <= max && bitsBeyond(theirs, mine) <= max;
}
