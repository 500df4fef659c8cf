// How many slips of the fingers lie between two words: a letter left out, one too many, a wrong one, or two
// neighbours that changed places (the optimal string alignment distance).
import { wordCharsMax } from './search-words.ts';

/** Shorter words are never corrected: too many others are one letter away. */
const correctedCharsMin = 4;
/** From this many letters on a word may hold two typos, one below. */
const twoTyposCharsMin = 8;
/** From this many letters on the beginning of a word may hold a typo. */
export const beginningCharsMin = 5;

/** How many typos a word of so many letters may hold. */
export function typosAllowed(chars: number): number {
  if (chars < correctedCharsMin) return 0;
  return chars < twoTyposCharsMin ? 1 : 2;
}

/**
 * The letters of a word as bits. A typo takes away one bit at most and adds one at most, so words that differ
 * in more need not be compared letter by letter.
 */
export function letterBits(word: string): number {
  let bits = 0;
  for (let at = 0; at < word.length; at += 1) bits |= 1 << (word.charCodeAt(at) % 31);
  return bits;
}

/** How many bits are set in `a` and not in `b`. */
export function bitsBeyond(a: number, b: number): number {
  let bits = a & ~b;
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Typos between a word and another; more than `max`, which is 1 or 2, where there are more than that. Digits are never
 * corrected: `base64` is not `base32`.
 */
export function typosBetween(word: string, other: string, max: number): number {
  if (Math.abs(word.length - other.length) > max) return max + 1;
  const at = firstDifference(word, other);
  if (at === word.length && at === other.length) return 0;
  if (isOneTypo(word, other, at, other.length)) return 1;
  return max === 1 ? 2 : distance(word, other, max);
}

/**
 * True where a word is the beginning of a longer one but for exactly one typo, which is not in its first letter: nobody
 * who is still typing is helped by all the rest.
 */
export function beginsButForTypo(word: string, other: string): boolean {
  const at = firstDifference(word, other);
  if (at === 0 || at === word.length || word.length < beginningCharsMin) return false;
  // What the typo left out or added ends the beginning one letter later or earlier.
  const { length } = word;
  return [length, length + 1, length - 1].some((end) => {
    return end <= other.length && isOneTypo(word, other, at, end);
  });
}

/** Whether one typo, at the first difference, makes a word of the first `end` letters of another. */
function isOneTypo(word: string, other: string, at: number, end: number): boolean {
  const longer = end - word.length;
  if (longer > 1 || longer < -1 || at > end) return false;
  if (longer === 1) return !isDigit(other, at) && sameFrom(word, at, other, at + 1, end);
  if (longer === -1) return !isDigit(word, at) && sameFrom(word, at + 1, other, at, end);
  if (isDigit(word, at) || isDigit(other, at)) return false;
  if (sameFrom(word, at + 1, other, at + 1, end)) return true;
  const changedPlaces = at + 1 < end && word[at] === other[at + 1] && word[at + 1] === other[at];
  return changedPlaces && sameFrom(word, at + 2, other, at + 2, end);
}

function firstDifference(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  return at;
}

function sameFrom(a: string, fromA: number, b: string, fromB: number, endB: number): boolean {
  for (let at = fromB; at < endB; at += 1) {
    if (a.charCodeAt(fromA + at - fromB) !== b.charCodeAt(at)) return false;
  }
  return true;
}

const width = wordCharsMax + 1;
// Three rows of the table of distances, used again by each call.
let row = new Uint8Array(width);
let above = new Uint8Array(width);
let second = new Uint8Array(width);

/** The same for any number of typos, by the whole table. Neither word has more than 64 letters. */
function distance(word: string, other: string, max: number): number {
  const { length } = word;
  const tooMany = max + 1;
  above[0] = 0;
  for (let at = 1; at <= length; at += 1) {
    above[at] = above[at - 1]! + (isDigit(word, at - 1) ? tooMany : 1);
  }
  for (let down = 1; down <= other.length; down += 1) {
    const theirs = other.charCodeAt(down - 1);
    const adding = isDigit(other, down - 1) ? tooMany : 1;
    row[0] = above[0]! + adding;
    let least = row[0]!;
    for (let at = 1; at <= length; at += 1) {
      const mine = word.charCodeAt(at - 1);
      let typos = above[at - 1]!;
      if (mine !== theirs) {
        const leavingOut = isDigit(word, at - 1) ? tooMany : 1;
        const either = Math.max(leavingOut, adding);
        typos = Math.min(typos + either, above[at]! + adding, row[at - 1]! + leavingOut);
        const changedPlaces =
          at > 1 &&
          down > 1 &&
          mine === other.charCodeAt(down - 2) &&
          theirs === word.charCodeAt(at - 2);
        if (changedPlaces) typos = Math.min(typos, second[at - 2]! + either);
      }
      row[at] = typos;
      if (typos < least) least = typos;
    }
    if (least > max) return tooMany;
    [second, above, row] = [above, row, second];
  }
  return above[length]!;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}
