import { fold, wordsOf } from './search-words.ts';

export const queryCharsMax = 256;
export const queryWordsMax = 16;

export type SearchQuery = {
  /** The folded text, to be compared with a whole name. */
  text: string;
  /** All its words with `-` between them: `vitte math` may mean `vitte-math`. */
  slug: string;
  /** The words to look for, each once. */
  words: string[];
  /** The same words written as one, where there are several: `demo lib` may mean `demolib`. */
  joined: string | undefined;
};

/** Words that say nothing of a package, in English and French. Alone they are looked for all the same. */
const fillers = new Set(
  'a an and au aux d de des du en et for in l la le les of on or ou pour the to un une with'.split(
    ' ',
  ),
);

/** Reads a query; of a longer one, the first 256 characters and 16 words. */
export function parseQuery(text: string): SearchQuery {
  const folded = fold(text.slice(0, queryCharsMax)).trim();
  const all = wordsOf(folded).words;
  const telling = all.filter((word) => !fillers.has(word));
  const words = [...new Set(telling.length > 0 ? telling : all)].slice(0, queryWordsMax);
  return {
    text: folded,
    slug: all.join('-'),
    words,
    joined: words.length > 1 ? words.join('') : undefined,
  };
}
