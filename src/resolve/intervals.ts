// Sorted disjoint intervals of one order, as the places at which they begin and end. What lies between two such
// places is in or out as a whole, so the complement changes one flag and equal sets are equal lists.
import { compareReleases, type Release } from './release.ts';

/**
 * A set of places. It begins, below all of them, inside or outside, and changes just before each of `cuts`, which
 * stand in order, none twice.
 */
export type Intervals = { inside: boolean; cuts: readonly Release[] };

export const nothing: Intervals = { inside: false, cuts: [] };
export const everything: Intervals = { inside: true, cuts: [] };

/** What lies from `low` (or the beginning) to just before `high` (or to the end). */
export function between(low: Release | undefined, high: Release | undefined): Intervals {
  if (low && high && compareReleases(low, high) >= 0) return nothing;
  return { inside: low === undefined, cuts: [low, high].filter((cut) => cut !== undefined) };
}

export function complement({ inside, cuts }: Intervals): Intervals {
  return { inside: !inside, cuts };
}

export function union(a: Intervals, b: Intervals): Intervals {
  return merge(a, b, (inA, inB) => inA || inB);
}

export function intersect(a: Intervals, b: Intervals): Intervals {
  return merge(a, b, (inA, inB) => inA && inB);
}

export function contains({ inside, cuts }: Intervals, place: Release): boolean {
  let passed = 0;
  while (passed < cuts.length && compareReleases(cuts[passed]!, place) <= 0) passed += 1;
  return inside !== (passed % 2 === 1);
}

export function isNothing({ inside, cuts }: Intervals): boolean {
  return !inside && cuts.length === 0;
}

function merge(a: Intervals, b: Intervals, rule: (inA: boolean, inB: boolean) => boolean) {
  let { inside: inA } = a;
  let { inside: inB } = b;
  const inside = rule(inA, inB);
  let now = inside;
  const cuts: Release[] = [];
  for (let atA = 0, atB = 0; atA < a.cuts.length || atB < b.cuts.length; ) {
    const cutA = a.cuts[atA];
    const cutB = b.cuts[atB];
    const order = cutA && cutB ? compareReleases(cutA, cutB) : cutA ? -1 : 1;
    if (order <= 0) {
      inA = !inA;
      atA += 1;
    }
    if (order >= 0) {
      inB = !inB;
      atB += 1;
    }
    if (rule(inA, inB) === now) continue;
    now = !now;
    cuts.push((order <= 0 ? cutA : cutB)!);
  }
  return { inside, cuts };
}
