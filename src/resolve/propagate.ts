// Unit propagation. An incompatibility is looked at only when one of the two terms that it watches becomes
// satisfied: as long as another term is not, it says nothing. Of long ones this leaves most changes unseen.
import { isDisjoint, isSubset } from './bits.ts';
import type { Engine } from './engine.ts';
import { derive, satisfierOf } from './trail.ts';

/**
 * Begins to watch a new incompatibility of at least one term, and derives what follows from it now. False where all its
 * terms are satisfied.
 */
export function attach(engine: Engine, id: number): boolean {
  const start = engine.termStart[id]!;
  const end = engine.termStart[id + 1]!;
  let open = 0;
  for (let term = start; term < end && open < 2; term += 1) {
    if (!isSatisfied(engine, term)) swapTerms(engine, start + open++, term);
  }
  // Beside an open one stands the last that became satisfied, which backtracking opens first.
  for (let place = open; place < 2 && start + place < end; place += 1) {
    let latest = start + place;
    let latestEntry = satisfierOfTerm(engine, latest);
    for (let term = latest + 1; term < end; term += 1) {
      const entry = satisfierOfTerm(engine, term);
      if (entry <= latestEntry) continue;
      latest = term;
      latestEntry = entry;
    }
    swapTerms(engine, start + place, latest);
  }
  addWatch(engine, engine.termVariable[start]!, 2 * id);
  if (start + 1 < end) addWatch(engine, engine.termVariable[start + 1]!, 2 * id + 1);
  if (open === 1 && !isContradicted(engine, start)) {
    derive(engine, engine.termVariable[start]!, engine.termSet[start]!, id);
  }
  return open > 0;
}

/**
 * Derives all that follows from the trail. Gives an incompatibility whose terms are all satisfied, or -1 where there is
 * none; stops early, with -1, where `stepsMax` is passed.
 */
export function propagate(engine: Engine, stepsMax: number): number {
  const { dirty } = engine;
  while (dirty.length > 0 && engine.steps <= stepsMax) {
    const variable = dirty.at(-1)!;
    forgetUseless(engine, variable);
    const conflict = visitWatchers(engine, variable);
    if (conflict >= 0) return conflict;
    // Nothing is ruled out in between: the last is still this one.
    dirty.pop();
  }
  while (engine.propagated < engine.trailEnd && engine.steps <= stepsMax) {
    const entry = engine.propagated++;
    const variable = engine.trailVariable[entry]!;
    // Where a later entry narrows the same domain, that one does for both.
    if (engine.last[variable] !== entry) continue;
    const conflict = visitWatchers(engine, variable);
    if (conflict >= 0) return conflict;
  }
  return -1;
}

/** True where all terms of an incompatibility are satisfied. */
export function isViolated(engine: Engine, id: number): boolean {
  const end = engine.termStart[id + 1]!;
  for (let term = engine.termStart[id]!; term < end; term += 1) {
    if (!isSatisfied(engine, term)) return false;
  }
  return true;
}

/** Lets an incompatibility watch its term on a variable. */
export function watch(engine: Engine, id: number, variable: number) {
  const { termVariable, termStart } = engine;
  const start = termStart[id]!;
  if (termVariable[start] === variable || termVariable[start + 1] === variable) return;
  let term = start + 2;
  while (termVariable[term] !== variable) term += 1;
  removeWatch(engine, termVariable[start + 1]!, 2 * id + 1);
  swapTerms(engine, start + 1, term);
  addWatch(engine, variable, 2 * id + 1);
}

function addWatch(engine: Engine, variable: number, watch: number) {
  engine.watchNext[watch] = engine.watchFirst[variable]!;
  engine.watchFirst[variable] = watch;
  engine.watchCount[variable]! += 1;
}

function removeWatch(engine: Engine, variable: number, watch: number) {
  const { watchFirst, watchNext } = engine;
  let before = -1;
  let at = watchFirst[variable]!;
  while (at >= 0 && at !== watch) {
    before = at;
    at = watchNext[at]!;
  }
  // It may have been forgotten as useless.
  if (at < 0) return;
  if (before < 0) watchFirst[variable] = watchNext[watch]!;
  else watchNext[before] = watchNext[watch]!;
  engine.watchCount[variable]! -= 1;
}

/** Forgets the watches whose terms can never be satisfied again, when there have come to be many. */
function forgetUseless(engine: Engine, variable: number) {
  if (engine.watchCount[variable]! < engine.watchMax[variable]!) return;
  const { pool, termStart, termSet, initial, words, watchNext } = engine;
  let watch = engine.watchFirst[variable]!;
  engine.watchFirst[variable] = -1;
  engine.watchCount[variable] = 0;
  while (watch >= 0) {
    const next = watchNext[watch]!;
    const set = termSet[termStart[watch >>> 1]! + (watch & 1)]!;
    if (!isDisjoint(pool, initial[variable]!, pool, set, words[variable]!)) {
      addWatch(engine, variable, watch);
    }
    watch = next;
  }
  engine.watchMax[variable] = 16 + 2 * engine.watchCount[variable]!;
}

/** Looks at what watches a variable. Gives an incompatibility of which all terms are satisfied, or -1. */
function visitWatchers(engine: Engine, variable: number): number {
  const { pool, termVariable, termSet, termStart, domain, watchFirst, watchNext } = engine;
  const words = engine.words[variable]!;
  const own = domain[variable]!;
  engine.steps += engine.watchCount[variable]! * (1 + (words >> 3));
  let before = -1;
  let next = -1;
  for (let watch = watchFirst[variable]!; watch >= 0; watch = next) {
    next = watchNext[watch]!;
    const kept = before;
    before = watch;
    const id = watch >>> 1;
    const start = termStart[id]!;
    const ownTerm = start + (watch & 1);
    const satisfied = isSubset(pool, own, pool, termSet[ownTerm]!, words);
    const length = termStart[id + 1]! - start;
    if (length === 1) {
      if (satisfied) return id;
      if (!isContradicted(engine, start)) derive(engine, variable, termSet[start]!, id);
      continue;
    }
    if (!satisfied) continue;
    const other = start + 1 - (watch & 1);
    if (isContradicted(engine, other)) continue;
    const open = length > 2 ? openTerm(engine, start + 2, start + length) : -1;
    if (open >= 0) {
      swapTerms(engine, ownTerm, open);
      if (kept < 0) watchFirst[variable] = next;
      else watchNext[kept] = next;
      engine.watchCount[variable]! -= 1;
      addWatch(engine, termVariable[ownTerm]!, watch);
      before = kept;
      continue;
    }
    if (isSatisfied(engine, other)) return id;
    derive(engine, termVariable[other]!, termSet[other]!, id);
  }
  return -1;
}

function openTerm(engine: Engine, from: number, end: number): number {
  for (let term = from; term < end; term += 1) {
    if (!isSatisfied(engine, term)) return term;
  }
  return -1;
}

function isSatisfied(engine: Engine, term: number): boolean {
  const variable = engine.termVariable[term]!;
  const { pool } = engine;
  return isSubset(
    pool,
    engine.domain[variable]!,
    pool,
    engine.termSet[term]!,
    engine.words[variable]!,
  );
}

function isContradicted(engine: Engine, term: number): boolean {
  const variable = engine.termVariable[term]!;
  const { pool } = engine;
  return isDisjoint(
    pool,
    engine.domain[variable]!,
    pool,
    engine.termSet[term]!,
    engine.words[variable]!,
  );
}

function satisfierOfTerm(engine: Engine, term: number): number {
  return satisfierOf(engine, engine.termVariable[term]!, engine.pool, engine.termSet[term]!);
}

function swapTerms(engine: Engine, a: number, b: number) {
  if (a === b) return;
  const { termVariable, termSet } = engine;
  const variable = termVariable[a]!;
  const set = termSet[a]!;
  termVariable[a] = termVariable[b]!;
  termSet[a] = termSet[b]!;
  termVariable[b] = variable;
  termSet[b] = set;
}
