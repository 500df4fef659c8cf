// Which versions a requirement takes, as a value of its own: known versions or not. npm's rule (a prerelease is in
// a range only where a comparator names a prerelease of the same three numbers) cannot be said by intervals of one
// order: `>=1.0.0 <3.0.0` would have a hole before every stable version. So the stable versions and the
// prereleases are two orders, each with intervals of its own; union, intersection and complement hold in each
// apart, and all of them are exact.
import { type Comparator, comparatorsOf, type Requirement } from '../core/requirement.ts';
import {
  between,
  complement,
  contains,
  everything,
  type Intervals,
  intersect,
  isNothing,
  nothing,
  union,
} from './intervals.ts';
import { type Release, readPrerelease } from './release.ts';

export type VersionSet = { stable: Intervals; prerelease: Intervals };

/**
 * The versions that satisfy a requirement, as `satisfies` of core says. With `prereleases`, a prerelease counts as a
 * version like any other (`includePrerelease` of npm's semver).
 */
export function versionSet(
  requirement: Requirement,
  options: { prereleases?: boolean } = {},
): VersionSet {
  const alternatives = comparatorsOf(requirement, options).map((comparators) =>
    alternativeSet(comparators, options.prereleases ?? false),
  );
  return alternatives.reduce(unionOf, emptySet);
}

export const emptySet: VersionSet = { stable: nothing, prerelease: nothing };

export function unionOf(a: VersionSet, b: VersionSet): VersionSet {
  return {
    stable: union(a.stable, b.stable),
    prerelease: union(a.prerelease, b.prerelease),
  };
}

export function intersectionOf(a: VersionSet, b: VersionSet): VersionSet {
  return {
    stable: intersect(a.stable, b.stable),
    prerelease: intersect(a.prerelease, b.prerelease),
  };
}

export function complementOf({ stable, prerelease }: VersionSet): VersionSet {
  return { stable: complement(stable), prerelease: complement(prerelease) };
}

export function includes(set: VersionSet, release: Release): boolean {
  return contains(release.prerelease.length === 0 ? set.stable : set.prerelease, release);
}

/** True where no version there could be is in the set. */
export function isEmptySet({ stable, prerelease }: VersionSet): boolean {
  return isNothing(stable) && isNothing(prerelease);
}

function alternativeSet(comparators: readonly Comparator[], prereleases: boolean): VersionSet {
  let stable = everything;
  let prerelease = everything;
  let named = nothing;
  for (const comparator of comparators) {
    const { operator } = comparator;
    const at = {
      ...numbersOf(comparator),
      prerelease: readPrerelease(comparator.version.prerelease),
    };
    stable = intersect(stable, side(operator, stableFrom(at), stableAfter(at)));
    prerelease = intersect(prerelease, side(operator, prereleaseFrom(at), prereleaseAfter(at)));
    if (at.prerelease.length > 0) named = union(named, prereleasesOf(at));
  }
  return { stable, prerelease: prereleases ? prerelease : intersect(prerelease, named) };
}

/** What one comparator takes of an order, in which the places not below it begin at `from`, those above it at `after`. */
function side(operator: Comparator['operator'], from: Place, after: Place): Intervals {
  if (operator === '<') return from === lowest ? nothing : between(undefined, from);
  if (operator === '<=') return after === lowest ? nothing : between(undefined, after);
  if (operator === '=') return after === lowest ? nothing : between(open(from), open(after));
  return between(open(operator === '>' ? after : from), undefined);
}

/** Where an order begins; no cut stands there, so that equal sets are equal lists. */
const lowest = 'lowest';
type Place = Release | typeof lowest;

function open(place: Place): Release | undefined {
  return place === lowest ? undefined : place;
}

// In each order a place is named by the first version that follows it, so that one place has one name.

/** The first stable version that is not below. */
function stableFrom(at: Release): Place {
  const first = { ...at, prerelease: [] };
  return at.major + at.minor + at.patch === 0 ? lowest : first;
}

/** The first stable version above. */
function stableAfter(at: Release): Place {
  return at.prerelease.length > 0 ? stableFrom(at) : nextPatch(at, []);
}

/** The first prerelease that is not below: behind the prereleases of a stable version come those of the next. */
function prereleaseFrom(at: Release): Place {
  if (at.prerelease.length === 0) return nextPatch(at, [0]);
  const first = at.prerelease.length === 1 && at.prerelease[0] === 0;
  return first && at.major + at.minor + at.patch === 0 ? lowest : at;
}

/** The first prerelease above: behind `rc.1` comes `rc.1.0`. */
function prereleaseAfter(at: Release): Place {
  if (at.prerelease.length === 0) return prereleaseFrom(at);
  return { ...at, prerelease: [...at.prerelease, 0] };
}

function prereleasesOf(at: Release): Intervals {
  return between(open(prereleaseFrom({ ...at, prerelease: [0] })), nextPatch(at, [0]));
}

function nextPatch(at: Release, prerelease: Release['prerelease']): Release {
  return { major: at.major, minor: at.minor, patch: at.patch + 1, prerelease };
}

function numbersOf({ version: { major, minor, patch } }: Comparator) {
  return { major, minor, patch };
}
