// Random numbers that a printed seed gives again.
import { randomInt } from 'node:crypto';

export type Random = {
  /** At least 0, below 1. */
  fraction(): number;
  /** A whole number from 0 to `end - 1`. */
  below(end: number): number;
  /** True this often, of 1. */
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T | undefined;
};

/** The seed of this run: that of TEST_SEED, or a new one, printed so that a failure can be tried again. */
export function seedOfRun(what: string): number {
  const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31));
  console.log(`${what}: TEST_SEED=${seed}`);
  return seed;
}

/** Marsaglia's xorshift with 32 bits of state, stirred by a multiplication. */
export function seededRandom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) | 1;
  const fraction = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (Math.imul(state, 0x2545f491) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(fraction() * end);
  return {
    fraction,
    below,
    chance: (share) => fraction() < share,
    pick: (list) => list[below(list.length)],
  };
}
