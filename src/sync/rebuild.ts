import { isVitteError, VitteError } from '../core/errors.ts';
import type { JournalHead } from '../core/journal-entry.ts';
import type { Index } from '../index/port.ts';
import type { IndexRebuild } from '../index/rebuild-port.ts';
import { packageRecords } from '../index/walks.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import type { SnapshotStore } from '../storage/snapshots.ts';
import type { VersionStore } from '../storage/version-store.ts';
import { type CatchUpOptions, type CatchUpParts, catchUp } from './catch-up.ts';
import { restoreDownloads } from './index-snapshot.ts';
import { createRecentBatches } from './recent-entries.ts';
import { createSnapshotWriter } from './snapshot-writer.ts';

export type RebuildStore = {
  journal: JournalStore;
  versions: VersionStore;
  snapshots: SnapshotStore;
  /** Told of what was wrong and costs time alone. */
  onError(error: unknown): void;
};

/** The index moves on while it is made anew: after so many attempts one that is a moment behind will do. */
const exactAttempts = 5;
const attemptsMax = 50;

/**
 * Makes an index anew: from the newest snapshot and the journal's tail, or with `deep` from the journal and the
 * manifests alone. What stands goes on meanwhile, and is replaced in one step. An interrupted one goes on where it
 * was. Gives where the index ends; undefined where the store holds no journal. Throws PKG_E_INDEX_UNAVAILABLE, and what
 * the storage does.
 */
export async function rebuild(
  { index, standing, replace }: IndexRebuild,
  store: RebuildStore,
  options: CatchUpOptions = {},
): Promise<JournalHead | undefined> {
  const { signal } = options;
  const callOptions = signal ? { signal } : {};
  const parts = fillingParts(index, store);
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const made = await catchUpAnew(parts, options);
    if (!made || !standing) return made;
    const at = await standing.head(callOptions);
    // A replica that finds the index a moment behind brings it up itself.
    const isAhead = at !== undefined && at.sequence > made.sequence;
    if ((!isAhead || attempt >= exactAttempts) && (await replace(at, made, callOptions)))
      return made;
  }
  throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the index moved at every attempt to replace it');
}

async function catchUpAnew(parts: CatchUpParts, options: CatchUpOptions) {
  try {
    return await catchUp(parts, { ...options, open: true });
  } catch (error) {
    if (!isVitteError(error, 'PKG_E_JOURNAL_CHAIN')) throw error;
    // What an interrupted attempt left is of another journal: of a storage that was restored since, say.
    await parts.index.clear(options.signal ? { signal: options.signal } : {});
    return catchUp(parts, { ...options, open: true });
  }
}

/** What brings an index to the journal's end, in a process that is no replica and writes no journal. */
export function fillingParts(index: Index, { onError, ...store }: RebuildStore): CatchUpParts {
  return {
    journal: store.journal,
    versions: store.versions,
    index,
    recent: createRecentBatches(),
    snapshots: { store: store.snapshots, onUnread: onError },
    openBatch: () => undefined,
    lease: async () => true,
  };
}

/**
 * Writes the snapshots anew from an index, so that the next start finds what it says. Throws what the index and the
 * storage do.
 */
export async function renewSnapshots(
  index: Index,
  store: RebuildStore,
  options: { signal?: AbortSignal; onProgress?: (states: number) => void } = {},
): Promise<void> {
  const { signal } = options;
  const callOptions = signal ? { signal } : {};
  await keepDownloads(index, store, callOptions);
  const writer = createSnapshotWriter({
    ...store,
    index,
    names: () => Array.fromAsync(packageRecords(index, callOptions), ({ name }) => name),
  });
  let round = await writer.round({ ...callOptions, fresh: true });
  while (round.more) round = await writer.round(callOptions);
}

/** Counters of downloads are in no journal: those of the snapshot that stands go on in the next one. */
async function keepDownloads(
  index: Index,
  { snapshots, onError }: RebuildStore,
  options: { signal?: AbortSignal },
): Promise<void> {
  const { value: own } = await index.store(options);
  const standing = await snapshots.index(options).catch((error) => {
    options.signal?.throwIfAborted();
    onError(error);
  });
  if (!standing || standing.store !== own?.store) return;
  await restoreDownloads(
    { index, snapshots: { store: snapshots, onUnread: onError } },
    standing,
    options,
  );
}
