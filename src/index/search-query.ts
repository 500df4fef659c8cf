// Reads what somebody typed: words, and filters among them.
import {
  type Condition,
  conditionsOf,
  isSearchFilter,
  type TypedFilter,
} from './search-filters.ts';
import type { QueryWords } from './search-tally.ts';
import { fillers, fold, wordsOf } from './search-words.ts';

export const queryCharsMax = 256;
export const queryWordsMax = 16;

export type SearchQuery = QueryWords & {
  /** The folded words as they were typed, to be compared with a whole name. */
  text: string;
  /** All of them with `-` between: `vitte math` may mean `vitte-math`. */
  slug: string;
  /** True for blank text: it asks for every package. */
  isBlank: boolean;
  conditions: Condition[];
  /** Words that a package must not have. */
  excluded: string[];
};

/**
 * Words that most packages could say of themselves: they speak for a package that has them and are asked of none. Tied
 * to others (`json-library`) they are part of a name.
 */
const optionalWords: ReadonlySet<string> = new Set(
  (
    'bibliotheque bibliotheques implementation implementations librairie libraries library module modules ' +
    'package packages paquet paquets vitte'
  ).split(' '),
);

/** One thing typed: `-` before it, then a filter with its value, quoted or not, or a quoted text, or a word. */
const typedForm =
  /(-?)(?:(?<filter>[a-z][a-z_-]*):(?:"(?<quotedValue>[^"]*)"?|(?<value>\S*))|"(?<quoted>[^"]*)"?|(?<word>\S+))/giu;

/** A version behind a name says nothing of the package. */
const nameWithVersion = /^((?:[a-z][\w-]*\/)?[a-z][\w-]*)@\S*$/i;

/** Reads a query; of a longer one, the first 256 characters and 16 words. Throws PKG_E_SEARCH_FILTER. */
export function parseQuery(typed: string): SearchQuery {
  const texts: string[] = [];
  const excludedTexts: string[] = [];
  const filters: TypedFilter[] = [];
  for (const { 1: minus, groups = {} } of typed.slice(0, queryCharsMax).matchAll(typedForm)) {
    const { filter, quotedValue, quoted, word } = groups;
    const value = quotedValue ?? groups.value;
    const isExcluded = minus === '-';
    if (filter !== undefined && value !== undefined && isFilter(filter, value, quotedValue)) {
      filters.push({ filter: filter.toLowerCase(), value, isExcluded });
    } else {
      const text = quoted ?? word ?? `${filter}:${value}`;
      (isExcluded ? excludedTexts : texts).push(text.replace(nameWithVersion, '$1'));
    }
  }
  // A word said twice asks for nothing more.
  const text = fold([...new Set(texts)].join(' ')).trim();
  const all = wordsOf(text).words;
  const alone = text.split(/\s+/).filter((part) => optionalWords.has(part));
  return {
    text,
    isBlank: typed.trim() === '',
    slug: all.join('-'),
    ...tellingWords(all, new Set(alone)),
    conditions: conditionsOf(filters),
    excluded: wordsOf(excludedTexts.join(' ')).words,
  };
}

/** An address (`https://…`), a path (`std::io`) or a text with a colon behind it only looks like a filter. */
function isFilter(filter: string, value: string, quotedValue: string | undefined): boolean {
  if (quotedValue !== undefined) return true;
  return !/^(?::|\/\/)/.test(value) && (value !== '' || isSearchFilter(filter.toLowerCase()));
}

function tellingWords(all: readonly string[], unasked: ReadonlySet<string>): QueryWords {
  const telling = all.filter((word) => !fillers.has(word));
  const counted = [...new Set(telling.length > 0 ? telling : all)].slice(0, queryWordsMax);
  const required = counted.filter((word) => !unasked.has(word));
  const words = required.length > 0 ? required : counted;
  return {
    words,
    optional: counted.filter((word) => !words.includes(word)),
    joined: counted.length > 1 ? counted.join('') : undefined,
  };
}
