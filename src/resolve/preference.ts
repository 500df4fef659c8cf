// Which of the values that are still possible is tried first.
import { hasBit, highestBit, lowestBit } from './bits.ts';
import type { Problem, Subject } from './problem.ts';

/** The value to decide for a subject that must be selected. */
export function preferredValue(problem: Problem, subject: Subject): number {
  // Of all subjects, the root alone is decided without being required.
  if (subject === problem.root) return 1;
  const { pool, domain, words } = problem.engine;
  const at = domain[subject.variable]!;
  const { prefer } = problem.request;
  if (prefer === 'minimal') return lowestBit(pool, at, words[subject.variable]!);
  const locked = prefer === 'locked' ? lockedValue(problem, subject) : 0;
  return locked || highestBit(pool, at, words[subject.variable]!);
}

/** The highest locked value among those possible, or 0; of a choice, the highest series that has a locked version. */
function lockedValue(problem: Problem, subject: Subject): number {
  const { engine, rules } = problem;
  const locked = rules.locked.get(subject.name);
  if (!locked) return 0;
  const { versions } = subject.prepared;
  for (let value = versions.length; value > 0; value -= 1) {
    if (!hasBit(engine.pool, engine.domain[subject.variable]!, value)) continue;
    const option = subject.options[value - 1];
    const isLocked = option
      ? lockedValue(problem, option) > 0
      : locked.has(versions[value - 1]!.version);
    if (isLocked) return value;
  }
  return 0;
}
