// How well a word of the query is met by a word of a package. A match is one number, so that matches compare:
// its whole part, the band, says where the word was met and whether it had to be corrected; its fraction, how
// closely.
import SearchableMap from 'minisearch/SearchableMap';

/** For each word, the slots of the packages that have it. */
export type WordTree = SearchableMap<Set<number>>;

/**
 * Where words of a package stand, the most telling place first. `joined` are the words of the name as one.
 * Short beginnings of words are looked for in names alone: in descriptions they would meet nearly everything.
 * Joined words are corrected from 8 letters on: minisearch walks all that begins like a short word, and names
 * of one family begin alike.
 */
const fields = [
  { name: 'name', band: 6, prefixCharsMin: 1, typoCharsMin: 4 },
  { name: 'joined', band: 6, prefixCharsMin: 6, typoCharsMin: 8 },
  { name: 'keywords', band: 5, prefixCharsMin: 2, typoCharsMin: 4 },
  { name: 'description', band: 4, prefixCharsMin: 3, typoCharsMin: 4 },
] as const;
export type FieldName = (typeof fields)[number]['name'];
export type WordTrees = Record<FieldName, WordTree>;

export const nameBand = 6;
/** Corrected words stand below all others, in the same order of fields. */
const correctedBands = 3;
export const correctedNameBand = nameBand - correctedBands;
/** Above every match. */
export const bandsEnd = nameBand + 1;

export type WordMatch = { slots: Set<number>; value: number };

export function openWordTrees(): WordTrees {
  const tree = () => new SearchableMap<Set<number>>();
  return { name: tree(), joined: tree(), keywords: tree(), description: tree() };
}

/** All that this word meets; a package may be met several times. */
export function* matchesOf(word: string, trees: WordTrees): Iterable<WordMatch> {
  let isNameWord = false;
  for (const { name, band, prefixCharsMin, typoCharsMin } of fields) {
    const tree = trees[name];
    const same = tree.get(word);
    if (same) yield { slots: same, value: band + 0.9 };
    // What begins a word of a name begins the joined words, too: there it would only be met again.
    if (word.length >= prefixCharsMin && !(name === 'joined' && isNameWord)) {
      for (const [longer, slots] of tree.atPrefix(word)) {
        if (name === 'name') isNameWord = true;
        if (longer !== word) yield { slots, value: band + 0.8 * (word.length / longer.length) };
      }
    }
    if (word.length < typoCharsMin) continue;
    for (const [slots, typos] of corrections(word, tree)) {
      yield { slots, value: band - correctedBands + 0.9 * (1 - typos / word.length) };
    }
  }
}

/** From this many letters on a word may hold two typos, one below. */
const twoTyposCharsMin = 8;

function* corrections(word: string, tree: WordTree): Iterable<[Set<number>, number]> {
  const typosMax = word.length < twoTyposCharsMin ? 1 : 2;
  for (const [slots, typos] of tree.fuzzyGet(word, typosMax).values()) {
    if (typos > 0) yield [slots, typos];
  }
  // Two letters that changed places are one slip of the fingers, which edit distance counts as two.
  for (let at = 0; at + 1 < word.length; at += 1) {
    const swapped = word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2);
    const slots = swapped === word ? undefined : tree.get(swapped);
    if (slots) yield [slots, 1];
  }
}
