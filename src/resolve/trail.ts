// The partial solution: decisions and derivations in order, each narrowing the domain of one variable.
import { addBit, isSubset } from './bits.ts';
import { decision, type Engine, grown } from './engine.ts';

/** Takes the values of a set, those of a term that cannot hold, out of a domain. */
export function derive(engine: Engine, variable: number, set: number, cause: number) {
  push(engine, variable, cause);
  const { pool } = engine;
  const domain = engine.domain[variable]!;
  const words = engine.words[variable]!;
  for (let word = 0; word < words; word += 1) pool[domain + word]! &= ~pool[set + word]!;
}

/** Opens a level in which a variable has this value alone; the value is in its domain. */
export function decide(engine: Engine, variable: number, value: number) {
  engine.level += 1;
  push(engine, variable, decision);
  const domain = engine.domain[variable]!;
  engine.pool.fill(0, domain, domain + engine.words[variable]!);
  addBit(engine.pool, domain, value);
}

function push(engine: Engine, variable: number, cause: number) {
  const entry = engine.trailEnd++;
  const words = engine.words[variable]!;
  if (entry === engine.trailVariable.length) growTrail(engine);
  if (engine.savedEnd + words > engine.saved.length) {
    engine.saved = grown(engine.saved, engine.savedEnd + words);
  }
  const { saved, pool, savedEnd } = engine;
  const domain = engine.domain[variable]!;
  for (let word = 0; word < words; word += 1) saved[savedEnd + word] = pool[domain + word]!;
  engine.trailVariable[entry] = variable;
  engine.trailPrevious[entry] = engine.last[variable]!;
  engine.trailCause[entry] = cause;
  engine.trailLevel[entry] = engine.level;
  engine.trailSaved[entry] = savedEnd;
  engine.last[variable] = entry;
  engine.savedEnd = savedEnd + words;
  engine.steps += words;
}

/**
 * Takes the values of an incompatibility of one term out of a domain for good, as if they had never been possible: out
 * of the initial domain and out of all that the trail remembers. The variable is not decided at one of them. Gives the
 * incompatibility that is satisfied where nothing is left, or -1.
 */
export function ruleOut(engine: Engine, incompatibility: number): number {
  const { pool, saved } = engine;
  const term = engine.termStart[incompatibility]!;
  const variable = engine.termVariable[term]!;
  const set = engine.termSet[term]!;
  const words = engine.words[variable]!;
  const domain = engine.domain[variable]!;
  const initial = engine.initial[variable]!;
  let left = 0;
  for (let word = 0; word < words; word += 1) {
    const kept = ~pool[set + word]!;
    pool[initial + word]! &= kept;
    left |= pool[domain + word]! &= kept;
    for (let entry = engine.last[variable]!; entry >= 0; entry = engine.trailPrevious[entry]!) {
      saved[engine.trailSaved[entry]! + word]! &= kept;
    }
  }
  const exclusions = engine.exclusions[variable];
  if (exclusions) exclusions.push(incompatibility);
  else engine.exclusions[variable] = [incompatibility];
  engine.dirty.push(variable);
  engine.steps += words;
  return left === 0 ? engine.trailCause[engine.last[variable]!]! : -1;
}

/** Undoes every entry above a level. */
export function backtrack(engine: Engine, level: number) {
  const { pool, saved } = engine;
  while (engine.trailEnd > 0 && engine.trailLevel[engine.trailEnd - 1]! > level) {
    const entry = --engine.trailEnd;
    const variable = engine.trailVariable[entry]!;
    const at = engine.trailSaved[entry]!;
    const domain = engine.domain[variable]!;
    for (let word = 0; word < engine.words[variable]!; word += 1) {
      pool[domain + word] = saved[at + word]!;
    }
    engine.last[variable] = engine.trailPrevious[entry]!;
    engine.savedEnd = at;
  }
  engine.level = level;
  engine.propagated = Math.min(engine.propagated, engine.trailEnd);
}

/**
 * The first entry with which the domain of a variable lies in a set, -1 where the initial domain does. The set is given
 * as a row of `sets`; the domain does lie in it now.
 */
export function satisfierOf(engine: Engine, variable: number, sets: Int32Array, set: number) {
  const words = engine.words[variable]!;
  let entry = engine.last[variable]!;
  while (entry >= 0 && isSubset(engine.saved, engine.trailSaved[entry]!, sets, set, words)) {
    entry = engine.trailPrevious[entry]!;
  }
  return entry;
}

function growTrail(engine: Engine) {
  const needed = engine.trailEnd;
  engine.trailVariable = grown(engine.trailVariable, needed);
  engine.trailPrevious = grown(engine.trailPrevious, needed);
  engine.trailCause = grown(engine.trailCause, needed);
  engine.trailLevel = grown(engine.trailLevel, needed);
  engine.trailSaved = grown(engine.trailSaved, needed);
}
