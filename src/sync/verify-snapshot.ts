import type { Entry } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import type { StoredBatch } from '../storage/batch.ts';
import type { IndexSnapshot } from '../storage/snapshot-manifest.ts';
import type { Findings } from './findings.ts';
import { chainedSnapshot, piecesOf } from './index-snapshot.ts';
import type { RebuildStore } from './rebuild.ts';
import { readEntriesPiece, readRecord, type StateRow } from './snapshot-rows.ts';
import { openStateRows } from './state-rows.ts';
import { appliedLine, firstDifference, lineHash, type ReplayedPackage } from './verify-package.ts';

type Options = { signal?: AbortSignal };

export type SnapshotCheck = {
  /** What the snapshot says of a package's record. */
  row(name: PackageName): StateRow | undefined;
  /** Told of each entry of the chain, in order. */
  see(entry: Entry): void;
  /** Compares a package's own snapshot with what it should say, and notes what its entries' lines should be. */
  comparePackage(
    name: PackageName,
    replayed: ReplayedPackage,
    entries: readonly Entry[],
  ): Promise<void>;
  /** Compares the lines of the snapshot, once every package was seen. */
  compareEntries(): Promise<void>;
};

const hashBytes = 8;

/** Compares the store's snapshots with the journal; undefined where there are none. */
export async function createSnapshotCheck(
  parts: RebuildStore,
  end: StoredBatch,
  onChain: ReadonlySet<string>,
  findings: Findings,
  options: Options,
): Promise<SnapshotCheck | undefined> {
  const unread = (error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    findings.add({ kind: 'snapshot-unreadable', detail });
  };
  const source = { store: parts.snapshots, onUnread: unread };
  const standing = await parts.snapshots.index(options).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    unread(error);
    return undefined;
  });
  if (!standing) return undefined;
  const chained = await chainedSnapshot(
    { journal: parts.journal, snapshots: { ...source, onUnread: () => {} } },
    end,
    options,
  );
  if (!chained) {
    findings.add({ kind: 'snapshot-differs', digest: standing.position.batch });
    return undefined;
  }
  const { snapshot } = chained;
  const rows = await openStateRows(parts.snapshots, snapshot, options).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    unread(error);
    return undefined;
  });
  const { sequence } = snapshot.position;
  /** What each line should be, as hashes side by side; zeros where a line may say one thing or another. */
  const hashes = Buffer.alloc(hashBytes * sequence);

  return {
    row: (name) => rows?.(name),

    see(entry) {
      // Those of packages are noted with them, once it is known what the store holds.
      if ('package' in entry || entry.n > sequence) return;
      note(entry.n, lineHash(appliedLine({ entry })));
    },

    async comparePackage(name, { before, lines }, entries) {
      for (const { n, hash } of lines) if (hash && n <= sequence) note(n, hash);
      if (!rows) return;
      const row = rows(name);
      const isDue = entries.some(({ n }) => n <= snapshot.states);
      if (!row && !isDue) return;
      if (row?.state === undefined) {
        if (!row) findings.add({ kind: 'state-differs', package: name });
        return;
      }
      const detail = await stateDifference(name, row.state, before);
      if (detail !== undefined) findings.add({ kind: 'state-differs', package: name, detail });
    },

    compareEntries: () => compareEntries(snapshot),
  };

  function note(n: number, hash: Buffer) {
    hash.copy(hashes, hashBytes * (n - 1));
  }

  /** Where a package's snapshot and what it should say differ; undefined where they do not. */
  async function stateDifference(
    name: PackageName,
    digest: NonNullable<StateRow['state']>,
    expected: ReplayedPackage['before'],
  ): Promise<string | undefined> {
    const tagged = await parts.snapshots.state(name, options).catch(() => undefined);
    if (tagged?.record !== digest) return '_state';
    const bytes = await parts.snapshots.record(name, digest, options).catch(() => undefined);
    options.signal?.throwIfAborted();
    if (!bytes) return digest;
    try {
      return firstDifference(expected, readRecord(bytes, name));
    } catch {
      return digest;
    }
  }

  async function compareEntries(of: IndexSnapshot) {
    let n = 0;
    for (const piece of piecesOf(of, 'entries')) {
      try {
        const { batches, lines } = readEntriesPiece(await parts.snapshots.piece(piece, options));
        const beside = batches.find(({ head }) => !onChain.has(head.batch));
        if (beside) findings.add({ kind: 'snapshot-differs', digest: beside.head.batch });
        for (const line of lines) {
          n += 1;
          const wanted = hashes.subarray(hashBytes * (n - 1), hashBytes * n);
          if (wanted.readBigUInt64BE() === 0n || wanted.equals(lineHash(line))) continue;
          findings.add({ kind: 'snapshot-differs', entry: n });
        }
      } catch (error) {
        options.signal?.throwIfAborted();
        unread(error);
        return;
      }
    }
  }
}
