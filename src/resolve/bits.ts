// Sets of values as rows of 32-bit words. Offsets instead of views: a view would be an object for each question.

/** True where a set lies in another: `a` at `atA` in `b` at `atB`. */
export function isSubset(
  a: Int32Array,
  atA: number,
  b: Int32Array,
  atB: number,
  words: number,
): boolean {
  for (let word = 0; word < words; word += 1) {
    if ((a[atA + word]! & ~b[atB + word]!) !== 0) return false;
  }
  return true;
}

export function isDisjoint(
  a: Int32Array,
  atA: number,
  b: Int32Array,
  atB: number,
  words: number,
): boolean {
  for (let word = 0; word < words; word += 1) {
    if ((a[atA + word]! & b[atB + word]!) !== 0) return false;
  }
  return true;
}

export function hasBit(set: Int32Array, at: number, bit: number): boolean {
  return ((set[at + (bit >>> 5)]! >>> (bit & 31)) & 1) === 1;
}

export function addBit(set: Int32Array, at: number, bit: number) {
  set[at + (bit >>> 5)]! |= 1 << (bit & 31);
}

/** The highest member, or -1. */
export function highestBit(set: Int32Array, at: number, words: number): number {
  for (let word = words - 1; word >= 0; word -= 1) {
    const bits = set[at + word]!;
    if (bits !== 0) return word * 32 + 31 - Math.clz32(bits);
  }
  return -1;
}

/** The lowest member, or -1. */
export function lowestBit(set: Int32Array, at: number, words: number): number {
  for (let word = 0; word < words; word += 1) {
    const bits = set[at + word]!;
    if (bits !== 0) return word * 32 + 31 - Math.clz32(bits & -bits);
  }
  return -1;
}

/** How many members. */
export function countBits(set: Int32Array, at: number, words: number): number {
  let count = 0;
  for (let word = 0; word < words; word += 1) {
    for (let bits = set[at + word]!; bits !== 0; bits &= bits - 1) count += 1;
  }
  return count;
}

/** The members in order. */
export function bitsOf(set: Int32Array, at: number, words: number): number[] {
  const found: number[] = [];
  for (let word = 0; word < words; word += 1) {
    for (let bits = set[at + word]!; bits !== 0; bits &= bits - 1) {
      found.push(word * 32 + 31 - Math.clz32(bits & -bits));
    }
  }
  return found;
}
