// The answer of a search that found a solution.
import { compareVersions, type Version } from '../core/version.ts';
import { groupsOfCycles } from './cycles.ts';
import { featuresOn } from './features.ts';
import type { LockedDependency, LockedGraph, LockedPackage, Named } from './port.ts';
import { type Problem, requirementOf, type Subject } from './problem.ts';
import { targetOf } from './targets.ts';
import { linksAt, selectedValue } from './values.ts';

/** The graph of what was selected: `queue` is that of the search. */
export function lockedGraph(problem: Problem, queue: readonly Subject[]): LockedGraph {
  const selected = queue
    .filter((subject) => subject.kind === 'package' && subject !== problem.root)
    .sort((a, b) => compareSelected(problem, a, b));
  /** By variable: the package's place, or -1. */
  const places = new Int32Array(problem.subjects.length).fill(-1);
  for (const [place, { variable }] of selected.entries()) places[variable] = place;
  const edges: number[][] = selected.map(() => []);
  const packages = selected.map((subject, place) => {
    return lockedPackage(problem, subject, places, edges[place]!);
  });
  const requirements = dependenciesOf(problem, problem.root, places, []);
  const cycles = groupsOfCycles(edges).map((group) =>
    group.map((place) => ({ name: packages[place]!.name, version: packages[place]!.version })),
  );
  return { requirements, packages, cycles };
}

/** By name in code point order (names are ASCII), then by version. */
function compareSelected(problem: Problem, a: Subject, b: Subject): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return compareVersions(versionOf(problem, a), versionOf(problem, b));
}

function lockedPackage(
  problem: Problem,
  subject: Subject,
  places: Int32Array,
  edges: number[],
): LockedPackage {
  const { name, prepared } = subject;
  const candidate = prepared.versions[selectedValue(problem, subject) - 1]!;
  const { version, digest } = candidate;
  const dependencies = dependenciesOf(problem, subject, places, edges);
  const features = featuresOn(candidate, askedFeatures(problem, subject));
  return {
    name,
    version,
    ...(digest === undefined ? {} : { digest }),
    ...(features.length > 0 ? { features } : {}),
    dependencies,
  };
}

function askedFeatures(problem: Problem, { features }: Subject): string[] {
  if (features.length === 0) return [];
  return features
    .filter((feature) => selectedValue(problem, feature) > 0)
    .map(({ feature }) => feature!);
}

/** What a package and its features depend on, each requirement once; the places of what is meant go into `edges`. */
function dependenciesOf(
  problem: Problem,
  subject: Subject,
  places: Int32Array,
  edges: number[],
): LockedDependency[] {
  const rows: LockedDependency[] = [];
  addRows(problem, subject, places, rows, edges);
  for (const feature of subject.features) addRows(problem, feature, places, rows, edges);
  if (isSorted(rows)) return rows;
  rows.sort(compareDependencies);
  return rows.filter(
    (row, index) => index === 0 || compareDependencies(rows[index - 1]!, row) !== 0,
  );
}

function addRows(
  problem: Problem,
  subject: Subject,
  places: Int32Array,
  rows: LockedDependency[],
  edges: number[],
) {
  const value = selectedValue(problem, subject);
  if (value === 0) return;
  for (const link of linksAt(subject, value)) {
    const { row } = link;
    const asked = targetOf(problem, link)!;
    // Of a choice the package of the series that was chosen.
    const target = asked.options[selectedValue(problem, asked) - 1] ?? asked;
    const requirement = requirementOf(problem, row);
    rows.push({ name: row.name, requirement, version: versionOf(problem, target) });
    const place = places[target.variable]!;
    if (place >= 0) edges.push(place);
  }
}

/** True where every name stands once, in order. */
function isSorted(rows: readonly Named[]): boolean {
  for (let index = 1; index < rows.length; index += 1) {
    if (rows[index - 1]!.name >= rows[index]!.name) return false;
  }
  return true;
}

function compareDependencies(a: LockedDependency, b: LockedDependency): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  const order = compareVersions(a.version, b.version);
  if (order !== 0 || a.requirement === b.requirement) return order;
  return a.requirement < b.requirement ? -1 : 1;
}

function versionOf(problem: Problem, subject: Subject): Version {
  return subject.prepared.versions[selectedValue(problem, subject) - 1]!.version;
}
