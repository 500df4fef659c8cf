// A replica without HTTP: journal, index and store, as composition joins them.
import { randomUUID } from 'node:crypto';
import type { JournalEvent } from '../../src/core/journal-entry.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import type { Index, Outcome } from '../../src/index/port.ts';
import type { Registry } from '../../src/oci/port.ts';
import { openJournalStore } from '../../src/storage/journal-store.ts';
import type { SnapshotStore } from '../../src/storage/snapshots.ts';
import { openVersionStore } from '../../src/storage/version-store.ts';
import { createJournal } from '../../src/sync/journal.ts';
import { publishedEvent, pushSample, type SampleVersion } from '../support/sample-version.ts';

export type Replica = ReturnType<typeof openReplica>;

export function openReplica(
  registry: Registry,
  options: { index?: Index; now?: () => number; snapshots?: SnapshotStore } = {},
) {
  const index = options.index ?? openMemoryIndex();
  const journalStore = openJournalStore(registry);
  const versions = openVersionStore(registry);
  const errors: unknown[] = [];
  const journal = createJournal({
    journal: journalStore,
    versions,
    index,
    now: options.now ?? Date.now,
    snapshots: options.snapshots,
    onError: (error) => errors.push(error),
  });
  return {
    index,
    journal,
    journalStore,
    versions,
    /** What went wrong in the background. */
    errors,
    /** Pushes a sample and journals it. */
    async publish(sample: SampleVersion, id: string = randomUUID()): Promise<Outcome> {
      await pushSample(versions, sample);
      const event = publishedEvent(sample, id);
      return journal.submit({ event, role: 'admin', facts: sample.facts, readAt: 0 });
    },
    submit: (event: JournalEvent) => journal.submit({ event, role: 'admin', readAt: 0 }),
    async close() {
      await journal.close();
      if (!options.index) await index.close();
    },
  };
}

/** Everything that an index tells, for comparing two of them. */
export async function everything(index: Index) {
  const packages = (await index.packages({ limit: 1_000 })).value.records;
  return {
    head: await index.head(),
    store: (await index.store()).value,
    packages,
    feed: (await index.feed({ since: 0, limit: 1_000 })).value,
    dependents: await Promise.all(
      packages.map(async ({ name }) => (await index.dependents(name, { limit: 1_000 })).value),
    ),
  };
}
