// Which words stand in which packages, and where.
import { grownTo } from './search-arrays.ts';
import { type Dictionary, openDictionary } from './search-dictionary.ts';
import { type Lists, openLists } from './search-lists.ts';
import { type NearWords, openNearWords } from './search-near.ts';

/** Where a word of a package stands, the most telling place first. `joined`: words of its name written as one. */
export const fields = ['name', 'joined', 'keywords', 'description', 'readme'] as const;
export type Field = (typeof fields)[number];

/**
 * A field, and for a joined word how many letters its first part has: shorter beginnings are met by that part, and
 * need not be looked for here.
 */
export type WordPlace = number;
export function placeIn(field: Field, first = 0): WordPlace {
  return (first << fieldBits) | fields.indexOf(field);
}

/** What is said of a package by itself, and by its README, which comes later. */
export type Part = 'own' | 'readme';

export type Postings = {
  readonly dictionary: Dictionary;
  readonly nearWords: NearWords;
  /**
   * Cells of a slot and a field, in two lists for each word: its places in names and keywords, which short beginnings
   * of words are looked for in, and its places in texts. `headOf` and `bodyOf` give their numbers.
   */
  readonly lists: Lists;
  /** The other way round: cells of a word and a field, in two lists for each package, `2 * slot` and the next one. */
  readonly said: Lists;
  /** By word: beginnings of so many letters are met by other words of the same packages. */
  readonly firsts: Uint8Array;
  /** Puts these words in the place of what the package said in this part. */
  put(slot: number, part: Part, words: ReadonlyMap<string, WordPlace>): void;
  /** Puts nothing in the place of all. */
  remove(slot: number): void;
  readonly bytes: number;
};

export const headOf = (word: number): number => 2 * word;
export const bodyOf = (word: number): number => 2 * word + 1;
/** A cell's field, as its place in `fields`, and its slot. */
export const fieldOf = (cell: number): number => cell & fieldMask;
export const slotOf = (cell: number): number => cell >> fieldBits;
/** The same of cells that hold a word. */
export const wordOf = slotOf;

export const fieldBits = 3;
const fieldMask = (1 << fieldBits) - 1;
const firstOfBody = fields.indexOf('description');
const noWords: ReadonlyMap<string, WordPlace> = new Map();

export function openPostings(): Postings {
  const lists = openLists();
  const said = openLists();
  const isUsed = (word: number) => lists.size(headOf(word)) + lists.size(bodyOf(word)) > 0;
  const dictionary = openDictionary(isUsed);
  const nearWords = openNearWords(dictionary);
  let firsts = new Uint8Array();

  return {
    dictionary,
    nearWords,
    lists,
    said,
    get firsts() {
      return firsts;
    },
    put,
    remove(slot) {
      put(slot, 'own', noWords);
      put(slot, 'readme', noWords);
    },
    get bytes() {
      return lists.bytes + said.bytes + dictionary.bytes + nearWords.bytes;
    },
  };

  function put(slot: number, part: Part, words: ReadonlyMap<string, WordPlace>) {
    const list = 2 * slot + (part === 'own' ? 0 : 1);
    // What stays is not touched: a new version says much the same.
    const left = new Set(said.values(list));
    for (const [word, place] of words) {
      const code = fieldOf(place);
      const number = dictionary.numberOf(word);
      if (left.delete((number << fieldBits) | code)) continue;
      noteFirst(number, place >> fieldBits);
      lists.add(listOf(number, code), (slot << fieldBits) | code);
      said.add(list, (number << fieldBits) | code);
    }
    for (const cell of left) {
      const code = fieldOf(cell);
      lists.remove(listOf(cell >> fieldBits, code), (slot << fieldBits) | code);
      said.remove(list, cell);
    }
  }

  /** A word that stands by itself anywhere has to be looked for, whatever else it is a part of. */
  function noteFirst(word: number, first: number) {
    firsts = grownTo(firsts, word + 1);
    firsts[word] = isUsed(word) ? Math.min(firsts[word]!, first) : first;
  }
}

function listOf(word: number, code: number): number {
  return code < firstOfBody ? headOf(word) : bodyOf(word);
}
