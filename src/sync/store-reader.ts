import type { PackageName } from '../core/name.ts';
import { createRecent } from '../core/recent.ts';
import { foldedPackage, isPackageChange } from '../index/package-fold.ts';
import type { AppliedEntry, PackageRecord } from '../index/port.ts';
import { project } from '../index/project.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import type { VersionStore } from '../storage/version-store.ts';
import type { SnapshotSource } from './index-snapshot.ts';
import { readRecord } from './snapshot-rows.ts';
import { openStoreTail, type StoreTail } from './store-tail.ts';

type Options = { signal?: AbortSignal };

/**
 * Packages as the store tells them, without an index: by their snapshots and the journal's tail. What it says is at
 * most a second old, and no older than `least` where the journal has come so far.
 */
export type StoreReader = {
  /**
   * A package with the number at which it was read; undefined where the store can't tell, which is not to say that
   * there is none. Throws PKG_E_INDEX_UNAVAILABLE where the journal's tail can't be followed, and what the storage does.
   */
  package(
    name: PackageName,
    options?: Options & { least?: number },
  ): Promise<{ sequence: number; value: PackageRecord } | undefined>;
  /** The store's id; undefined where it can't be told. */
  store(options?: Options): Promise<string | undefined>;
  /** Lets go of what is held. */
  close(): void;
};

/** The tail is looked at again after so long, and let go of when nobody asked for so long. */
const freshMsMax = 1_000;
const idleMsMax = 60_000;
/** A tail that can't be gone on with for so long is read anew. */
const failingMsMax = 10_000;
const recordsMax = 1_000;
const recordBytesMax = 64 * 1024 * 1024;

type Held = { value: PackageRecord /** What it was made of. */; key: string; bytes: number };

export function openStoreReader(
  parts: { journal: JournalStore; versions: VersionStore; snapshots: SnapshotSource },
  now: () => number = () => performance.now(),
): StoreReader {
  let tail: StoreTail | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<StoreTail> | undefined;
  let idle: NodeJS.Timeout | undefined;
  const records = createRecent<Held>(
    {
      entriesMax: recordsMax,
      ageMs: Number.POSITIVE_INFINITY,
      bytesMax: recordBytesMax,
      bytesOf: ({ bytes }) => bytes,
    },
    () => 0,
  );
  const reading = new Map<string, Promise<Held | undefined>>();

  return {
    async package(name, { signal, least = 0 } = {}) {
      signal?.throwIfAborted();
      const seen = await freshTail(least);
      const key = keyOf(seen, name);
      if (key === undefined) return undefined;
      const { sequence } = seen.head();
      const known = records.get(name);
      const held = known?.key === key ? known : await read(seen, name, key);
      signal?.throwIfAborted();
      return held && held.value.sequence <= sequence ? { sequence, value: held.value } : undefined;
    },
    async store({ signal } = {}) {
      signal?.throwIfAborted();
      return (await freshTail()).store();
    },
    close,
  };

  function close() {
    clearTimeout(idle);
    tail = undefined;
    for (const name of reading.keys()) reading.delete(name);
    records.deletePrefix('');
  }

  async function freshTail(least = 0): Promise<StoreTail> {
    clearTimeout(idle);
    idle = setTimeout(close, idleMsMax);
    idle.unref();
    const isEnough = (seen: StoreTail) => seen.head().sequence >= least;
    if (tail && now() - lookedAt < freshMsMax && isEnough(tail)) return tail;
    const seen = await sharedLook();
    // One that was under way already may have been too early.
    return isEnough(seen) ? seen : sharedLook();
  }

  /** One look for all who ask at the same time. */
  function sharedLook(): Promise<StoreTail> {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  async function look(): Promise<StoreTail> {
    const from = now();
    const standing = tail;
    try {
      const isSame = standing && (await standing.advance());
      tail = isSame ? standing : await openStoreTail(parts);
    } catch (error) {
      // The next look goes on from what was read, unless that does not come right.
      if (from - lookedAt > failingMsMax) tail = undefined;
      throw error;
    }
    lookedAt = from;
    return tail;
  }

  async function read(seen: StoreTail, name: PackageName, key: string) {
    const shared = `${name} ${key}`;
    const under = reading.get(shared) ?? fold(seen, name, key);
    reading.set(shared, under);
    try {
      const held = await under;
      if (held) records.set(name, held);
      return held;
    } finally {
      reading.delete(shared);
    }
  }

  /** A package's record: that of its snapshot, with what the tail says behind it. */
  async function fold(seen: StoreTail, name: PackageName, key: string): Promise<Held | undefined> {
    const row = seen.row(name);
    const entries = seen.entries(name);
    let bytes = 0;
    let record: PackageRecord | undefined;
    if (row) {
      const content = row.state && (await parts.snapshots.store.record(name, row.state));
      if (!content) return undefined;
      record = readRecord(content, name);
      bytes = content.length;
    }
    const before = record?.sequence ?? 0;
    for (const entry of entries.filter(({ n }) => n > before)) {
      const change = project(await applied(name, entry));
      if (change && isPackageChange(change)) record = foldedPackage(record, change);
    }
    return record && { value: record, key, bytes: bytes + JSON.stringify(record).length };
  }

  async function applied(name: PackageName, entry: AppliedEntry['entry']): Promise<AppliedEntry> {
    const { versions } = parts;
    if (entry.event === 'attached') {
      return { entry, signatures: await versions.signatureFacts(name, entry.bundles) };
    }
    if (entry.event !== 'published') return { entry };
    const facts = await versions.facts(name, entry.digest, entry.bundles ?? []);
    return { entry, facts: facts ?? 'gone' };
  }
}

/** What a package's record is made of; undefined for a name of which the store tells nothing. */
function keyOf(tail: StoreTail, name: PackageName): string | undefined {
  const row = tail.row(name);
  const entries = tail.entries(name);
  // Without a row everything that was ever said of the package is in the tail.
  if (!row && entries.length === 0) return undefined;
  return `${row?.state ?? ''} ${entries.at(-1)?.n ?? 0}`;
}
