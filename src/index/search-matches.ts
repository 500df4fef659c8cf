// What the words of packages mean to a word of a query: whether they meet it, and how well.
import { grownTo } from './search-arrays.ts';
import { otherForms, stemOf } from './search-forms.ts';
import { bodyOf, fieldBits, fields, headOf, type Postings } from './search-postings.ts';
import { endOf } from './search-sorted.ts';

/**
 * Words that meet one word of a query, as rows of the arrays that `openMatchTable` holds: without typos from `from` to
 * `to`, and, once they were looked for, with typos. `places` is how many places of packages they stand in.
 */
export type Matches = {
  from: number;
  to: number;
  places: number;
  corrected: { from: number; to: number; places: number } | undefined;
};

export type MatchTable = {
  /** Forgets all rows; the words of the next query come. */
  clear(): void;
  /** What meets this word: itself, longer words, other forms. */
  matchesOf(word: string): Matches;
  /** Adds words with typos to these, if they are not there yet; longer ones, too, where somebody `typed` just this. */
  correct(matches: Matches, word: string, typed: boolean): void;
  /** Numbers of the words, in rows. */
  readonly words: Int32Array;
  /** Where in `worths` it stands what each is worth. */
  readonly worthRows: Int32Array;
};

/** How much a word says in each field, of 1,000. */
const fieldWeights = { name: 1_000, joined: 990, keywords: 800, description: 560, readme: 320 };

/** How near a word is to the one asked for, of 1,000. */
const nearnessMax = 1_000;
const otherFormNearness = 970;
const beginningNearness = 900;
const beginningShare = 60;
const stemNearness = 800;
/** Words with typos stand below all others wherever those are met, and keep the order of the fields. */
const correctedNearness = 250;
const typoCosts = 12;
/** The first letter is the one least often wrong. */
const firstLetterCosts = 8;
const correctedBeginningNearness = 220;

/** The best that a word can be met. */
export const matchValueMax = 1_000;
/** Values from here on were met without typos. */
export const uncorrectedValuesMin = (fieldWeights.readme * stemNearness) / nearnessMax;
/** Values from here on were met in a name. */
export const nameValuesMin = (fieldWeights.joined * beginningNearness) / nearnessMax;
/** With typos: those from here on were met in a name. */
export const correctedNameValuesMin = 200;

/** Beginnings of fewer letters are not looked for in descriptions and READMEs: they would meet nearly all. */
const beginningInTextCharsMin = 3;
const beginningInReadmeCharsMin = 4;

/** Which fields a match reaches. */
const reaches = { all: 0, allButReadme: 1, head: 2 } as const;
type Reach = (typeof reaches)[keyof typeof reaches];
const reachBits = 2;

/**
 * What a match is worth, at `worthRow(nearness, reach) + field`: the more the better, 0 where it does not reach. One
 * flat table, for the innermost loop of every query.
 */
export const worths = new Uint16Array(worthRow(nearnessMax + 1, 0));
for (let near = 0; near <= nearnessMax; near += 1) {
  for (const reach of Object.values(reaches)) {
    for (const [code, field] of fields.entries()) {
      const isReached =
        reach === reaches.all ||
        (field !== 'readme' && (reach === reaches.allButReadme || field !== 'description'));
      const worth = Math.floor((fieldWeights[field] * near) / nearnessMax);
      if (isReached) worths[worthRow(near, reach) + code] = worth;
    }
  }
}

function worthRow(near: number, reach: number): number {
  return ((near << reachBits) | reach) << fieldBits;
}

export function openMatchTable(postings: Postings): MatchTable {
  const { dictionary, nearWords, lists } = postings;
  let words = new Int32Array(1_024);
  let worthRows = new Int32Array(1_024);
  let count = 0;
  let places = 0;

  return {
    clear() {
      count = 0;
    },
    matchesOf(word) {
      const from = count;
      places = 0;
      const itself = dictionary.find(word);
      addNumber(itself, nearnessMax, reaches.all);
      addBeginning(word, beginningNearness, beginningShare, itself);
      for (const form of otherForms(word)) {
        addNumber(dictionary.find(form), otherFormNearness, reaches.all);
      }
      const stem = stemOf(word);
      if (stem !== undefined) addBeginning(stem, stemNearness, 0);
      return { from, to: count, places, corrected: undefined };
    },
    correct(matches, word, typed) {
      if (matches.corrected) return;
      const from = count;
      places = 0;
      addCorrected(word);
      if (typed) addCorrectedBeginning(word);
      matches.corrected = { from, to: count, places };
    },
    get words() {
      return words;
    },
    get worthRows() {
      return worthRows;
    },
  };

  /** Words that begin so; the more of a word was asked for, the nearer it is. */
  function addBeginning(beginning: string, least: number, share: number, but?: number) {
    const { length } = beginning;
    const reach = reachOf(length);
    for (const order of dictionary.orders()) {
      const from = dictionary.place(order, beginning);
      const to = dictionary.place(order, endOf(beginning));
      makeRoom(count + to - from);
      const { lengths } = dictionary;
      const { sizes } = lists;
      const { firsts } = postings;
      for (let at = from; at < to; at += 1) {
        const number = order[at]!;
        const inHead = sizes[headOf(number)]!;
        const size = reach === reaches.head ? inHead : inHead + sizes[bodyOf(number)]!;
        if (size === 0 || number === but || firsts[number]! >= length) continue;
        words[count] = number;
        worthRows[count] = worthRow(least + Math.floor((share * length) / lengths[number]!), reach);
        count += 1;
        places += size;
      }
    }
  }

  function addCorrected(word: string) {
    nearWords.near(word, (number, typos) => {
      const other = dictionary.wordOf(number);
      const near = correctedNearness - typoCosts * typos;
      const first = other[0] === word[0] ? 0 : firstLetterCosts;
      addNumber(number, near - first, reaches.allButReadme);
    });
  }

  function addCorrectedBeginning(word: string) {
    nearWords.nearBeginning(word, postings.firsts, (number) => {
      addNumber(number, correctedBeginningNearness, reaches.head);
    });
  }

  function addNumber(number: number | undefined, near: number, reach: Reach) {
    if (number === undefined) return;
    makeRoom(count + 1);
    words[count] = number;
    worthRows[count] = worthRow(near, reach);
    count += 1;
    places += lists.size(headOf(number)) + lists.size(bodyOf(number));
  }

  function makeRoom(rows: number) {
    words = grownTo(words, rows);
    worthRows = grownTo(worthRows, rows);
  }
}

/** Where a beginning of so many letters is looked for. */
function reachOf(chars: number): Reach {
  if (chars >= beginningInReadmeCharsMin) return reaches.all;
  return chars >= beginningInTextCharsMin ? reaches.allButReadme : reaches.head;
}
