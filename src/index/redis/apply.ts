import type { JournalHead } from '../../core/journal-entry.ts';
import { canonicalJson } from '../../core/json.ts';
import { outcomeAgeMsMin, outcomesMax } from '../limits.ts';
import type { ApplyStep } from '../port.ts';
import { stepOutcomes } from '../step.ts';
import { type CommandList, openCommandList } from './command-list.ts';
import type { Asking, Reply } from './connection.ts';
import { type FixedKeys, setKeys } from './keys.ts';
import { planEntries, planOutcomes } from './plan.ts';
import { applyScript, readScript } from './scripts.ts';

/** A step forgets so many outcomes more than it adds: after a long pause they go step by step. */
const forgottenPerStepMax = 1_000;
/** Redis drops all outcomes when there was no step for so long: nobody asks for them any more. */
const idleMsMax = 3_600_000;

/** A read found that the step does not begin here: another head, or (undefined) another data set. */
class Elsewhere extends Error {
  readonly reply: Reply[] | undefined;

  constructor(reply: Reply[] | undefined) {
    super('the step does not begin here');
    this.reply = reply;
  }
}

/**
 * Applies a checked step to this data set, and gives an answer that begins with the head that stands; undefined
 * where it is another data set by now.
 */
export async function applyStep(
  step: ApplyStep,
  set: string,
  keys: FixedKeys,
  now: number,
  { run }: Asking,
): Promise<Reply[] | undefined> {
  const before = headText(step.before);
  const inSet = setKeys(keys, set);
  const list = openCommandList(3);
  try {
    await planEntries(step.entries, inSet, read, list);
  } catch (error) {
    if (error instanceof Elsewhere) return error.reply;
    throw error;
  }
  const outcomes = stepOutcomes(step);
  planOutcomes(outcomes, now, keys, list);
  const oldest = Math.floor(now) - outcomeAgeMsMin;
  const forgottenMax = outcomes.size + forgottenPerStepMax;
  const given = list.behind(
    [keys.meta, keys.outcomes, keys.decided],
    [set, before, headText(step.after), oldest, outcomesMax, forgottenMax, idleMsMax, keys.wake],
  );
  return run(set, applyScript, given);

  async function read(commands: CommandList): Promise<Reply[]> {
    const reply = await run(set, readScript, commands.behind([keys.meta], [set]));
    if (!reply || String(reply[0]) !== before) throw new Elsewhere(reply);
    return reply.slice(1);
  }
}

/** A head as it lies in Redis, where heads are equal if their texts are. */
export function headText(head: JournalHead | undefined): string {
  if (!head) return '';
  const { sequence, batch, term, ordinal } = head;
  return canonicalJson({ sequence, batch, term, ordinal });
}

/** The head that an answer begins with. */
export function headOf([text]: Reply[]): JournalHead | undefined {
  const given = String(text);
  return given === '' ? undefined : (JSON.parse(given) as JournalHead);
}
