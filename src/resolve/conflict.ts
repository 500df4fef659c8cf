// Conflict resolution: from an incompatibility whose terms are all satisfied to its root cause, by resolving it
// with the causes of the assignments that satisfy it, until undoing one level is sure to lead somewhere else.
import { beginConflict, type Conflict, join } from './conflict-terms.ts';
import { allocate, beginIncompatibility, decision, type Engine, pushTerm } from './engine.ts';
import { proofEndMark, writeProof } from './proof.ts';
import { attach, watch } from './propagate.ts';
import { backtrack, derive, ruleOut } from './trail.ts';

/** Level at which the root is selected; nothing goes back beyond it. */
export const rootLevel = 1;

/**
 * Undoes more levels than this only one by one. What was chosen in between would be chosen again, in the same order: the
 * derivation is made where the conflict was, not where it could have been made first.
 */
const jumpLevelsMax = 64;

/**
 * Learns from a satisfied incompatibility, backtracks and derives. Gives -1, or where there is no solution the number of
 * the incompatibility that says so: the root's term alone, or none.
 */
export function resolveConflict(engine: Engine, work: Conflict, conflict: number): number {
  beginConflict(engine, work);
  join(engine, work, conflict, -1);
  const last = latest(work);
  // What is ruled out for good may have satisfied the watched terms without the last having been seen.
  if (last >= 0) watch(engine, conflict, last);
  for (;;) {
    const variable = latest(work);
    const entry = variable < 0 ? -1 : work.satisfier[variable]!;
    const level = entry < 0 ? 0 : engine.trailLevel[entry]!;
    const cause = entry < 0 ? decision : engine.trailCause[entry]!;
    if (entry < 0 || (cause === decision && level <= rootLevel)) {
      return learn(engine, work, conflict, variable);
    }
    const previous = previousLevel(engine, work, variable, entry, cause);
    if (cause === decision || previous < level) {
      const learned = learn(engine, work, conflict, variable);
      const jumps = work.variables.length === 1 || level - 1 - previous > jumpLevelsMax;
      backtrack(engine, jumps ? level - 1 : previous);
      apply(engine, learned, conflict, variable);
      return -1;
    }
    join(engine, work, cause, variable);
  }
}

/** Derives what follows from what was learned, of which all but the term on a variable is satisfied. */
function apply(engine: Engine, learned: number, conflict: number, variable: number) {
  let term = engine.termStart[learned]!;
  if (engine.termStart[learned + 1]! - term === 1) ruleOut(engine, learned);
  else if (learned !== conflict) attach(engine, learned);
  else {
    while (engine.termVariable[term] !== variable) term += 1;
    derive(engine, variable, engine.termSet[term]!, learned);
  }
}

/** The variable whose term was satisfied last, or -1 where there is none. */
function latest(work: Conflict): number {
  let found = -1;
  for (const variable of work.variables) {
    if (found < 0 || work.satisfier[variable]! > work.satisfier[found]!) found = variable;
  }
  return found;
}

/** The level from which on the terms, but for what `entry` adds, are satisfied. */
function previousLevel(
  engine: Engine,
  work: Conflict,
  satisfied: number,
  entry: number,
  cause: number,
): number {
  let last = -1;
  for (const variable of work.variables) {
    if (variable !== satisfied) last = Math.max(last, work.satisfier[variable]!);
  }
  engine.steps += work.variables.length;
  const level = last < 0 ? rootLevel : Math.max(rootLevel, engine.trailLevel[last]!);
  if (cause === decision) return level;
  return Math.max(level, partialLevel(engine, work, satisfied, entry, cause));
}

/** Where the entry satisfies the term only together with earlier ones of the same variable: the level of those. */
function partialLevel(
  engine: Engine,
  work: Conflict,
  variable: number,
  entry: number,
  cause: number,
): number {
  const words = engine.words[variable]!;
  const at = work.at[variable]! - 1;
  const causeSet = setIn(engine, cause, variable);
  let before = engine.trailPrevious[entry]!;
  while (before >= 0) {
    // The domain as it was before that entry: would it do as well?
    const saved = engine.trailSaved[before]!;
    if (!coveredWith(engine, work, saved, at, causeSet, words)) break;
    before = engine.trailPrevious[before]!;
  }
  return before < 0 ? 0 : engine.trailLevel[before]!;
}

/** True where the saved set, without what the cause takes out, lies in the term. */
function coveredWith(
  engine: Engine,
  work: Conflict,
  saved: number,
  at: number,
  causeSet: number,
  words: number,
): boolean {
  for (let word = 0; word < words; word += 1) {
    const left = engine.saved[saved + word]! & ~engine.pool[causeSet + word]!;
    if ((left & ~work.sets[at + word]!) !== 0) return false;
  }
  return true;
}

function setIn(engine: Engine, id: number, variable: number): number {
  let term = engine.termStart[id]!;
  while (engine.termVariable[term] !== variable) term += 1;
  return engine.termSet[term]!;
}

/** Stores what is at hand as an incompatibility, unless it is the one that the resolution began with. */
function learn(engine: Engine, work: Conflict, conflict: number, first: number): number {
  if (work.proof.length === 2) return conflict;
  const id = beginIncompatibility(engine, engine.proofEnd);
  for (let at = 0; at < work.proof.length; at += 2) {
    writeProof(engine, work.proof[at]!, work.proof[at + 1]!);
  }
  writeProof(engine, proofEndMark, -1);
  if (first >= 0) pushWork(engine, work, first);
  for (const variable of work.variables) {
    if (variable !== first) pushWork(engine, work, variable);
  }
  return id;
}

function pushWork(engine: Engine, work: Conflict, variable: number) {
  const words = engine.words[variable]!;
  const at = work.at[variable]! - 1;
  const set = allocate(engine, words);
  for (let word = 0; word < words; word += 1) engine.pool[set + word] = work.sets[at + word]!;
  pushTerm(engine, variable, set);
}
