import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import { pageItemsMax } from '../index/limits.ts';
import type { DownloadCount, Index } from '../index/port.ts';

/** How often the counts of this replica go to the index at most, and how old what is shown of them may be. */
const flushMs = 60_000;
/** Versions counted here before they go: more than that are flushed at once. */
const pendingMax = 20_000;
/** Packages whose counters are remembered. */
const knownMax = 10_000;

type Known = { counts: Promise<ReadonlyMap<Version, number>>; until: number };

/**
 * Counts downloads in this replica's memory and hands them to the index once a minute. What a replica counted in its
 * last minute may be lost with it, and so may all of it with an index that loses its memory, unless a snapshot in
 * the store holds it: nothing is decided by these numbers.
 */
export type DownloadCounter = {
  note(name: PackageName, version: Version): void;
  /** The counters of a package by version, up to a minute old. Empty where they can't be had. */
  of(name: PackageName): Promise<ReadonlyMap<Version, number>>;
  /** Hands over what was counted. Throws what the index does; the counts are kept then. */
  flush(): Promise<void>;
  /** Hands over what it can within the signal, and stops. */
  close(): Promise<void>;
};

export function openDownloadCounter(
  index: Pick<Index, 'addDownloads' | 'downloads'>,
  onError: (error: unknown) => void,
  now: () => number = () => performance.now(),
): DownloadCounter {
  let pending = new Map<string, DownloadCount>();
  const known = new Map<PackageName, Known>();
  let flushing: Promise<void> | undefined;
  const timer = setInterval(() => void flushQuietly(), flushMs);
  timer.unref();

  return {
    note(name, version) {
      const key = `${name} ${version}`;
      const count = (pending.get(key)?.count ?? 0) + 1;
      pending.set(key, { name, version, count });
      if (pending.size >= pendingMax) void flushQuietly();
    },
    of(name) {
      const found = known.get(name);
      if (found && found.until > now()) return found.counts;
      known.delete(name);
      const counts = read(name);
      known.set(name, { counts, until: now() + flushMs });
      for (const oldest of known.keys()) {
        if (known.size <= knownMax) break;
        known.delete(oldest);
      }
      return counts;
    },
    flush,
    async close() {
      clearInterval(timer);
      await flushQuietly();
    },
  };

  async function read(name: PackageName): Promise<ReadonlyMap<Version, number>> {
    try {
      const rows = await index.downloads([name]);
      return new Map(rows.map(({ version, count }) => [version, count]));
    } catch {
      known.delete(name); // a document without its numbers is better than none; the next one asks again
      return new Map();
    }
  }

  function flush(): Promise<void> {
    flushing ??= handOver().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  async function handOver() {
    const counts = [...pending.values()];
    pending = new Map();
    while (counts.length > 0) {
      const part = counts.slice(0, pageItemsMax);
      try {
        await index.addDownloads(part);
        counts.splice(0, part.length);
      } catch (error) {
        for (const row of counts) putBack(row);
        throw error;
      }
    }
  }

  function putBack(row: DownloadCount) {
    const key = `${row.name} ${row.version}`;
    if (pending.size >= pendingMax && !pending.has(key)) return;
    const since = pending.get(key)?.count ?? 0;
    pending.set(key, { ...row, count: row.count + since });
  }

  async function flushQuietly() {
    try {
      await flush();
    } catch (error) {
      onError(error);
    }
  }
}
