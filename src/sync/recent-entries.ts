import type { Digest } from '../core/digest.ts';
import { ownBytes } from '../core/own-bytes.ts';
import { createRecent, type Recent } from '../core/recent.ts';
import type { VersionFacts } from '../core/version-facts.ts';
import type { AppliedEntry, QueueItem } from '../index/port.ts';
import type { StoredBatch } from '../storage/batch.ts';

/**
 * What this replica wrote to the journal, read from it or queued for it lately, so that an index that has lost its
 * memory is filled again without asking the store for each version. It proves nothing: which batches count is always
 * asked of the store.
 */
export type RecentEntries = {
  keep(batch: StoredBatch, entries: readonly AppliedEntry[]): void;
  batch(digest: Digest): StoredBatch | undefined;
  /** Whether `entries` would give those of this batch. */
  remembers(digest: Digest): boolean;
  /** What the index was given of a batch. */
  entries(digest: Digest): AppliedEntry[] | undefined;
  keepItem(item: QueueItem): void;
  /** The facts of the version that the entry with this id publishes, where this replica queued it. */
  facts(id: string): VersionFacts | undefined;
};

/** Some 20,000 versions with documents of the usual size. Packed, so that the collector has nothing to walk. */
const batchBytesMax = 48 * 1024 * 1024;
const itemBytesMax = 16 * 1024 * 1024;
const entriesMax = 100_000;
/** Some 2 MiB. */
const batchesMax = 4_096;
const ageMs = Number.POSITIVE_INFINITY;

type Packed = { batch: StoredBatch; entries: Buffer };

/** Where the index loses nothing while the process lives: what the journal's batches say of themselves. */
export function createRecentBatches(): RecentEntries {
  const batches = createRecent<StoredBatch>({ entriesMax: batchesMax, ageMs }, () => 0);
  return {
    keep: (batch) => batches.set(batch.digest, batch),
    batch: (digest) => batches.get(digest),
    remembers: () => false,
    entries: () => undefined,
    keepItem() {},
    facts: () => undefined,
  };
}

/** An empty memory of at most 64 MiB. */
export function createRecentEntries(): RecentEntries {
  const memory = <V>(bytesMax: number, bytesOf: (value: V) => number): Recent<V> =>
    createRecent({ entriesMax, ageMs, bytesMax, bytesOf }, () => 0);
  const batches = memory<Packed>(batchBytesMax, ({ entries }) => entries.length);
  const items = memory<Buffer>(itemBytesMax, ({ length }) => length);

  return {
    keep(batch, entries) {
      batches.set(batch.digest, { batch, entries: pack(entries) });
      for (const { entry } of entries) items.delete(entry.id);
    },
    batch: (digest) => batches.get(digest)?.batch,
    remembers: (digest) => batches.get(digest) !== undefined,
    entries(digest) {
      const packed = batches.get(digest);
      return packed && (unpack(packed.entries) as AppliedEntry[]);
    },
    keepItem({ id, facts }) {
      if (facts) items.set(id, pack(facts));
    },
    facts(id) {
      const packed = items.get(id);
      return packed && (unpack(packed) as VersionFacts);
    },
  };
}

function pack(value: unknown): Buffer {
  return ownBytes(Buffer.from(JSON.stringify(value)));
}

function unpack(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString('utf8'));
}
