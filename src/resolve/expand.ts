// What choosing a version entails, as incompatibilities. They are made when the version is first chosen.
import { addBit, hasBit, isSubset, lowestBit } from './bits.ts';
import { allocate, beginIncompatibility, pushTerm } from './engine.ts';
import { featureRows } from './features.ts';
import type { DependencyRow } from './port.ts';
import { type Link, linksOf, newLinks } from './prepared.ts';
import {
  featuresOf,
  type Origin,
  type Problem,
  refusal,
  type Subject,
  setTargets,
  targetOf,
  targetsOf,
} from './subjects.ts';

/** What a decision led to: subjects in the order of the dependencies, and new facts, not attached yet. */
export type Expansion = {
  targets: readonly Subject[];
  facts: readonly number[];
  /** Facts of one term: versions that can never be chosen. */
  exclusions: readonly number[];
};

/** Dependencies of a value of a subject whose facts are needed before it can be chosen. */
export function missingRows(problem: Problem, subject: Subject, value: number): DependencyRow[] {
  if (subject.kind === 'choice' || targetsOf(subject, value)) return noRows;
  const links = linksAt(subject, value);
  const { asked } = problem;
  asked.length = 0;
  let missing = noRows;
  for (let index = 0; index < links.length; index += 1) {
    const target = targetOf(problem, links[index]!);
    if (target) asked.push(target);
    else missing = [...missing, links[index]!.row];
  }
  return missing;
}

const noRows: DependencyRow[] = [];

/** Brings in what a value that was just decided entails; `missingRows` are none. */
export function expand(problem: Problem, subject: Subject, value: number): Expansion {
  const known = targetsOf(subject, value);
  const targets: Subject[] = [];
  const found = { targets, facts: [], exclusions: [] };
  if (!known) {
    setTargets(subject, value, targets);
    if (subject.kind === 'choice') expandChoice(problem, subject, value, found);
    else expandVersion(problem, subject, value, found);
  }
  for (const feature of subject.features) link(problem, feature, value, found);
  return known ? { ...found, targets: known } : found;
}

/** The dependencies of a subject at a value. */
export function linksAt(subject: Subject, value: number): readonly Link[] {
  const { feature, prepared } = subject;
  if (feature === undefined) return linksOf(prepared, value - 1);
  subject.featureLinks[value] ??= newLinks(
    featureRows(prepared.versions[value - 1]!, feature) ?? [],
  );
  return subject.featureLinks[value];
}

/** The value at which a subject is selected, 0 where it is not decided. */
export function selectedValue(problem: Problem, subject: Subject): number {
  const { pool, domain, words } = problem.engine;
  const at = domain[subject.variable]!;
  const value = lowestBit(pool, at, words[subject.variable]!);
  for (let word = 0; word < words[subject.variable]!; word += 1) {
    const bits = pool[at + word]!;
    if (bits !== 0 && (word !== value >>> 5 || (bits & (bits - 1)) !== 0)) return 0;
  }
  return Math.max(value, 0);
}

type Found = { targets: Subject[]; facts: number[]; exclusions: number[] };

function expandVersion(problem: Problem, subject: Subject, value: number, found: Found) {
  if (subject.base) {
    const own = only(problem, subject, value);
    const others = allBut(problem, subject.base, value, true);
    addFact(problem, found, { kind: 'same' }, subject, own, subject.base, others);
    found.targets.push(subject.base);
  }
  const links = linksAt(subject, value);
  const covered = subject.covered?.get(value);
  for (let index = 0; index < links.length; index += 1) {
    const link = links[index]!;
    const { row } = link;
    const target = problem.asked[index]!;
    const own = covered?.has(row) ? -1 : versionsWith(problem, subject, value, row);
    require(problem, subject, own, link, target, found);
    if (!row.features || target.kind === 'choice') continue;
    for (const feature of featuresOf(problem, target, row)) {
      require(problem, subject, own, link, feature, found);
    }
  }
}

/** Says that these versions need a target; `own` is -1 where that is said already. */
function require(
  problem: Problem,
  subject: Subject,
  own: number,
  link: Link,
  target: Subject,
  found: Found,
) {
  found.targets.push(target);
  if (own < 0) return;
  const refused =
    target.kind === 'choice' ? only(problem, target, 0) : refusal(problem, target, link);
  const { row } = link;
  const origin: Origin | DependencyRow = target.base ? { kind: 'dependency', row, target } : row;
  addFact(problem, found, origin, subject, own, target, refused);
  if (target.base) linkSelected(problem, target, target.base, found);
}

function expandChoice(problem: Problem, subject: Subject, value: number, found: Found) {
  const link = subject.link!;
  const { row } = link;
  const own = only(problem, subject, value);
  const base = subject.options[value - 1]!;
  for (const target of [base, ...featuresOf(problem, base, row)]) {
    const refused = refusal(problem, target, link);
    found.targets.push(target);
    addFact(problem, found, { kind: 'series', row, target }, subject, own, target, refused);
    if (target.base) linkSelected(problem, target, target.base, found);
  }
}

function linkSelected(problem: Problem, feature: Subject, base: Subject, found: Found) {
  const selected = selectedValue(problem, base);
  if (selected > 0) link(problem, feature, selected, found);
}

/** Says that with its package at this version a feature is selected there too, if at all. */
function link(problem: Problem, feature: Subject, value: number, found: Found) {
  if (feature.linked!.has(value)) return;
  feature.linked!.add(value);
  const base = feature.base!;
  const own = only(problem, base, value);
  const others = allBut(problem, feature, value, false);
  addFact(problem, found, { kind: 'same' }, base, own, feature, others);
}

/** Makes a fact of two terms, or of one where they are of one variable or the second always holds. */
function addFact(
  problem: Problem,
  found: Found,
  origin: Origin | DependencyRow,
  subject: Subject,
  own: number,
  target: Subject,
  refused: number,
) {
  const { engine } = problem;
  const { variable } = target;
  const words = engine.words[variable]!;
  let set = own;
  if (target === subject) {
    set = allocate(engine, words);
    let any = 0;
    for (let word = 0; word < words; word += 1) {
      any |= engine.pool[set + word] = engine.pool[own + word]! & engine.pool[refused + word]!;
    }
    if (any === 0) return;
  }
  const id = beginIncompatibility(engine, -1);
  problem.origins[id] = origin;
  pushTerm(engine, subject.variable, set);
  const { pool } = engine;
  const always = isSubset(pool, engine.whole[variable]!, pool, refused, words);
  if (target !== subject && !always) {
    pushTerm(engine, variable, refused);
    found.facts.push(id);
  } else found.exclusions.push(id);
}

/** Versions of which a fact speaks: this one, and where others were tried before, those around it with the same row. */
function versionsWith(problem: Problem, subject: Subject, value: number, row: DependencyRow) {
  const own = only(problem, subject, value);
  // The first version that is chosen stays, mostly: what is said of others would be of no use.
  if (subject.firstValue === value) return own;
  eachAlike(problem, subject, value, row, (other, same) => {
    addBit(problem.engine.pool, own, other);
    cover(subject, other, same);
  });
  return own;
}

/** Versions in a row that are passed over in search of others with the same dependency. */
const passedOverMax = 32;

/**
 * Tells of the versions around one that have the same row, with theirs. Versions that may not be chosen, and prereleases
 * between stable versions, are passed over where they have not.
 */
export function eachAlike(
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

/** Offset of a new set that holds this value alone. */
function only(problem: Problem, subject: Subject, value: number): number {
  const set = allocate(problem.engine, problem.engine.words[subject.variable]!);
  addBit(problem.engine.pool, set, value);
  return set;
}

/** Offset of a new set of all values but one, with or without "not selected". */
function allBut(problem: Problem, subject: Subject, value: number, absent: boolean): number {
  const { engine } = problem;
  const words = engine.words[subject.variable]!;
  const whole = engine.whole[subject.variable]!;
  const set = allocate(engine, words);
  engine.pool.copyWithin(set, whole, whole + words);
  engine.pool[set + (value >>> 5)]! &= ~(1 << (value & 31));
  if (!absent) engine.pool[set]! &= ~1;
  return set;
}
