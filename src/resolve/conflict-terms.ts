// The incompatibility that conflict resolution has at hand, term by term.
import { isSubset } from './bits.ts';
import { allocate, beginIncompatibility, type Engine, grown, pushTerm } from './engine.ts';
import { proofEndMark, writeProof } from './proof.ts';
import { satisfierOf } from './trail.ts';

/** Incompatibilities that exclude values of one variable; more are drawn together. */
const exclusionsMax = 8;

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

/** Empties what is at hand. */
export function beginConflict(engine: Engine, work: Conflict) {
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
export function join(engine: Engine, work: Conflict, id: number, pivot: number) {
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
