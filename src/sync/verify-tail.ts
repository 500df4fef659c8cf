// Batches at the journal's end whose tags are gone. Nothing leads to them from the tags that are left, but the index
// and the snapshots name the batch at which they stand, and its bytes lie under its digest.
import type { Digest } from '../core/digest.ts';
import type { StoredBatch } from '../storage/batch.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import { headOf } from './chain.ts';
import { isUnreadable } from './unreadable.ts';

/** Batches behind the chain's end that are looked through: a removed tag is one, or few. */
const tailBatchesMax = 1_000;

/**
 * The batches behind the end of this chain, oldest first, up to one of these heads: the first that leads back to the
 * very end. An index and a snapshot stand only at batches that passed their fence, so these count, unless another
 * term was written on the same end since: then they lie beside the chain, with their tags or without.
 */
export async function tailBehind(
  journal: JournalStore,
  chain: readonly StoredBatch[],
  heads: readonly Digest[],
  options: { signal?: AbortSignal },
): Promise<StoredBatch[]> {
  const known = new Set(chain.map(({ digest }) => digest));
  for (const head of heads) {
    if (known.has(head)) continue;
    const tail = await tailTo(journal, chain.at(-1), head, options);
    if (tail.length > 0) return tail;
  }
  return [];
}

async function tailTo(
  journal: JournalStore,
  end: StoredBatch | undefined,
  head: Digest,
  options: { signal?: AbortSignal },
): Promise<StoredBatch[]> {
  const found: StoredBatch[] = [];
  const from = end ? headOf(end).sequence + 1 : 1;
  try {
    for (let at = head; found.length < tailBatchesMax; ) {
      const batch = await journal.batch(at, options);
      if (batch.first < from) return [];
      found.push(batch);
      if (batch.previous === end?.digest) return found.reverse();
      if (batch.previous === undefined) return [];
      at = batch.previous;
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  return [];
}
