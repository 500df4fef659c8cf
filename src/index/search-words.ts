/** Longer words (digests, encoded data) are neither indexed nor looked for. */
export const wordCharsMax = 64;

export type Words = {
  /** Runs of letters and digits, folded, in the order they stand. */
  words: string[];
  /** Words tied by `-`, `_` or `.`, as one: `vitte-math` is found as `vittemath`, `UTF-8` as `utf8`. */
  joined: string[];
  /** How many letters the first word of each of these has. */
  firsts: number[];
};

/** The words of a text, in which case, accents and punctuation no longer count. */
export function wordsOf(text: string): Words {
  const words: string[] = [];
  const joined: string[] = [];
  const firsts: number[] = [];
  const folded = fold(text);
  for (const compound of folded.match(isAscii(folded) ? asciiCompound : compoundForm) ?? []) {
    if (!tie.test(compound)) {
      if (fits(compound)) words.push(compound);
      continue;
    }
    const parts = compound.split(tie);
    words.push(...parts.filter(fits));
    const whole = parts.join('');
    if (!fits(whole)) continue;
    joined.push(whole);
    firsts.push(parts[0]!.length);
  }
  return { words, joined, firsts };
}

/** Words tied together, in a folded text or in one as it was written. */
export const compoundForm = /[\p{L}\p{N}\p{M}]+(?:[-_.][\p{L}\p{N}\p{M}]+)*/gu;
/** The same, where all letters are ASCII: most texts, and read in a third of the time. */
const asciiCompound = /[a-z0-9]+(?:[-_.][a-z0-9]+)*/g;
const tie = /[-_.]/;

/** Lower case without accents; ligatures and letters with a stroke as they are typed without them. */
export function fold(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
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

/**
 * Words that say nothing of a package, in English and French: not indexed in texts, nor looked for unless they stand
 * alone.
 */
export const fillers: ReadonlySet<string> = new Set(
  (
    'a an and are as at au aux avec by ce ces d dans de des du en est et for from in is it its l la le les of on or ' +
    'ou par pour que qui sur that the this to un une with'
  ).split(' '),
);

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

function fits(word: string): boolean {
  return word.length <= wordCharsMax;
}
