// What choosing a version entails, as incompatibilities. They are made when the version is first chosen.
import { isSubset } from './bits.ts';
import { allocate, beginIncompatibility, pushTerm } from './engine.ts';
import type { DependencyRow } from './port.ts';
import type { Link } from './prepared.ts';
import { type Origin, type Problem, type Subject, setTargets, targetsOf } from './problem.ts';
import { featuresOf, refusal, targetOf } from './targets.ts';
import { allBut, linksAt, only, selectedValue } from './values.ts';
import { versionsWith } from './versions-alike.ts';

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
    demand(problem, subject, own, link, target, found);
    if (!row.features || target.kind === 'choice') continue;
    for (const feature of featuresOf(problem, target, row)) {
      demand(problem, subject, own, link, feature, found);
    }
  }
}

/** Says that these versions need a target; `own` is -1 where that is said already. */
function demand(
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
