// Words by number, and in order.
import { grownTo } from './search-arrays.ts';
import { openSorted, type Sorted } from './search-sorted.ts';
import { letterBits } from './search-typos.ts';

export type Dictionary = Pick<Sorted, 'orders' | 'place'> & {
  /**
   * The number of a word, which is given one where it has none. It must be used before the next call, which may
   * forget what is not used and give its number to another word.
   */
  numberOf(word: string): number;
  /** How many words there are, those no longer used among them. */
  readonly size: number;
  /** Above every number. */
  readonly end: number;
  find(word: string): number | undefined;
  wordOf(number: number): string;
  /** By number: the letters of a word, as in `letterBits`, and how many characters it has. Others after `numberOf`. */
  readonly letters: Int32Array;
  readonly lengths: Uint8Array;
  /** Bytes, the words included, as near as can be told. */
  readonly bytes: number;
};

const wordsMin = 1_024;
/** What a string takes beside its characters, with its places in a list and a map. */
const wordBytes = 80;

/** An empty dictionary. `isUsed` is asked now and then which words can be forgotten. */
export function openDictionary(isUsed: (number: number) => boolean): Dictionary {
  const numbers = new Map<string, number>();
  const words: string[] = [];
  const unused: number[] = [];
  const sorted = openSorted((number) => words[number]!);
  let letters = new Int32Array(wordsMin);
  let lengths = new Uint8Array(wordsMin);
  let chars = 0;

  return {
    numberOf: (word) => numbers.get(word) ?? add(word),
    get size() {
      return numbers.size;
    },
    get end() {
      return words.length;
    },
    find: (word) => numbers.get(word),
    wordOf: (number) => words[number]!,
    get letters() {
      return letters;
    },
    get lengths() {
      return lengths;
    },
    orders: sorted.orders,
    place: sorted.place,
    get bytes() {
      return 5 * letters.length + sorted.bytes + chars + words.length * wordBytes;
    },
  };

  function add(word: string): number {
    const number = unused.pop() ?? words.length;
    words[number] = word;
    numbers.set(word, number);
    letters = grownTo(letters, number + 1);
    lengths = grownTo(lengths, number + 1);
    letters[number] = letterBits(word);
    lengths[number] = word.length;
    chars += word.length;
    sorted.add(number, isKept);
    return number;
  }

  function isKept(number: number): boolean {
    if (isUsed(number)) return true;
    const word = words[number]!;
    numbers.delete(word);
    chars -= word.length;
    words[number] = '';
    unused.push(number);
    return false;
  }
}
