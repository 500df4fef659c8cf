// What is computed from a package's facts once, whatever is asked: its versions in order, their places, and which of
// them each requirement takes.
import type { PackageName } from '../core/name.ts';
import type { Requirement } from '../core/requirement.ts';
import { compareVersions } from '../core/version.ts';
import { addBit } from './bits.ts';
import { wordsFor } from './engine.ts';
import { plainRows } from './features.ts';
import type { Intervals } from './intervals.ts';
import type { Candidate, DependencyRow, PackageFacts } from './port.ts';
import { compareReleases, type Release, releaseOf } from './release.ts';
import { type VersionSet, versionSet } from './version-set.ts';

export type Prepared = {
  name: PackageName;
  /** Lowest first. Version N is value N + 1 of a variable. */
  versions: readonly Candidate[];
  releases: readonly Release[];
  words: number;
  /** The values that are stable versions, and those that are prereleases, if any. */
  stable: Int32Array;
  prerelease: Int32Array | undefined;
  /** False where every version may be chosen, but for its time. */
  guarded: boolean;
  /** By requirement, with a mark before it where prereleases count. */
  sets: Map<string, Taken>;
  /** By version: what `linksOf` gave. */
  links: (readonly Link[] | undefined)[];
  /** The engine that last met the package, and its variable there. */
  serial: number;
  variable: number;
  /** The compatible series, in order; made when first asked for. */
  series: Prepared[] | undefined;
};

/**
 * A dependency of one version. The rest is what was last found to be meant: most searches on the same facts find the same,
 * without looking up a name or a requirement.
 */
export type Link = { row: DependencyRow; target: Prepared | undefined; taken: Taken | undefined };

/**
 * The versions that a requirement takes, as a set of values; and where the engine that last asked has the set of all others
 * in its pool.
 */
export type Taken = { values: Int32Array; serial: number; refusal: number };

const known = new WeakMap<PackageFacts, Prepared>();

export function prepare(facts: PackageFacts): Prepared {
  const found = known.get(facts);
  if (found) return found;
  const made = prepareVersions(facts.name, facts.versions);
  known.set(facts, made);
  return made;
}

function prepareVersions(name: PackageName, given: readonly Candidate[]): Prepared {
  const { versions, releases } = inVersionOrder(given);
  const words = wordsFor(versions.length);
  const isPrerelease = ({ prerelease }: Release) => prerelease.length > 0;
  return {
    name,
    versions,
    releases,
    words,
    stable: valuesWhere(releases, words, (release) => !isPrerelease(release)),
    prerelease: releases.some(isPrerelease)
      ? valuesWhere(releases, words, isPrerelease)
      : undefined,
    guarded: versions.some(({ yanked, sources }) => yanked || sources === false),
    sets: new Map(),
    links: [],
    serial: 0,
    variable: 0,
    series: undefined,
  };
}

function valuesWhere(
  releases: readonly Release[],
  words: number,
  holds: (release: Release) => boolean,
): Int32Array {
  const values = new Int32Array(words);
  for (let index = 0; index < releases.length; index += 1) {
    if (holds(releases[index]!)) addBit(values, 0, index + 1);
  }
  return values;
}

type Ordered = { versions: readonly Candidate[]; releases: readonly Release[] };

/** Lowest first; index documents have the highest first. */
function inVersionOrder(given: readonly Candidate[]): Ordered {
  const ordered = { versions: given, releases: given.map(({ version }) => releaseOf(version)) };
  if (isSorted(ordered)) return ordered;
  const reversed = {
    versions: given.toReversed(),
    releases: ordered.releases.toReversed(),
  };
  if (isSorted(reversed)) return reversed;
  const versions = given.toSorted((a, b) => compareVersions(a.version, b.version));
  return { versions, releases: versions.map(({ version }) => releaseOf(version)) };
}

function isSorted({ versions, releases }: Ordered): boolean {
  for (let index = 1; index < releases.length; index += 1) {
    const order = compareReleases(releases[index - 1]!, releases[index]!);
    if (order > 0) return false;
    // Equal but for build metadata, which has an order of its own.
    if (order === 0 && compareVersions(versions[index - 1]!.version, versions[index]!.version) >= 0)
      return false;
  }
  return true;
}

/** The dependencies of a version whatever is asked of it, in the order of their names. */
export function linksOf(prepared: Prepared, index: number): readonly Link[] {
  const found = prepared.links[index];
  if (found) return found;
  const links = newLinks(plainRows(prepared.versions[index]!));
  prepared.links[index] = links;
  return links;
}

/** Rows in the order of their names, which is that of a package document. */
export function newLinks(rows: readonly DependencyRow[]): readonly Link[] {
  const links = rows.map((row) => ({ row, target: undefined, taken: undefined }));
  for (let index = 1; index < rows.length; index += 1) {
    if (rows[index - 1]!.name > rows[index]!.name) {
      return links.sort((a, b) => (a.row.name < b.row.name ? -1 : Number(a.row.name > b.row.name)));
    }
  }
  return links;
}

/** Requirements kept parsed; what is asked beyond that begins anew. */
const parsedMax = 20_000;
/** Requirements on one package of which the versions are kept. */
const setsMax = 10_000;
const parsed = new Map<string, VersionSet>();

/** The versions that a requirement takes. */
export function takenBy(prepared: Prepared, requirement: Requirement, prereleases: boolean): Taken {
  const key = prereleases ? `+${requirement}` : requirement;
  const found = prepared.sets.get(key);
  if (found) return found;
  let range = parsed.get(key);
  if (!range) {
    range = versionSet(requirement, { prereleases });
    if (parsed.size >= parsedMax) parsed.clear();
    parsed.set(key, range);
  }
  const values = new Int32Array(prepared.words);
  addWithin(values, prepared, range.stable, prepared.stable);
  if (prepared.prerelease) addWithin(values, prepared, range.prerelease, prepared.prerelease);
  const taken = { values, serial: 0, refusal: 0 };
  // Requirements come from everywhere, and what is kept of a package lasts longer than a request.
  if (prepared.sets.size >= setsMax) prepared.sets.clear();
  prepared.sets.set(key, taken);
  return taken;
}

/** The versions that a requirement takes, as a set of values. */
export function valuesOf(
  prepared: Prepared,
  requirement: Requirement,
  prereleases: boolean,
): Int32Array {
  return takenBy(prepared, requirement, prereleases).values;
}

/** Adds the values whose releases lie in these intervals, and which are of this kind. */
function addWithin(
  values: Int32Array,
  { releases }: Prepared,
  { inside, cuts }: Intervals,
  kind: Int32Array,
) {
  const ends = cuts.map((cut) => countBelow(releases, cut));
  if (inside) ends.unshift(0);
  if (ends.length % 2 === 1) ends.push(releases.length);
  for (let at = 0; at < ends.length; at += 2)
    addRange(values, ends[at]! + 1, ends[at + 1]! + 1, kind);
}

/** How many releases, which stand in order, lie below a place. */
function countBelow(releases: readonly Release[], place: Release): number {
  let low = 0;
  let high = releases.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareReleases(releases[middle]!, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds the values from `first` to before `end` that are of a kind. */
function addRange(values: Int32Array, first: number, end: number, kind: Int32Array) {
  for (let word = first >>> 5; word * 32 < end; word += 1) {
    const from = Math.max(first - word * 32, 0);
    const to = Math.min(end - word * 32, 32);
    const below = to === 32 ? -1 : (1 << to) - 1;
    values[word]! |= kind[word]! & below & (-1 << from);
  }
}

/**
 * The versions by compatible series, lowest first: those that `^` of any of them would take together, 1.x, 0.3.x and
 * 0.0.7 each one; a prerelease belongs to the series of its numbers.
 */
export function seriesOf(prepared: Prepared): Prepared[] {
  if (prepared.series) return prepared.series;
  const groups: Candidate[][] = [];
  let last = '';
  for (const [index, candidate] of prepared.versions.entries()) {
    const key = seriesKey(prepared.releases[index]!);
    if (key !== last) groups.push([]);
    last = key;
    groups.at(-1)!.push(candidate);
  }
  prepared.series = groups.map((versions) => prepareVersions(prepared.name, versions));
  return prepared.series;
}

/** A series as a requirement: `1.x`, `0.3.x`, `0.0.7`. */
export function seriesLabel({ releases }: Prepared): string {
  const [first] = releases;
  const key = first ? seriesKey(first) : '*';
  return key.split('.').length === 3 || key === '*' ? key : `${key}.x`;
}

function seriesKey({ major, minor, patch }: Release): string {
  if (major > 0) return `${major}`;
  return minor > 0 ? `0.${minor}` : `0.0.${patch}`;
}
