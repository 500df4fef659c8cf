// What a step writes. The state that it meets is read at the head where the step begins; what each change makes of
// it is worked out here, by the rules of `project.ts`; the script writes that if the same head of the same data set
// still stands. Only steps change what is read here, and each that does moves the head, so no rule has to be told
// again in Lua.
import type { AppliedEntry, ApplyStep, Outcome } from '../port.ts';
import { type IndexChange, project, withSignatures } from '../project.ts';
import type { CommandList } from './command-list.ts';
import type { FixedKeys, SetKeys } from './keys.ts';
import {
  feedRow,
  type PublishedEntry,
  packEntry,
  packOutcome,
  storeField,
  tokenField,
} from './records.ts';
import { type ReadCommands, readStepState, type StepState } from './step-state.ts';

type ChangeOf<K extends IndexChange['change']> = Extract<IndexChange, { change: K }>;

/** Reads what a step's entries meet, and puts the writes that they come to into `list`. */
export async function planEntries(
  entries: ApplyStep['entries'],
  keys: SetKeys,
  read: ReadCommands,
  list: CommandList,
): Promise<void> {
  const changes = entries.map(project);
  const meant = changes.filter((change) => change !== undefined);
  const state = await readStepState(meant, keys, read);
  for (const [at, applied] of entries.entries()) {
    const row = take(changes[at], applied, state);
    list.add('XADD', keys.feed, `${applied.entry.n}-0`, 'e', row);
  }
  state.write(list);
}

/** Puts in what became of each id, and takes their items out of the queue. */
export function planOutcomes(
  outcomes: ReadonlyMap<string, Outcome>,
  now: number,
  keys: FixedKeys,
  list: CommandList,
): void {
  const ids = [...outcomes.keys()];
  const time = Math.floor(now);
  const told = [...outcomes].flatMap(([id, outcome]) => [id, packOutcome(outcome, time)]);
  const decided = ids.map((id) => `${time} ${id}`);
  list.addAll('HSET', keys.outcomes, told, 2);
  list.addAll('RPUSH', keys.decided, decided, 1);
  list.addAll('ZREM', keys.queue, ids, 1);
  list.addAll('ZREM', keys.ages, ids, 1);
  list.addAll('HDEL', keys.items, ids, 1);
}

/** Takes one change where it counts, and gives the row of its entry in the feed. */
function take(change: IndexChange | undefined, applied: AppliedEntry, state: StepState): Buffer {
  const { entry } = applied;
  let row: Buffer | undefined;
  switch (change?.change) {
    case 'store':
      state.takeField(storeField, packEntry(entry));
      break;
    case 'token':
      state.takeField(tokenField(change.token.sha256), packEntry(entry));
      break;
    case 'package':
      row = takePackage(change, applied, state);
      break;
    case 'version':
      row = takeVersion(change, applied, state);
      break;
    case 'sign':
      takeSignatures(change, state);
      break;
    case 'yank':
      takeYank(change, state);
      break;
    case 'deprecate':
      takeDeprecation(change, state);
      break;
    case 'owner':
      takeOwner(change, state);
      break;
    case 'void':
      takeVoid(change, state);
  }
  return row ?? feedRow.entry(entry);
}

function takePackage({ record }: ChangeOf<'package'>, { entry }: AppliedEntry, state: StepState) {
  const found = state.package(record.name);
  if (found.head) return undefined;
  found.create(entry);
  return feedRow.head(record.name);
}

function takeVersion(change: ChangeOf<'version'>, applied: AppliedEntry, state: StepState) {
  const { name, record } = change;
  const found = state.package(name);
  if (!found.head || found.head.versions.includes(record.version)) return undefined;
  const { entry, facts } = applied as PublishedEntry;
  const place = found.add(record.version, { entry, facts });
  found.touch(record.sequence);
  return feedRow.version(name, place);
}

function takeSignatures(change: ChangeOf<'sign'>, state: StepState) {
  const { name, version, signatures, sequence } = change;
  const found = state.package(name);
  const record = found.version(version);
  if (!record || record.voided) return;
  found.sign(version, withSignatures(record, signatures).signatures);
  found.touch(sequence);
}

function takeYank({ name, version, yank, sequence }: ChangeOf<'yank'>, state: StepState) {
  const found = state.package(name);
  const record = found.version(version);
  if (!record || record.voided) return;
  found.yank(version, yank);
  found.touch(sequence);
}

function takeDeprecation(change: ChangeOf<'deprecate'>, state: StepState) {
  const found = state.package(change.name);
  if (!found.head) return;
  found.deprecate(change.deprecation);
  found.touch(change.sequence);
}

function takeOwner({ name, account, owner, sequence }: ChangeOf<'owner'>, state: StepState) {
  const found = state.package(name);
  if (!found.head) return;
  found.setOwner(account, owner);
  found.touch(sequence);
}

function takeVoid({ name, version, sequence }: ChangeOf<'void'>, state: StepState) {
  const found = state.package(name);
  const record = found.version(version);
  if (!record) return;
  if (!record.voided) found.void(version);
  found.touch(sequence);
}
