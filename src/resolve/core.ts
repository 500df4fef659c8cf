// From the facts that a failed search happened to use to facts of which none can be left out: what the explanation
// tells. The same engine is run on facts alone, with nothing left to find.
import { countBits, highestBit } from './bits.ts';
import { resolveConflict } from './conflict.ts';
import { openConflict } from './conflict-terms.ts';
import { factsOf } from './derivation.ts';
import {
  addVariable,
  allocate,
  beginIncompatibility,
  decision,
  type Engine,
  openEngine,
  pushTerm,
} from './engine.ts';
import { attach, propagate } from './propagate.ts';
import { decide } from './trail.ts';

/** A failed search over facts of another engine. */
export type Refutation = {
  engine: Engine;
  incompatibility: number;
  /** By fact of this engine: the fact of the other. */
  facts: ReadonlyMap<number, number>;
  /** By variable of this engine: that of the other. */
  variables: number[];
};

/** More facts than this are told as they were found. */
const factsMax = 400;
/** Steps of all trials together. */
const trialStepsMax = 3_000_000;

/**
 * Of facts that rule the root out those that do so together, while no fewer of them would, and the search that shows it;
 * undefined where there are too many to try. `root` is the variable of the root.
 */
export function minimalCore(
  engine: Engine,
  root: number,
  used: readonly number[],
): Refutation | undefined {
  if (used.length > factsMax) return undefined;
  let steps = 0;
  let best = refute(used);
  if (!best) return undefined;
  // What is needed stays needed when others are gone. The last first: what stands near the root is what a person knows.
  const needed = new Set<number>();
  while (steps < trialStepsMax) {
    const facts = [...best.facts.values()];
    const tried = facts.findLast((fact) => !needed.has(fact));
    if (tried === undefined) break;
    const trial = refute(facts.filter((fact) => fact !== tried));
    if (trial) best = trial;
    else needed.add(tried);
  }
  return best;

  function refute(facts: readonly number[]): Refutation | undefined {
    const trial = searchFacts(engine, root, facts, trialStepsMax);
    steps += trial?.engine.steps ?? trialStepsMax / 100;
    if (!trial) return undefined;
    // Only those that the proof needs, so that each success takes out several.
    const needed = factsOf(trial.engine, trial.incompatibility).map((id) => trial.facts.get(id)!);
    return needed.length < facts.length ? (refute(needed) ?? trial) : trial;
  }
}

/** Searches facts alone; undefined where the root can be selected as far as they say, or the steps do not suffice. */
function searchFacts(
  from: Engine,
  root: number,
  facts: readonly number[],
  stepsMax: number,
): Refutation | undefined {
  const engine = openEngine();
  const variables: number[] = [];
  const numbers = new Map<number, number>();
  const rootVariable = variableOf(root);
  for (const fact of facts) {
    for (let term = from.termStart[fact]!; term < from.termStart[fact + 1]!; term += 1) {
      variableOf(from.termVariable[term]!);
    }
  }
  decide(engine, rootVariable, 1);
  const copies = new Map<number, number>();
  let conflict = -1;
  for (const fact of facts) {
    const id = copyFact(fact);
    copies.set(id, fact);
    if (!attach(engine, id) && conflict < 0) conflict = id;
  }
  const work = openConflict();
  for (;;) {
    if (conflict < 0) conflict = propagate(engine, stepsMax);
    if (conflict >= 0) {
      const failed = resolveConflict(engine, work, conflict);
      if (failed >= 0) return { engine, incompatibility: failed, facts: copies, variables };
      conflict = -1;
      continue;
    }
    if (engine.steps > stepsMax) return undefined;
    const next = mostConstrained(engine);
    if (next < 0) return undefined;
    decide(engine, next, highestOf(engine, next));
  }

  function variableOf(other: number): number {
    let variable = numbers.get(other);
    if (variable === undefined) {
      variable = addVariable(engine, valueCount(from, other));
      numbers.set(other, variable);
      variables.push(other);
    }
    return variable;
  }

  function copyFact(fact: number): number {
    const id = beginIncompatibility(engine, -1);
    for (let term = from.termStart[fact]!; term < from.termStart[fact + 1]!; term += 1) {
      const variable = numbers.get(from.termVariable[term]!)!;
      const words = engine.words[variable]!;
      const set = allocate(engine, words);
      const at = from.termSet[term]!;
      engine.pool.set(from.pool.subarray(at, at + words), set);
      pushTerm(engine, variable, set);
    }
    return id;
  }
}

function valueCount(engine: Engine, variable: number): number {
  return countBits(engine.pool, engine.whole[variable]!, engine.words[variable]!) - 1;
}

/** The variable that must be selected, is not decided, and has the fewest values left; -1 where there is none. */
function mostConstrained(engine: Engine): number {
  let found = -1;
  let fewest = Number.POSITIVE_INFINITY;
  for (let variable = 0; variable < engine.variableCount; variable += 1) {
    const domain = engine.domain[variable]!;
    const last = engine.last[variable]!;
    if ((engine.pool[domain]! & 1) !== 0) continue;
    if (last >= 0 && engine.trailCause[last] === decision) continue;
    const count = countBits(engine.pool, domain, engine.words[variable]!);
    if (count >= fewest) continue;
    fewest = count;
    found = variable;
  }
  return found;
}

function highestOf(engine: Engine, variable: number): number {
  return highestBit(engine.pool, engine.domain[variable]!, engine.words[variable]!);
}
