// Where the texts of a row meet a query: places only, so whoever shows a text marks and escapes it as it must.
import { otherForms } from './search-forms.ts';
import type { TextRange } from './search-port.ts';
import type { QueryWords } from './search-tally.ts';
import { beginsButForTypo, typosAllowed, typosBetween } from './search-typos.ts';
import { compoundForm, fold, wordCharsMax } from './search-words.ts';

const rangesMax = 32;
const partForm = /[^-_.]+/g;

/** The places in a text where words of the query stand, as they were typed or, where `corrected`, with typos. */
export function highlightsOf(text: string, query: QueryWords, corrected: boolean): TextRange[] {
  const words = [...query.words, ...query.optional];
  const ranges: TextRange[] = [];
  for (const { 0: compound, index } of text.matchAll(compoundForm)) {
    if (ranges.length >= rangesMax) break;
    const parts = [...compound.matchAll(partForm)];
    const whole = fold(parts.map(([part]) => part).join(''));
    if (parts.length > 1 && [query.joined, ...words].some((word) => word && whole === word)) {
      ranges.push([index, index + compound.length]);
      continue;
    }
    for (const { 0: part, index: at } of parts) {
      const chars = metChars(part, words, query.joined, corrected);
      if (chars > 0) ranges.push([index + at, index + at + chars]);
    }
  }
  return ranges;
}

/** How many characters of a word of the text meet one of the query's: all of them, or its beginning. */
function metChars(
  part: string,
  words: readonly string[],
  joined: string | undefined,
  corrected: boolean,
): number {
  const folded = fold(part);
  let longest = 0;
  for (const word of joined === undefined ? words : [...words, joined]) {
    if (folded === word || otherForms(word).includes(folded)) return part.length;
    if (folded.startsWith(word)) longest = Math.max(longest, word.length);
  }
  if (longest > 0) return folded.length === part.length ? longest : charsThatFold(part, longest);
  return corrected && words.some((word) => isNear(word, folded)) ? part.length : 0;
}

/** How many characters of a text, accents and all, make so many when they are folded. */
function charsThatFold(part: string, chars: number): number {
  let end = 0;
  for (const [character] of part.matchAll(/\P{M}\p{M}*/gu)) {
    if (fold(part.slice(0, end)).length >= chars) break;
    end += character.length;
  }
  return end;
}

function isNear(word: string, other: string): boolean {
  if (word.length > wordCharsMax || other.length > wordCharsMax) return false;
  const max = typosAllowed(word.length);
  return (max > 0 && typosBetween(word, other, max) <= max) || beginsButForTypo(word, other);
}
