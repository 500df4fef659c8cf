import { VitteError } from '../core/errors.ts';
import type { JournalHead } from '../core/journal-entry.ts';
import type { ApplyStep, Outcome } from './port.ts';
import { type IndexChange, project } from './project.ts';

/**
 * The changes of a step, in order. Throws PKG_E_JOURNAL_CHAIN where the entries are not those from before's
 * sequence to after's, or where one can't be projected.
 */
export function stepChanges(step: ApplyStep): IndexChange[] {
  const before = step.before?.sequence ?? 0;
  for (const [index, { entry }] of step.entries.entries()) {
    if (entry.n !== before + index + 1) {
      throw chainError(`entry ${entry.n} stands where ${before + index + 1} belongs`);
    }
  }
  if (step.after.sequence !== before + step.entries.length) {
    throw chainError(
      `${step.entries.length} entries after ${before} do not lead to ${step.after.sequence}`,
    );
  }
  return step.entries.flatMap((applied) => project(applied) ?? []);
}

/** What became of every id that a step decides. An entry outweighs an outcome of the same id. */
export function stepOutcomes(step: ApplyStep): Map<string, Outcome> {
  const outcomes = new Map(step.outcomes.map(({ id, outcome }) => [id, outcome]));
  for (const { entry } of step.entries) {
    outcomes.set(entry.id, { status: 'journaled', n: entry.n, at: entry.at });
  }
  return outcomes;
}

/** True where both are the same head in every member, or both none. */
export function sameHead(a: JournalHead | undefined, b: JournalHead | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.sequence === b.sequence && a.batch === b.batch && a.term === b.term && a.ordinal === b.ordinal
  );
}

function chainError(message: string) {
  return new VitteError('PKG_E_JOURNAL_CHAIN', message);
}
