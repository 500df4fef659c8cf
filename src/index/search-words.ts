/** Longer words (digests, encoded data) are neither indexed nor looked for. */
export const wordCharsMax = 64;

export type Words = {
  /** Runs of letters and digits, folded, in the order they stand. */
  words: string[];
  /** Words tied by `-`, `_` or `.`, as one: `vitte-math` is found as `vittemath`, `UTF-8` as `utf8`. */
  joined: string[];
};

/** The words of a text, in which case, accents and punctuation no longer count. */
export function wordsOf(text: string): Words {
  const words: string[] = [];
  const joined: string[] = [];
  for (const [compound] of fold(text).matchAll(/[\p{L}\p{N}]+(?:[-_.][\p{L}\p{N}]+)*/gu)) {
    const parts = compound.split(/[-_.]/);
    words.push(...parts.filter(fits));
    if (parts.length > 1) joined.push(...[parts.join('')].filter(fits));
  }
  return { words, joined };
}

/** Lower case without accents; ligatures and letters with a stroke as they are typed without them. */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[œæßøłđı]/g, (letter) => plainLetters[letter]!);
}

const plainLetters: Record<string, string> = {
  œ: 'oe',
  æ: 'ae',
  ß: 'ss',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ı: 'i',
};

function fits(word: string): boolean {
  return word.length <= wordCharsMax;
}
