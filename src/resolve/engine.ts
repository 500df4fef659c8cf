// The state of a PubGrub search, in integers. A variable is a package: its values are the package's known versions,
// lowest first, and one more, 0, for "not selected". A set of values is a row of 32-bit words in `pool`, so that a
// positive term of PubGrub is a set without 0, a negative one a set with it, and every question about terms is one
// about sets: satisfied is "the domain lies in the set", contradicted "they have nothing in common".

/** Cause of a trail entry that is a decision. */
export const decision = -1;

export type Engine = {
  /** Tells this engine from every other of the process. */
  serial: number;
  pool: Int32Array;
  poolEnd: number;

  variableCount: number;
  /** By variable: words of its sets; offset in the pool of the values still possible, of the first such, of all. */
  words: Int32Array;
  domain: Int32Array;
  initial: Int32Array;
  whole: Int32Array;
  /** By variable: its latest entry on the trail, or -1. */
  last: Int32Array;
  /** By variable: the first of its watches, or -1; how many it has; at how many those without use are looked for. */
  watchFirst: Int32Array;
  watchCount: Int32Array;
  watchMax: Int32Array;
  /** Incompatibility N has the watches 2N, on its first term, and 2N + 1, on its second: the next one in the list. */
  watchNext: Int32Array;
  /** By variable: incompatibilities of one term that say why values are not in its initial domain. */
  exclusions: (number[] | undefined)[];
  /** Variables of which values were ruled out for good, and whose watchers have not been visited since. */
  dirty: number[];

  /** Incompatibility N has the terms from termStart[N] to termStart[N + 1]; its first two are watched. */
  incompatibilityCount: number;
  termStart: Int32Array;
  termVariable: Int32Array;
  termSet: Int32Array;
  /** By incompatibility: where its proof begins, pairs of (incompatibility, variable resolved on); -1: a fact. */
  proofStart: Int32Array;
  proof: Int32Array;
  proofEnd: number;

  /** The assignments in order. `trailSaved` is where `saved` keeps the domain as it was before the entry. */
  trailEnd: number;
  trailVariable: Int32Array;
  trailPrevious: Int32Array;
  trailCause: Int32Array;
  trailLevel: Int32Array;
  trailSaved: Int32Array;
  saved: Int32Array;
  savedEnd: number;
  level: number;
  /** Entries before this one have been propagated. */
  propagated: number;

  steps: number;
};

let engines = 0;

export function openEngine(): Engine {
  return {
    serial: ++engines,
    pool: new Int32Array(4096),
    poolEnd: 0,
    variableCount: 0,
    words: new Int32Array(256),
    domain: new Int32Array(256),
    initial: new Int32Array(256),
    whole: new Int32Array(256),
    last: new Int32Array(256),
    watchFirst: new Int32Array(256),
    watchCount: new Int32Array(256),
    watchMax: new Int32Array(256),
    watchNext: new Int32Array(2048),
    exclusions: [],
    dirty: [],
    incompatibilityCount: 0,
    termStart: new Int32Array(1024),
    termVariable: new Int32Array(2048),
    termSet: new Int32Array(2048),
    proofStart: new Int32Array(1024),
    proof: new Int32Array(256),
    proofEnd: 0,
    trailEnd: 0,
    trailVariable: new Int32Array(512),
    trailPrevious: new Int32Array(512),
    trailCause: new Int32Array(512),
    trailLevel: new Int32Array(512),
    trailSaved: new Int32Array(512),
    saved: new Int32Array(1024),
    savedEnd: 0,
    level: 0,
    propagated: 0,
    steps: 0,
  };
}

const variableArrays = [
  'words',
  'domain',
  'initial',
  'whole',
  'last',
  'watchFirst',
  'watchCount',
  'watchMax',
] as const;

/** A variable with so many values beside "not selected", of which all are possible until some are excluded. */
export function addVariable(engine: Engine, valueCount: number): number {
  const variable = engine.variableCount++;
  if (variable === engine.words.length) {
    for (const key of variableArrays) engine[key] = grown(engine[key], variable + 1);
  }
  const words = wordsFor(valueCount);
  engine.words[variable] = words;
  engine.last[variable] = -1;
  engine.watchFirst[variable] = -1;
  engine.watchMax[variable] = 16;
  engine.exclusions.push(undefined);
  const whole = allocate(engine, 3 * words);
  fillFirst(engine.pool, whole, valueCount + 1);
  engine.pool.copyWithin(whole + words, whole, whole + words);
  engine.pool.copyWithin(whole + 2 * words, whole, whole + words);
  engine.whole[variable] = whole;
  engine.initial[variable] = whole + words;
  engine.domain[variable] = whole + 2 * words;
  return variable;
}

/** Words of a set over so many values and "not selected". */
export function wordsFor(valueCount: number): number {
  return (valueCount >>> 5) + 1;
}

/** Room for so many words, all 0. The pool may be another array afterwards. */
export function allocate(engine: Engine, words: number): number {
  const offset = engine.poolEnd;
  engine.poolEnd += words;
  if (engine.poolEnd > engine.pool.length) engine.pool = grown(engine.pool, engine.poolEnd);
  return offset;
}

/** Appends an incompatibility without terms; `pushTerm` adds them, while it is the newest. */
export function beginIncompatibility(engine: Engine, proofStart: number): number {
  const id = engine.incompatibilityCount++;
  if (id + 2 > engine.termStart.length) {
    engine.termStart = grown(engine.termStart, id + 2);
    engine.proofStart = grown(engine.proofStart, id + 2);
    engine.watchNext = grown(engine.watchNext, 2 * engine.termStart.length);
  }
  engine.termStart[id + 1] = engine.termStart[id]!;
  engine.proofStart[id] = proofStart;
  return id;
}

export function pushTerm(engine: Engine, variable: number, set: number) {
  const id = engine.incompatibilityCount;
  const at = engine.termStart[id]!;
  if (at === engine.termVariable.length) {
    engine.termVariable = grown(engine.termVariable, at + 1);
    engine.termSet = grown(engine.termSet, at + 1);
  }
  engine.termVariable[at] = variable;
  engine.termSet[at] = set;
  engine.termStart[id] = at + 1;
}

/** Words of memory that grow with the search. */
export function wordsHeld(engine: Engine): number {
  return engine.poolEnd + 2 * engine.termStart[engine.incompatibilityCount]! + engine.proofEnd;
}

export function grown(array: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const next = new Int32Array(Math.max(needed, array.length * 2));
  next.set(array);
  return next;
}

function fillFirst(pool: Int32Array, offset: number, bits: number) {
  for (let bit = 0; bit < bits; bit += 32) {
    const left = bits - bit;
    pool[offset + (bit >>> 5)] = left >= 32 ? -1 : (1 << left) - 1;
  }
}
