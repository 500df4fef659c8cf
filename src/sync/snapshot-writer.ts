import { setTimeout as delay } from 'node:timers/promises';
import { isVitteError } from '../core/errors.ts';
import type { JournalHead } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import type { Index } from '../index/port.ts';
import type { StoredBatch } from '../storage/batch.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import type { IndexSnapshot, Piece } from '../storage/snapshot-manifest.ts';
import type { SnapshotStore } from '../storage/snapshots.ts';
import type { VersionStore } from '../storage/version-store.ts';
import { headOf } from './chain.ts';
import { batchesAfter, type ChainParts } from './chain-walk.ts';
import { createDownloadLedger } from './download-ledger.ts';
import { piecesOf } from './index-snapshot.ts';
import { appliedRange } from './snapshot-entries.ts';
import {
  addPiece,
  downloadsPiece,
  entriesPiece,
  type NewPiece,
  pieceBytesMax,
  pieceEntriesMax,
  statesPiece,
} from './snapshot-pieces.ts';
import { entryLines, type SnapshotBatch } from './snapshot-rows.ts';
import { createStateWriter } from './state-writer.ts';

export type SnapshotWriterParts = {
  index: Index;
  journal: JournalStore;
  versions: VersionStore;
  snapshots: SnapshotStore;
  /** A batch that is known without asking the store. */
  knownBatch?: ChainParts['known'];
  /** Packages whose downloads are to be kept. */
  names(): Promise<readonly PackageName[]>;
  /** Hands the index what this process counted and it has not: what a snapshot holds is as new as the snapshot. */
  flushDownloads?: () => Promise<void>;
  /** Told of a snapshot that could not be gone on from. */
  onError(error: unknown): void;
  /** Milliseconds, as Date.now. */
  now?: () => number;
};

export type RoundOptions = {
  signal?: AbortSignal;
  /**
   * Takes nothing over from the snapshot that stands, so that what the index says otherwise by now is what the store
   * says.
   */
  fresh?: boolean;
  /** Leaves time to others between its steps. */
  paced?: boolean;
  /** Fewer entries than this are no reason to write. */
  entriesMin?: number;
};

/** Whether anything was written, and whether there is more to do at once. */
export type Round = { wrote: boolean; more: boolean };

/** Entries read at once, and the pause behind them: whoever publishes comes first. */
const windowEntriesMax = 512;
const windowPauseMs = 20;

/** Brings the snapshots in the store up to the index, one round at a time. */
export function createSnapshotWriter(parts: SnapshotWriterParts): {
  /** As far as one round goes; nothing is written where nothing changed. */
  round(options?: RoundOptions): Promise<Round>;
} {
  const { index, journal, snapshots, now = Date.now } = parts;
  const states = createStateWriter(parts, now);
  const downloads = createDownloadLedger(parts);
  /** An index that can't be away is never read from the store. */
  const keepsStates = index.onDoubt !== undefined;
  let running: Promise<unknown> = Promise.resolve();

  return {
    round(options = {}) {
      const next = running.catch(() => {}).then(() => once(options));
      running = next;
      return next;
    },
  };

  async function once(options: RoundOptions): Promise<Round> {
    try {
      return await write(options);
    } catch (error) {
      options.signal?.throwIfAborted();
      // Pieces that are gone or damaged: the next snapshot does without them.
      if (options.fresh || !isUnreadable(error)) throw error;
      parts.onError(error);
      return write({ ...options, fresh: true });
    }
  }

  async function write(options: RoundOptions): Promise<Round> {
    const { value: store, head: begin } = await index.store(options);
    if (!store || !begin) return { wrote: false, more: false };
    const base = await baseFor(begin, options);
    const snapshot = base?.snapshot;
    const { rows, upTo, more } = await writeStates(snapshot, options);
    await parts.flushDownloads?.();
    const counts = await downloads.changed(snapshot, options);

    // Behind the states: none of them shall be newer than what the snapshot says.
    const head = await index.head(options);
    const added = head && (await after(begin, head, options));
    if (!head || !added) return { wrote: false, more: false };
    const behind = head.sequence - (snapshot?.position.sequence ?? 0);
    const hasEntries = behind >= Math.max(1, options.entriesMin ?? 1);
    if (!hasEntries && rows.length === 0 && counts.length === 0)
      return { wrote: false, more: false };

    const batches = [...(base?.tail ?? (await after(undefined, begin, options)) ?? []), ...added];
    const entries = await addEntries(snapshot, batches, options);
    const position = entries.position ?? snapshot?.position;
    if (!position) return { wrote: false, more: false };
    const pieces = [
      ...entries.pieces,
      ...(await addRows('states', snapshot, rows.length > 0 && (await statesPiece(rows)), options)),
      ...(await addRows(
        'downloads',
        snapshot,
        counts.length > 0 && (await downloadsPiece(counts)),
        options,
      )),
    ];
    await snapshots.writeIndex({ position, store: store.store, states: upTo, pieces }, options);
    downloads.keep(counts);
    return { wrote: true, more };
  }

  async function writeStates(snapshot: IndexSnapshot | undefined, options: RoundOptions) {
    const since = snapshot?.states ?? 0;
    if (!keepsStates) return { rows: [], upTo: since, more: false };
    return states.write(since, { ...options, unlessSame: snapshot === undefined });
  }

  /** The snapshot to go on from, one that lies on the chain of the index's head, and the batches behind it. */
  async function baseFor(
    head: JournalHead,
    options: RoundOptions,
  ): Promise<{ snapshot: IndexSnapshot; tail: StoredBatch[] } | undefined> {
    const snapshot = options.fresh ? undefined : await readable(options);
    const tail = snapshot && (await after(snapshot.position, head, options));
    return snapshot && tail && { snapshot, tail };
  }

  async function readable(options: RoundOptions) {
    try {
      return await snapshots.index(options);
    } catch (error) {
      if (isUnreadable(error)) return undefined;
      throw error;
    }
  }

  /** The batches from one head to another; undefined where no chain leads there. */
  async function after(
    from: JournalHead | undefined,
    to: JournalHead,
    options: RoundOptions,
  ): Promise<StoredBatch[] | undefined> {
    const { knownBatch } = parts;
    const target = knownBatch?.(to.batch) ?? (await journal.batch(to.batch, options));
    return batchesAfter(
      { journal, ...(knownBatch ? { known: knownBatch } : {}) },
      from,
      target,
      options,
    );
  }

  /** Stores entries in pieces that end with a batch, the last of which is given too. */
  async function addEntries(
    snapshot: IndexSnapshot | undefined,
    batches: readonly StoredBatch[],
    options: RoundOptions,
  ): Promise<{ pieces: Piece[]; position: JournalHead | undefined }> {
    let pieces = piecesOf(snapshot ?? nothing, 'entries');
    let position: JournalHead | undefined;
    let held = emptyPiece();
    const flush = async () => {
      // Batches without entries wait for those behind them.
      if (held.lines.length === 0) return;
      pieces = await addPiece(snapshots, 'entries', pieces, entriesPiece(held), options);
      position = held.batches.at(-1)?.head;
      held = emptyPiece();
    };
    for (const window of windows(batches)) {
      const lines = await windowLines(window, options);
      let from = 0;
      for (const batch of window) {
        const own = lines.slice(from, from + batch.count);
        from += batch.count;
        const bytes = own.reduce((sum, line) => sum + line.length + 1, 0);
        const isFull =
          held.lines.length + own.length > pieceEntriesMax || held.bytes + bytes > pieceBytesMax;
        if (isFull) await flush();
        held.batches.push({ head: headOf(batch), count: batch.count });
        held.lines.push(...own);
        held.bytes += bytes;
      }
      if (options.paced) await delay(windowPauseMs, undefined, options);
    }
    await flush();
    return { pieces, position };
  }

  async function windowLines(window: readonly StoredBatch[], options: RoundOptions) {
    const first = window[0]?.first ?? 1;
    const last = window.reduce((sum, { count }) => sum + count, first - 1);
    return last < first ? [] : entryLines(await appliedRange(parts, first, last, options));
  }

  async function addRows(
    kind: 'states' | 'downloads',
    snapshot: IndexSnapshot | undefined,
    piece: NewPiece | false,
    options: RoundOptions,
  ): Promise<Piece[]> {
    const before = piecesOf(snapshot ?? nothing, kind);
    return piece ? addPiece(snapshots, kind, before, piece, options) : before;
  }
}

const nothing: Pick<IndexSnapshot, 'pieces'> = { pieces: [] };

function emptyPiece(): { batches: SnapshotBatch[]; lines: string[]; bytes: number } {
  return { batches: [], lines: [], bytes: 0 };
}

function isUnreadable(error: unknown): boolean {
  return isVitteError(error, 'PKG_E_STORE_FORMAT', 'PKG_E_INTEGRITY');
}

/** Consecutive batches, as many together as are read at once. */
function* windows(batches: readonly StoredBatch[]): Generator<StoredBatch[]> {
  let window: StoredBatch[] = [];
  let entries = 0;
  for (const batch of batches) {
    if (window.length > 0 && entries + batch.count > windowEntriesMax) {
      yield window;
      window = [];
      entries = 0;
    }
    window.push(batch);
    entries += batch.count;
  }
  if (window.length > 0) yield window;
}
