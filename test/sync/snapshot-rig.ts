// A replica that keeps snapshots when it is told to, and one that begins from what lies in the store.
import { randomUUID } from 'node:crypto';
import type { JournalEvent } from '../../src/core/journal-entry.ts';
import type { PackageName } from '../../src/core/name.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import type { Index } from '../../src/index/port.ts';
import type { Registry } from '../../src/oci/port.ts';
import { openSnapshotStore, type SnapshotStore } from '../../src/storage/snapshots.ts';
import { createSnapshotWriter } from '../../src/sync/snapshot-writer.ts';
import { faultRegistry, type Operation } from '../support/fault-registry.ts';
import { openReplica, type Replica } from './replica.ts';

export type SnapshotReplica = Replica & {
  snapshots: SnapshotStore;
  writer: ReturnType<typeof createSnapshotWriter>;
  /** What was wrong with snapshots. */
  unread: unknown[];
};

export type SnapshotReplicaOptions = { index?: Index; tidies?: boolean; now?: () => number };

/** A replica that reads snapshots, and writes them in rounds of the caller's. */
export function openSnapshotReplica(
  registry: Registry,
  { tidies = false, ...options }: SnapshotReplicaOptions = {},
): SnapshotReplica {
  const snapshots = openSnapshotStore(registry, { tidies });
  const replica = openReplica(registry, { ...options, snapshots });
  const unread: unknown[] = [];
  const { index, journalStore: journal, versions } = replica;
  const writer = createSnapshotWriter({
    index,
    journal,
    versions,
    snapshots,
    knownBatch: replica.journal.knownBatch,
    names: () => namesIn(index),
    onError: (error) => unread.push(error),
    ...(options.now ? { now: options.now } : {}),
  });
  return { ...replica, snapshots, writer, unread };
}

/** An index that may be away one day, so that the store is to know what it knows. */
export function losableIndex(): Index {
  return { ...openMemoryIndex(), onDoubt() {} };
}

/** Every package with a version that is listed, at most 1,000. */
export async function namesIn(index: Index): Promise<PackageName[]> {
  return (await index.packages({ limit: 1_000 })).value.records.map(({ name }) => name);
}

/** A view of a registry that notes what is asked of it. */
export function watchedRegistry(inner: Registry): { registry: Registry; operations: Operation[] } {
  const operations: Operation[] = [];
  const registry = faultRegistry(inner, (operation) => {
    operations.push(operation);
    return 'ok';
  });
  return { registry, operations };
}

/** Entry 1 of a registry. */
export function created(): JournalEvent {
  const common = { id: randomUUID(), actor: 'registry', event: 'registry created' } as const;
  const store = 'f'.repeat(32);
  return { ...common, store, encoding: 'path', profile: 1, origin: 'o', key: 'a'.repeat(64) };
}
