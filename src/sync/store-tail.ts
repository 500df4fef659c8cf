// The journal's tail as it lies in the store: what happened behind the snapshots of packages, for a replica that has
// no index to ask.
import { mapConcurrently } from '../core/concurrency.ts';
import { VitteError } from '../core/errors.ts';
import type { Entry, JournalHead } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import type { StoredBatch } from '../storage/batch.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import { isTermDigest } from '../storage/term.ts';
import { countedBatch, headOf } from './chain.ts';
import { batchesAfter } from './chain-walk.ts';
import { chainedSnapshot, type SnapshotSource, snapshotEntries } from './index-snapshot.ts';
import type { StateRow } from './snapshot-rows.ts';
import { openStateRows } from './state-rows.ts';

type Parts = { journal: JournalStore; snapshots: SnapshotSource };
type Options = { signal?: AbortSignal };

/** Everything that the journal says behind the packages' snapshots, as far as it counts. */
export type StoreTail = {
  head(): JournalHead;
  /** The store's id; undefined where nothing that was read says it. */
  store(): string | undefined;
  /** What is known of a package's snapshot; undefined where no entry before the tail names the package. */
  row(name: PackageName): StateRow | undefined;
  /** The entries of the tail that name the package, in order. */
  entries(name: PackageName): readonly Entry[];
  /**
   * Takes in what was journaled since; false where the journal has become another one than it seemed. Throws
   * PKG_E_INDEX_UNAVAILABLE where its end can't be told now.
   */
  advance(options?: Options): Promise<boolean>;
};

/** Entries that are held at most: a tail that is longer can't be followed without an index. */
export const tailEntriesMax = 50_000;
const readsMax = 8;

/** Reads the tail. Throws PKG_E_INDEX_UNAVAILABLE where it is too long, or its end can't be told. */
export async function openStoreTail(parts: Parts, options: Options = {}): Promise<StoreTail> {
  const { journal, snapshots } = parts;
  let last = await journalEnd(journal, options);
  const chained = await chainedSnapshot(parts, last, options);
  const snapshot = chained?.snapshot;
  const since = snapshot?.states ?? 0;
  const byName = new Map<PackageName, Entry[]>();
  let held = 0;
  let storeId = snapshot?.store;

  requireRoom(headOf(last).sequence - since);
  const batches =
    chained?.tail ?? (await batchesAfter({ journal }, undefined, last, options)) ?? [];
  if (snapshot) {
    for await (const { entry } of snapshotEntries(snapshots.store, snapshot, since, options)) {
      take(entry);
    }
  }
  await takeBatches(batches);
  const rows = snapshot && (await openStateRows(snapshots.store, snapshot, options));

  return {
    head: () => headOf(last),
    store: () => storeId,
    row: (name) => rows?.(name),
    entries: (name) => byName.get(name) ?? [],
    async advance(callOptions = {}) {
      const newest = await nextBatches(callOptions);
      if (!newest) return false;
      await takeBatches(newest, callOptions);
      last = newest.at(-1) ?? last;
      return true;
    },
  };

  /** The batches behind the last one; undefined where that is no batch of the chain any more. */
  async function nextBatches(callOptions: Options): Promise<StoredBatch[] | undefined> {
    const found: StoredBatch[] = [];
    for (let before = last; ; ) {
      const place = { term: before.term.name, ordinal: before.ordinal + 1 };
      const next = await journal.batchAt(place, callOptions);
      if (next?.previous !== before.digest) break;
      found.push(next);
      before = next;
    }
    // Read behind the batches: where the term stands, they count (spec/journal.md, 8).
    if (isTermDigest(await journal.standingTerm(callOptions), last.term)) return found;
    return batchesAfter(
      { journal },
      headOf(last),
      await journalEnd(journal, callOptions),
      callOptions,
    );
  }

  async function takeBatches(wanted: readonly StoredBatch[], callOptions = options) {
    requireRoom(held + wanted.reduce((sum, { count }) => sum + count, 0));
    const read = await mapConcurrently(
      wanted.filter(({ count }) => count > 0),
      readsMax,
      (batch) => journal.entries(batch, callOptions),
    );
    for (const entry of read.flat()) if (entry.n > since) take(entry);
  }

  function take(entry: Entry) {
    if (entry.event === 'registry created') storeId = entry.store;
    if (!('package' in entry)) return;
    const entries = byName.get(entry.package);
    if (entries) entries.push(entry);
    else byName.set(entry.package, [entry]);
    held += 1;
  }
}

async function journalEnd(journal: JournalStore, options: Options): Promise<StoredBatch> {
  const counted = await countedBatch(journal, options);
  if (counted.decided && counted.batch) return counted.batch;
  throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'where the journal ends can not be told now');
}

function requireRoom(entries: number) {
  if (entries <= tailEntriesMax) return;
  throw new VitteError(
    'PKG_E_INDEX_UNAVAILABLE',
    `${entries} entries lie behind the snapshots: too many to be read without an index`,
  );
}
