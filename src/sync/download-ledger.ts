import type { PackageName } from '../core/name.ts';
import { pageItemsMax } from '../index/limits.ts';
import type { DownloadCount, Index } from '../index/port.ts';
import type { IndexSnapshot } from '../storage/snapshot-manifest.ts';
import type { SnapshotStore } from '../storage/snapshots.ts';
import { piecesOf, restoreDownloads } from './index-snapshot.ts';
import { readDownloadRows } from './snapshot-rows.ts';

type Options = { signal?: AbortSignal };

/** What the store has of the counters of downloads, so that only those that changed are written. */
export type DownloadLedger = {
  /**
   * Counters that the store has not as they stand, those of whole packages. Where the store has more than the index,
   * which lost them then, the index gets them back.
   */
  changed(snapshot: IndexSnapshot | undefined, options?: Options): Promise<DownloadCount[]>;
  /** Notes that the store has these. */
  keep(rows: readonly DownloadCount[]): void;
};

export function createDownloadLedger(parts: {
  index: Index;
  snapshots: SnapshotStore;
  names(): Promise<readonly PackageName[]>;
  /** Told of counters that could not be read. */
  onError(error: unknown): void;
}): DownloadLedger {
  const { index, snapshots } = parts;
  /** Sums by package: counters only grow, so a sum tells whether one did. Undefined before they are read. */
  let stored: Map<PackageName, number> | undefined;

  return {
    async changed(snapshot, options = {}) {
      // Without a snapshot to go on from all of them are new.
      if (!snapshot) stored = new Map();
      stored ??= await read(snapshot as IndexSnapshot, options);
      const changed: DownloadCount[] = [];
      let hasLost = false;
      const names = await parts.names();
      for (let at = 0; at < names.length; at += pageItemsMax) {
        const some = names.slice(at, at + pageItemsMax);
        const rows = await index.downloads(some, options);
        const held = sums(rows);
        const difference = (name: PackageName) => (held.get(name) ?? 0) - (stored?.get(name) ?? 0);
        changed.push(...rows.filter(({ name }) => difference(name) > 0));
        hasLost ||= some.some((name) => difference(name) < 0);
      }
      if (hasLost && snapshot) {
        const source = { store: snapshots, onUnread: parts.onError };
        await restoreDownloads({ index, snapshots: source }, snapshot, options);
      }
      return changed;
    },
    keep(rows) {
      for (const [name, sum] of sums(rows)) stored?.set(name, sum);
    },
  };

  async function read(snapshot: IndexSnapshot, options: Options) {
    const highest = new Map<string, DownloadCount>();
    for (const piece of piecesOf(snapshot, 'downloads')) {
      for (const row of readDownloadRows(await snapshots.piece(piece, options))) {
        const key = `${row.name}@${row.version}`;
        if ((highest.get(key)?.count ?? 0) < row.count) highest.set(key, row);
      }
    }
    return sums(highest.values());
  }
}

function sums(rows: Iterable<DownloadCount>): Map<PackageName, number> {
  const byName = new Map<PackageName, number>();
  for (const { name, count } of rows) byName.set(name, (byName.get(name) ?? 0) + count);
  return byName;
}
