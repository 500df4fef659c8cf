import { setTimeout as delay } from 'node:timers/promises';
import type { JournalHead } from '../core/journal-entry.ts';
import type { StepObserver } from '../core/publish-steps.ts';
import type { StoredBatch } from '../storage/batch.ts';
import { countedBatch, headOf, openTerm } from './chain.ts';
import { type ReplayParts, replayTo } from './replay.ts';

/** How long a reader waits for a term that was opened and holds no batch yet, before it opens one itself. */
const undecidedLooksMax = 5;
const undecidedPauseMs = 100;
/** The writer holds in memory what the index lost, and goes first. */
const yieldToWriterMs = 150;
/** How often a replica looks how far another has come, and how long that one may stand still. */
const lookMs = 50;
const standstillMsMax = 1_000;

export type CatchUpOptions = {
  signal?: AbortSignal;
  /** Where only an opening can tell what the journal's end is, allows it; else the index stays as it is. */
  open?: boolean;
  /** Reads the journal and the manifests alone, whatever snapshots there are. */
  deep?: boolean;
  /** Told now and then which number the index has reached, and which one it is to reach. */
  onProgress?: (sequence: number, goal: number) => void;
};

export type CatchUpParts = ReplayParts & {
  observe?: StepObserver;
  /** The last batch of the term that this replica has open; undefined where it has none. */
  openBatch: () => StoredBatch | undefined;
  /** Takes or keeps the writer's lease; false where another replica holds it. */
  lease: () => Promise<boolean>;
};

/**
 * Brings the index to the journal's end as it stands in the store. Of several replicas that find it behind, the one
 * with the writer's lease fills it and the others wait: each reads what the first reads, and only one step of theirs
 * could count. One that stands still is not waited for. Gives the head; undefined when the journal is empty.
 */
export async function catchUp(
  parts: CatchUpParts,
  options: CatchUpOptions = {},
): Promise<JournalHead | undefined> {
  const counted = await journalEnd(parts, options);
  if (!counted.decided && !options.open) return parts.index.head(options);
  const { journal, observe } = parts;
  const target = counted.decided ? counted.batch : await openTerm(journal, observe, options);
  if (!target) return undefined;
  await waitForAnother(parts, headOf(target), options);
  const onProgress = (sequence: number, goal: number) => {
    parts.lease().catch(() => {}); // whoever waits sees the index move; the step that failed tells what is wrong
    options.onProgress?.(sequence, goal);
  };
  const { snapshots } = options.deep ? {} : parts;
  return replayTo({ ...parts, snapshots }, target, { ...options, onProgress });
}

async function journalEnd({ journal, openBatch }: CatchUpParts, options: CatchUpOptions) {
  // A writer in its term knows its last batch. One that it writes meanwhile is the next catch-up's.
  const own = openBatch();
  if (own && (await journal.termStands(own.term, options))) {
    return { decided: true, batch: own } as const;
  }
  let counted = await countedBatch(journal, options);
  for (let looks = 0; !counted.decided && looks < undecidedLooksMax; looks++) {
    // Most often a writer is just opening its term: it shall not lose it to a reader.
    await delay(undecidedPauseMs, undefined, options);
    counted = await countedBatch(journal, options);
  }
  return counted;
}

/** Returns when the index has reached this head, or when it is this replica that shall fill it. */
async function waitForAnother(
  { index, lease, openBatch }: CatchUpParts,
  goal: JournalHead,
  options: CatchUpOptions,
): Promise<void> {
  const missesNothing = (head: JournalHead | undefined) =>
    head !== undefined && head.sequence >= goal.sequence;
  let head = await index.head(options);
  if (missesNothing(head)) return;
  if (!openBatch() && !index.alone) {
    await delay(yieldToWriterMs, undefined, options);
    head = await index.head(options);
  }
  let movedAt = performance.now();
  while (!missesNothing(head) && performance.now() - movedAt < standstillMsMax) {
    if (await lease()) return;
    await delay(lookMs, undefined, options);
    const now = await index.head(options);
    if (now?.batch !== head?.batch) movedAt = performance.now();
    if (now) options.onProgress?.(now.sequence, goal.sequence);
    head = now;
  }
}
