// The values of a subject: what is selected, what it depends on there, and sets of them.
import { addBit, lowestBit } from './bits.ts';
import { allocate } from './engine.ts';
import { featureRows } from './features.ts';
import { type Link, linksOf, newLinks } from './prepared.ts';
import type { Problem, Subject } from './problem.ts';

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

/** Offset of a new set that holds this value alone. */
export function only(problem: Problem, subject: Subject, value: number): number {
  const set = allocate(problem.engine, problem.engine.words[subject.variable]!);
  addBit(problem.engine.pool, set, value);
  return set;
}

/** Offset of a new set of all values but one, with or without "not selected". */
export function allBut(problem: Problem, subject: Subject, value: number, absent: boolean): number {
  const { engine } = problem;
  const words = engine.words[subject.variable]!;
  const whole = engine.whole[subject.variable]!;
  const set = allocate(engine, words);
  engine.pool.copyWithin(set, whole, whole + words);
  engine.pool[set + (value >>> 5)]! &= ~(1 << (value & 31));
  if (!absent) engine.pool[set]! &= ~1;
  return set;
}
