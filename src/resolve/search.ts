// The search itself: propagate, resolve conflicts, decide; until all that is needed is decided or the root cannot be.
//
// Which solution is found is fixed by the order of the decisions, and that order by the graph: breadth first from the
// root, dependencies in the order of their names. Whatever is learned from conflicts follows from the facts, so at
// each decision a version is passed over only where no solution has it together with the decisions before it.
import { resolveConflict } from './conflict.ts';
import { openConflict } from './conflict-terms.ts';
import { expand, missingRows } from './expand.ts';
import type { DependencyRow } from './port.ts';
import { preferredValue } from './preference.ts';
import type { Problem, Subject } from './problem.ts';
import { attach, isViolated, propagate } from './propagate.ts';
import { backtrack, decide, ruleOut } from './trail.ts';

export type Search = {
  /** Goes on for about so many steps of the engine. */
  advance(steps: number): Progress;
  /** What something selected depends on, in the order of the decisions: number N is decided at level N + 1. */
  queue: readonly Subject[];
};

export type Progress =
  | { status: 'solved' }
  /** Number of the incompatibility that says so. */
  | { status: 'failed'; incompatibility: number }
  /** Facts of what these ask for must be put into `problem.facts` first. */
  | { status: 'waiting'; rows: DependencyRow[] }
  /** The step budget of this call is used up. */
  | { status: 'paused' };

/** A search that `advance` carries on. */
export function openSearch(problem: Problem): Search {
  const { engine } = problem;
  const work = openConflict();
  const queue: Subject[] = [];
  /** By variable: 1 where it is in the queue. */
  let queued = new Uint8Array(256);
  /** By level: length of the queue before its decision. */
  const lengths: number[] = [0];
  push([problem.root]);
  /** Incompatibilities that were satisfied when they came. */
  const conflicts: number[] = [];
  return { queue, advance };

  function advance(steps: number): Progress {
    const end = engine.steps + steps;
    while (engine.steps <= end) {
      const conflict = nextConflict(end);
      if (conflict >= 0) {
        const root = resolveConflict(engine, work, conflict);
        if (root >= 0) return { status: 'failed', incompatibility: root };
        dropAbove(engine.level);
        continue;
      }
      if (engine.dirty.length > 0 || engine.propagated < engine.trailEnd) break;
      const subject = queue[engine.level];
      if (!subject) return { status: 'solved' };
      const value = preferredValue(problem, subject);
      const rows = missingRows(problem, subject, value);
      if (rows.length > 0) return { status: 'waiting', rows };
      choose(subject, value);
    }
    return { status: 'paused' };
  }

  function nextConflict(stepsEnd: number): number {
    for (let known = conflicts.pop(); known !== undefined; known = conflicts.pop()) {
      if (isViolated(engine, known)) return known;
    }
    return propagate(engine, stepsEnd);
  }

  function choose(subject: Subject, value: number) {
    lengths[engine.level + 1] = queue.length;
    decide(engine, subject.variable, value);
    const { targets, facts, exclusions } = expand(problem, subject, value);
    const isRoot = subject === problem.root;
    // A version that can never be chosen is none to try: what excludes it does so from the start.
    if (exclusions.length > 0 && !isRoot) backtrack(engine, engine.level - 1);
    else push(targets);
    for (const fact of facts) if (!attach(engine, fact)) conflicts.push(fact);
    for (const fact of exclusions) {
      const conflict = isRoot ? fact : ruleOut(engine, fact);
      if (conflict >= 0) conflicts.push(conflict);
    }
  }

  function push(targets: readonly Subject[]) {
    if (queued.length < engine.variableCount) {
      const longer = new Uint8Array(2 * engine.variableCount);
      longer.set(queued);
      queued = longer;
    }
    for (const target of targets) {
      if (queued[target.variable] === 1) continue;
      queued[target.variable] = 1;
      queue.push(target);
    }
  }

  function dropAbove(level: number) {
    const length = lengths[level + 1] ?? queue.length;
    while (queue.length > length) queued[queue.pop()!.variable] = 0;
  }
}
