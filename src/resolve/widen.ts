import { isSubset, lowestBit } from './bits.ts';
import { allocate, beginIncompatibility, type Engine, pushTerm } from './engine.ts';
import type { Origin, Problem, Subject } from './problem.ts';
import { originOf } from './targets.ts';
import { addAllAlike } from './versions-alike.ts';

type Dependency = Extract<Origin, { kind: 'dependency' }>;

/**
 * Facts for an explanation: each dependency said once, of all versions that have it. The search says it of the version that
 * it tried, and again when it tries the next.
 */
export function widenFacts(problem: Problem, facts: readonly number[]): number[] {
  const { engine, subjects, root } = problem;
  const said = new Map<string, number[]>();
  const widened: number[] = [];
  for (const fact of facts) {
    const origin = originOf(problem, fact);
    const term = selectedTerm(engine, fact);
    const subject = subjects[engine.termVariable[term]!]!;
    const isOfPackage = subject.kind === 'package' && subject !== root;
    // A dependency on itself speaks of those versions alone that do not satisfy it.
    if (origin.kind !== 'dependency' || !isOfPackage || origin.target === subject) {
      widened.push(fact);
      continue;
    }
    const key = keyOf(subject, origin);
    const sets = said.get(key) ?? [];
    said.set(key, sets);
    const set = engine.termSet[term]!;
    const words = engine.words[subject.variable]!;
    if (sets.some((wider) => isSubset(engine.pool, set, engine.pool, wider, words))) continue;
    const wider = widenedSet(problem, subject, origin, set, words);
    sets.push(wider);
    widened.push(copyOf(problem, fact, term, wider));
  }
  return widened;
}

/** The term that speaks of versions that are selected; of a fact there is one. */
function selectedTerm(engine: Engine, fact: number): number {
  let term = engine.termStart[fact]!;
  while ((engine.pool[engine.termSet[term]!]! & 1) === 1) term += 1;
  return term;
}

function keyOf({ variable }: Subject, { row, target }: Dependency): string {
  return JSON.stringify([variable, target.variable, row.requirement, row.features?.toSorted()]);
}

function widenedSet(
  problem: Problem,
  subject: Subject,
  { row }: Dependency,
  set: number,
  words: number,
): number {
  const { engine } = problem;
  const wider = allocate(engine, words);
  engine.pool.copyWithin(wider, set, set + words);
  addAllAlike(problem, subject, lowestBit(engine.pool, set, words), row, wider);
  return wider;
}

/** The same fact with another set in one of its terms. */
function copyOf({ engine, origins }: Problem, fact: number, changed: number, set: number): number {
  const id = beginIncompatibility(engine, -1);
  for (let term = engine.termStart[fact]!; term < engine.termStart[fact + 1]!; term += 1) {
    pushTerm(engine, engine.termVariable[term]!, term === changed ? set : engine.termSet[term]!);
  }
  origins[id] = origins[fact];
  return id;
}
