// Conflict resolution: from an incompatibility whose terms are all satisfied to its root cause, by resolving it
// with the causes of the assignments that satisfy it, until undoing one level is sure to lead somewhere else.
import { isSubset } from './bits.ts';
import {
  allocate,
  beginIncompatibility,
  decision,
  type Engine,
  grown,
  pushTerm,
} from './engine.ts';
import { attach, watch } from './propagate.ts';
import { backtrack, derive, ruleOut, satisfierOf } from './trail.ts';

/** Stands behind the last step of a proof. */
export const proofEndMark = -1;

/** Incompatibilities that exclude values of one variable; more are drawn together. */
const exclusionsMax = 8;

/** Level at which the root is selected; nothing goes back beyond it. */
export const rootLevel = 1;

/**
 * Undoes more levels than this only one by one. What was chosen in between would be chosen again, in the same order: the
 * derivation is made where the conflict was, not where it could have been made first.
 */
const jumpLevelsMax = 64;

/** The incompatibility at hand, by variable; kept from call to call, so that nothing is allocated. */
export type Conflict = {
  variables: number[];
  /** By variable: offset of its term in `sets`, plus one; 0: no term. */
  at: Int32Array;
  /** By variable: entry that satisfies its term. */
  satisfier: Int32Array;
  sets: Int32Array;
  setsEnd: number;
  /** Pairs of an incompatibility that was joined, and the variable it was resolved on. */
  proof: number[];
};

export function openConflict(): Conflict {
  return {
    variables: [],
    at: new Int32Array(256),
    satisfier: new Int32Array(256),
    sets: new Int32Array(1024),
    setsEnd: 0,
    proof: [],
  };
}

/**
 * Learns from a satisfied incompatibility, backtracks and derives. Gives -1, or where there is no solution the number of
 * the incompatibility that says so: the root's term alone, or none.
 */
export function resolveConflict(engine: Engine, work: Conflict, conflict: number): number {
  begin(engine, work);
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

function begin(engine: Engine, work: Conflict) {
  for (const variable of work.variables) work.at[variable] = 0;
  work.variables.length = 0;
  work.proof.length = 0;
  work.setsEnd = 0;
  if (work.at.length < engine.variableCount) {
    work.at = grown(work.at, engine.variableCount);
    work.satisfier = grown(work.satisfier, engine.variableCount);
  }
}

/** Joins the terms of an incompatibility to those at hand; the two are resolved on `pivot`. */
function join(engine: Engine, work: Conflict, id: number, pivot: number) {
  work.proof.push(id, pivot);
  const end = engine.termStart[id + 1]!;
  for (let term = engine.termStart[id]!; term < end; term += 1) {
    const variable = engine.termVariable[term]!;
    const set = engine.termSet[term]!;
    const before = work.at[variable]! - 1;
    engine.steps += 1;
    if (before < 0) addTerm(engine, work, variable, set);
    else if (variable === pivot) uniteTerm(engine, work, variable, before, set);
    else intersectTerm(engine, work, variable, before, set);
  }
}

function addTerm(engine: Engine, work: Conflict, variable: number, set: number) {
  const words = engine.words[variable]!;
  const at = work.setsEnd;
  work.setsEnd += words;
  if (work.setsEnd > work.sets.length) work.sets = grown(work.sets, work.setsEnd);
  for (let word = 0; word < words; word += 1) work.sets[at + word] = engine.pool[set + word]!;
  work.at[variable] = at + 1;
  work.variables.push(variable);
  settle(engine, work, variable, at);
}

function uniteTerm(engine: Engine, work: Conflict, variable: number, at: number, set: number) {
  for (let word = 0; word < engine.words[variable]!; word += 1) {
    work.sets[at + word]! |= engine.pool[set + word]!;
  }
  settle(engine, work, variable, at);
}

function intersectTerm(engine: Engine, work: Conflict, variable: number, at: number, set: number) {
  for (let word = 0; word < engine.words[variable]!; word += 1) {
    work.sets[at + word]! &= engine.pool[set + word]!;
  }
  settle(engine, work, variable, at);
}

/** Finds the satisfier of a term that changed, and drops a term that says nothing. */
function settle(engine: Engine, work: Conflict, variable: number, at: number) {
  const entry = satisfierOf(engine, variable, work.sets, at);
  work.satisfier[variable] = entry;
  if (entry >= 0) return;
  // Satisfied from the start: by what excludes the values that the set lacks, if it lacks any.
  const words = engine.words[variable]!;
  const exclusions = engine.exclusions[variable] ?? [];
  if (exclusions.length > exclusionsMax) mergeExclusions(engine, variable, exclusions);
  for (const exclusion of exclusions) {
    if (isSubset(engine.pool, engine.whole[variable]!, work.sets, at, words)) break;
    const set = engine.termSet[engine.termStart[exclusion]!]!;
    if (isSubset(engine.pool, set, work.sets, at, words)) continue;
    for (let word = 0; word < words; word += 1) {
      work.sets[at + word]! |= engine.pool[set + word]!;
    }
    work.proof.push(exclusion, variable);
  }
  work.at[variable] = 0;
  work.variables.splice(work.variables.indexOf(variable), 1);
}

/** Draws what excludes values of a variable together into one incompatibility. */
function mergeExclusions(engine: Engine, variable: number, exclusions: number[]) {
  const words = engine.words[variable]!;
  const set = allocate(engine, words);
  const id = beginIncompatibility(engine, engine.proofEnd);
  for (const exclusion of exclusions) {
    const other = engine.termSet[engine.termStart[exclusion]!]!;
    for (let word = 0; word < words; word += 1) {
      engine.pool[set + word]! |= engine.pool[other + word]!;
    }
    writeProof(engine, exclusion, variable);
  }
  writeProof(engine, proofEndMark, -1);
  pushTerm(engine, variable, set);
  engine.steps += exclusions.length * words;
  exclusions.splice(0, exclusions.length, id);
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
  let saved = engine.trailSaved[entry]!;
  // `saved` is the domain after `before`: is it needed, or would that before it do?
  while (before >= 0) {
    saved = engine.trailSaved[before]!;
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

function writeProof(engine: Engine, id: number, pivot: number) {
  if (engine.proofEnd + 2 > engine.proof.length) {
    engine.proof = grown(engine.proof, engine.proofEnd + 2);
  }
  engine.proof[engine.proofEnd++] = id;
  engine.proof[engine.proofEnd++] = pivot;
}
