import { mapConcurrently } from '../core/concurrency.ts';
import { VitteError } from '../core/errors.ts';
import type { Entry, JournalHead } from '../core/journal-entry.ts';
import type { AppliedEntry, Index } from '../index/port.ts';
import type { StoredBatch } from '../storage/batch.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import type { VersionStore } from '../storage/version-store.ts';
import { headOf } from './chain.ts';

export type ReplayParts = { journal: JournalStore; versions: VersionStore; index: Index };
type Options = { signal?: AbortSignal; onProgress?: (sequence: number) => void };

/** Versions read from the store at once. */
const readsMax = 16;

/**
 * Brings the index from its head to this batch, one batch a step, reading what the index needs from the store.
 * Gives the head that stands. Another replica may do the same at the same time: whoever comes second finds the
 * step done. Throws PKG_E_JOURNAL_CHAIN where the index's head is no batch of the chain.
 */
export async function replayTo(
  parts: ReplayParts,
  target: StoredBatch,
  options: Options = {},
): Promise<JournalHead> {
  const goal = headOf(target);
  let head = await parts.index.head(options);
  if (head && isBeyond(head, goal)) return head;
  for (const batch of await missingBatches(parts.journal, head, target, options)) {
    const after = headOf(batch);
    const entries = await appliedEntries(parts, batch, options);
    const standing = await parts.index.apply(
      { before: head, after, entries, outcomes: [] },
      options,
    );
    if (standing?.batch !== after.batch) {
      throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'another replica moved the index meanwhile');
    }
    head = standing;
    options.onProgress?.(after.sequence);
  }
  return head ?? goal;
}

/** The batches after the index's head, oldest first. Their entries are not held: only a page of text a batch is. */
async function missingBatches(
  journal: JournalStore,
  head: JournalHead | undefined,
  target: StoredBatch,
  options: Options,
): Promise<StoredBatch[]> {
  const missing: StoredBatch[] = [];
  let batch: StoredBatch | undefined = target;
  while (batch && batch.digest !== head?.batch) {
    missing.push(batch);
    batch = batch.previous && (await journal.batch(batch.previous, options));
    if (head && (!batch || batch.first + batch.count - 1 < head.sequence)) throw notInChain(head);
  }
  return missing.reverse();
}

/** What the index needs of a batch: its entries, and the facts of the versions they publish. */
async function appliedEntries(
  parts: ReplayParts,
  batch: StoredBatch,
  options: Options,
): Promise<AppliedEntry[]> {
  const entries = await parts.journal.entries(batch, options);
  return mapConcurrently(entries, readsMax, async (entry: Entry): Promise<AppliedEntry> => {
    if (entry.event === 'attached') {
      const { package: name, bundles } = entry;
      return { entry, signatures: await parts.versions.signatureFacts(name, bundles, options) };
    }
    if (entry.event !== 'published') return { entry };
    const bundles = entry.bundles ?? [];
    const facts = await parts.versions.facts(entry.package, entry.digest, bundles, options);
    return { entry, facts: facts ?? 'gone' };
  });
}

/** True where the index is at or past the goal on the same chain, as far as numbers tell. */
function isBeyond(head: JournalHead, goal: JournalHead): boolean {
  return head.batch === goal.batch || (head.term === goal.term && head.ordinal > goal.ordinal);
}

function notInChain(head: JournalHead) {
  return new VitteError(
    'PKG_E_JOURNAL_CHAIN',
    `the index is at entry ${head.sequence}, in a batch that the journal does not hold`,
    { help: 'run: vitte registry rebuild' },
  );
}
