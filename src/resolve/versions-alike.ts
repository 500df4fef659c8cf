// Versions that have the same dependency, so that one incompatibility speaks of all.
import { addBit, hasBit } from './bits.ts';
import type { DependencyRow } from './port.ts';
import type { Link } from './prepared.ts';
import type { Problem, Subject } from './problem.ts';
import { linksAt, only } from './values.ts';

/** Versions of which a fact speaks: this one, and where others were tried before, those around it with the same row. */
export function versionsWith(
  problem: Problem,
  subject: Subject,
  value: number,
  row: DependencyRow,
): number {
  const own = only(problem, subject, value);
  // The first version that is chosen stays, mostly: what is said of others would be of no use.
  if (subject.firstValue !== value) addAlike(problem, subject, value, row, own);
  return own;
}

function addAlike(
  problem: Problem,
  subject: Subject,
  value: number,
  row: DependencyRow,
  set: number,
) {
  eachAlike(problem, subject, value, row, (other, same) => {
    addBit(problem.engine.pool, set, other);
    cover(subject, other, same);
  });
}

/** Versions in a row that are passed over in search of others with the same dependency. */
const passedOverMax = 32;

/**
 * Tells of the versions around one that have the same row, with theirs. Versions that may not be chosen, and prereleases
 * between stable versions, are passed over where they have not.
 */
function eachAlike(
  problem: Problem,
  subject: Subject,
  value: number,
  row: DependencyRow,
  tell: (value: number, row: DependencyRow) => void,
) {
  const { length } = subject.prepared.versions;
  for (let step = -1; step <= 1; step += 2) {
    let passedOver = 0;
    for (let next = value + step; next >= 1 && next <= length; next += step) {
      const same = findRow(linksAt(subject, next), row);
      if (same) {
        passedOver = 0;
        tell(next, same);
      } else if (!isPassedOver(problem, subject, value, next) || ++passedOver > passedOverMax)
        break;
    }
  }
}

/** Of more versions than this only neighbours are looked at. */
const allVersionsMax = 500;

/** Adds to a set all versions that have the same row as one of them, of very many those around it. */
export function addAllAlike(
  problem: Problem,
  subject: Subject,
  value: number,
  row: DependencyRow,
  set: number,
) {
  const { pool } = problem.engine;
  const { length } = subject.prepared.versions;
  if (length > allVersionsMax) {
    eachAlike(problem, subject, value, row, (other) => addBit(pool, set, other));
    return;
  }
  for (let other = 1; other <= length; other += 1) {
    if (findRow(linksAt(subject, other), row)) addBit(pool, set, other);
  }
}

function isPassedOver(problem: Problem, subject: Subject, value: number, other: number): boolean {
  const { pool, initial } = problem.engine;
  if (!hasBit(pool, initial[subject.variable]!, other)) return true;
  const { releases } = subject.prepared;
  const here = releases[value - 1]!;
  return here.prerelease.length === 0 && releases[other - 1]!.prerelease.length > 0;
}

function cover(subject: Subject, value: number, row: DependencyRow) {
  subject.covered ??= new Map();
  const rows = subject.covered.get(value);
  if (rows) rows.add(row);
  else subject.covered.set(value, new Set([row]));
}

function findRow(links: readonly Link[], row: DependencyRow): DependencyRow | undefined {
  for (let index = 0; index < links.length; index += 1) {
    if (isSameRow(row, links[index]!.row)) return links[index]!.row;
  }
  return undefined;
}

function isSameRow(a: DependencyRow, b: DependencyRow): boolean {
  if (a.name !== b.name || a.requirement !== b.requirement) return false;
  if (a.features === b.features) return true;
  const left = a.features ?? [];
  const right = b.features ?? [];
  return left.length === right.length && left.every((feature) => right.includes(feature));
}
