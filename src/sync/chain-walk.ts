// The journal's chain as it lies in the store: from a batch backwards, many manifests at a time where it is long.
import { mapConcurrently } from '../core/concurrency.ts';
import type { Digest } from '../core/digest.ts';
import type { JournalHead } from '../core/journal-entry.ts';
import type { StoredBatch } from '../storage/batch.ts';
import type { BatchPlace, JournalStore } from '../storage/journal-store.ts';
import { parseTerm } from '../storage/term.ts';
import { headOf } from './chain.ts';

export type ChainParts = {
  journal: JournalStore;
  /** A batch that is known without asking the store. */
  known?: (digest: Digest) => StoredBatch | undefined;
};
type Options = { signal?: AbortSignal };

/** So many batches are asked for one by one, each named by the one behind it; then many are read ahead by their tags. */
const oneByOneMax = 32;
const aheadMax = 512;
const readsMax = 32;

/**
 * The batches after a head up to the target, oldest first; undefined where the head is not before the target on its
 * chain. Without a head, all of them. Their entries are not held: only what each manifest says is.
 */
export async function batchesAfter(
  parts: ChainParts,
  head: Pick<JournalHead, 'sequence' | 'batch'> | undefined,
  target: StoredBatch,
  options: Options = {},
): Promise<StoredBatch[] | undefined> {
  const found: StoredBatch[] = [];
  for await (const batch of chainFrom(parts, target, options)) {
    if (batch.digest === head?.batch) return found.reverse();
    if (head && headOf(batch).sequence < head.sequence) return undefined;
    found.push(batch);
  }
  return head ? undefined : found.reverse();
}

/** A batch and those before it, newest first. PKG_E_STORE_FORMAT where one is gone from the store. */
export async function* chainFrom(
  { journal, known }: ChainParts,
  from: StoredBatch,
  options: Options = {},
): AsyncGenerator<StoredBatch, void, undefined> {
  let ahead: ReturnType<typeof readAhead> | undefined;
  let asked = 0;
  for (let batch: StoredBatch | undefined = from; batch; ) {
    yield batch;
    batch = batch.previous && (known?.(batch.previous) ?? (await read(batch, batch.previous)));
  }

  async function read(behind: StoredBatch, digest: Digest): Promise<StoredBatch> {
    if (asked++ >= oneByOneMax) ahead ??= readAhead(journal, behind, options);
    return (await ahead?.(digest)) ?? journal.batch(digest, options);
  }
}

/**
 * Gives batches by digest from what was read ahead, in the order in which a chain most often passes them: from the
 * highest term down, in each from the last batch to the first. Undefined for one that was not read with them.
 */
function readAhead(journal: JournalStore, from: StoredBatch, options: Options) {
  let places: BatchPlace[] | undefined;
  const held = new Map<Digest, StoredBatch>();

  return async (digest: Digest): Promise<StoredBatch | undefined> => {
    if (!held.has(digest)) await readMore();
    const found = held.get(digest);
    held.delete(digest);
    return found;
  };

  async function readMore() {
    places ??= await placesBefore(journal, from, options);
    const next = places.splice(0, aheadMax);
    const batches = await mapConcurrently(next, readsMax, (place) =>
      journal.batchAt(place, options),
    );
    // What is left of the last ones lies beside the chain.
    held.clear();
    for (const batch of batches) if (batch) held.set(batch.digest, batch);
  }
}

async function placesBefore(
  journal: JournalStore,
  { term, ordinal }: StoredBatch,
  options: Options,
): Promise<BatchPlace[]> {
  const numbered = (await journal.batchPlaces(options)).map((place) => ({
    place,
    number: parseTerm(place.term)?.number ?? 0,
  }));
  return numbered
    .filter(({ place, number }) =>
      place.term === term.name ? place.ordinal < ordinal : number <= term.number,
    )
    .sort((a, b) => b.number - a.number || b.place.ordinal - a.place.ordinal)
    .map(({ place }) => place);
}
