// The derivation graph of a failed search: which facts, resolved with one another in which order, say that the root
// cannot be selected. The search keeps only the order of the resolutions; what came out of each is computed here
// again.
import type { Engine } from './engine.ts';
import { proofEndMark } from './proof.ts';

/** One incompatibility of the graph: a fact of the engine, or resolved from two others on a variable. */
export type Derived = {
  /** By variable: the set of values of its term, "not selected" as 0 among them. */
  terms: ReadonlyMap<number, Int32Array>;
} & ({ fact: number } | { causes: [Derived, Derived]; pivot: number });

/** Resolutions worked out again; a longer proof is told by its facts alone. */
const resolutionsMax = 100_000;

/** The facts that the proof of an incompatibility rests on, in the order in which they were found. */
export function factsOf(engine: Engine, incompatibility: number): number[] {
  return reached(engine, incompatibility).ids.filter((id) => engine.proofStart[id]! < 0);
}

/** A fact as a graph of its own. */
export function factAlone(engine: Engine, fact: number): Derived {
  return { terms: termsOf(engine, fact), fact };
}

/** The derivation graph of an incompatibility, undefined where it is too long to be of use. */
export function derivationOf(engine: Engine, incompatibility: number): Derived | undefined {
  const found = new Map<number, Derived>();
  const { ids, steps } = reached(engine, incompatibility);
  if (steps > resolutionsMax) return undefined;
  // In the order of their numbers, so that every cause is known.
  for (const id of ids) {
    let node = factAlone(engine, id);
    for (const [index, [cause, pivot]] of proofOf(engine, id).entries()) {
      const next = found.get(cause)!;
      node = index === 0 ? next : resolve(engine, node, next, pivot);
    }
    found.set(id, node);
  }
  return found.get(incompatibility);
}

/** Every incompatibility that the proof of one refers to, itself among them, by number; and the steps of all proofs. */
function reached(engine: Engine, incompatibility: number): { ids: number[]; steps: number } {
  const { proof, proofStart } = engine;
  const isReached = new Uint8Array(incompatibility + 1);
  isReached[incompatibility] = 1;
  let steps = 0;
  // A proof refers to what was there before it alone.
  for (let id = incompatibility; id >= 0; id -= 1) {
    if (isReached[id] === 0 || proofStart[id]! < 0) continue;
    for (let at = proofStart[id]!; proof[at] !== proofEndMark; at += 2) {
      isReached[proof[at]!] = 1;
      steps += 1;
    }
  }
  const ids: number[] = [];
  for (let id = 0; id <= incompatibility; id += 1) if (isReached[id] === 1) ids.push(id);
  return { ids, steps };
}

/** The proof of a learned incompatibility: the first it began with, then each with the variable resolved on. */
function proofOf(engine: Engine, id: number): [cause: number, pivot: number][] {
  const start = engine.proofStart[id]!;
  const steps: [number, number][] = [];
  if (start < 0) return steps;
  for (let at = start; engine.proof[at] !== proofEndMark; at += 2) {
    steps.push([engine.proof[at]!, engine.proof[at + 1]!]);
  }
  return steps;
}

function termsOf(engine: Engine, id: number): Map<number, Int32Array> {
  const terms = new Map<number, Int32Array>();
  for (let term = engine.termStart[id]!; term < engine.termStart[id + 1]!; term += 1) {
    const variable = engine.termVariable[term]!;
    const set = engine.termSet[term]!;
    terms.set(variable, engine.pool.slice(set, set + engine.words[variable]!));
  }
  return terms;
}

function resolve(engine: Engine, left: Derived, right: Derived, pivot: number): Derived {
  const terms = new Map(left.terms);
  for (const [variable, set] of right.terms) {
    const other = left.terms.get(variable);
    if (!other) terms.set(variable, set);
    else if (variable !== pivot)
      terms.set(
        variable,
        set.map((word, index) => word & other[index]!),
      );
    else {
      const united = set.map((word, index) => word | other[index]!);
      if (isWhole(engine, variable, united)) terms.delete(variable);
      else terms.set(variable, united);
    }
  }
  return { terms, causes: [left, right], pivot };
}

function isWhole(engine: Engine, variable: number, set: Int32Array): boolean {
  const whole = engine.whole[variable]!;
  return set.every((word, index) => word === engine.pool[whole + index]);
}
