// Reading the snapshot of an index: instead of the journal's batches and the manifests behind their entries, one
// manifest and some pieces. Nothing is decided by it: it is used where its position lies on the chain.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { JournalHead } from '../core/journal-entry.ts';
import { pageItemsMax } from '../index/limits.ts';
import type { AppliedEntry, Index } from '../index/port.ts';
import type { StoredBatch } from '../storage/batch.ts';
import type { IndexSnapshot, Piece, PieceKind } from '../storage/snapshot-manifest.ts';
import type { SnapshotStore } from '../storage/snapshots.ts';
import { batchesAfter, type ChainParts } from './chain-walk.ts';
import {
  type EntriesPiece,
  readDownloadRows,
  readEntriesPiece,
  readEntryLine,
} from './snapshot-rows.ts';

type Options = { signal?: AbortSignal };

/** Where snapshots are read, and who hears of one that can't be: the journal has it all. */
export type SnapshotSource = { store: SnapshotStore; onUnread(error: unknown): void };

/** A snapshot whose position lies on the chain of a batch, and the batches that follow it up to that one. */
export type ChainedSnapshot = { snapshot: IndexSnapshot; tail: StoredBatch[] };

/** What one step of the index takes in at most, unless one batch alone has more. */
const stepEntriesMax = 256;

/** The store's snapshot, where its position lies on this batch's chain; undefined where there is none such. */
export async function chainedSnapshot(
  parts: ChainParts & { snapshots?: SnapshotSource | undefined },
  target: StoredBatch,
  options: Options = {},
): Promise<ChainedSnapshot | undefined> {
  if (!parts.snapshots) return undefined;
  const snapshot = await unlessUnread(parts.snapshots, options, () =>
    parts.snapshots?.store.index(options),
  );
  const tail = snapshot && (await batchesAfter(parts, snapshot.position, target, options));
  return snapshot && tail && { snapshot, tail };
}

/**
 * Brings the index from its head to the snapshot's position, a few hundred entries a step. Gives the head that it has
 * reached: less far than the snapshot where that can't be read to its end, or knows another history than the index.
 */
export async function loadSnapshot(
  parts: { index: Index; snapshots?: SnapshotSource | undefined },
  snapshot: IndexSnapshot,
  from: JournalHead | undefined,
  options: Options & { onProgress?: (sequence: number) => void } = {},
): Promise<JournalHead | undefined> {
  const { index, snapshots } = parts;
  let head = from;
  if (!snapshots) return head;
  await unlessUnread(snapshots, options, async () => {
    const steps = snapshotSteps(snapshots.store, snapshot, from, options);
    for await (const { after, entries } of oneAhead(steps)) {
      const standing = await index.apply({ before: head, after, entries, outcomes: [] }, options);
      if (standing?.batch !== after.batch) {
        throw new VitteError(
          'PKG_E_INDEX_UNAVAILABLE',
          'another replica moved the index meanwhile',
        );
      }
      head = standing;
      options.onProgress?.(after.sequence);
    }
  });
  return head;
}

/** Raises the index's counters of downloads to what the snapshot has of them. */
export async function restoreDownloads(
  { index, snapshots }: { index: Index; snapshots?: SnapshotSource | undefined },
  snapshot: IndexSnapshot,
  options: Options = {},
): Promise<void> {
  if (!snapshots) return;
  await unlessUnread(snapshots, options, async () => {
    for (const piece of piecesOf(snapshot, 'downloads')) {
      const rows = readDownloadRows(await snapshots.store.piece(piece, options));
      for (let at = 0; at < rows.length; at += pageItemsMax) {
        await index.restoreDownloads(rows.slice(at, at + pageItemsMax), options);
      }
    }
  });
}

/** The pieces of one kind, in the order in which they are to be read. */
export function piecesOf(snapshot: Pick<IndexSnapshot, 'pieces'>, kind: PieceKind): Piece[] {
  return snapshot.pieces.filter((piece) => piece.kind === kind);
}

/** Entries after a number, as far as the snapshot has them, with what the index is given beside each. */
export async function* snapshotEntries(
  store: SnapshotStore,
  snapshot: IndexSnapshot,
  since: number,
  options: Options = {},
): AsyncGenerator<AppliedEntry, void, undefined> {
  for await (const { piece, first } of entriesPieces(store, snapshot, since, options)) {
    for (const [at, line] of piece.lines.entries()) {
      if (first + at > since) yield readEntryLine(line, first + at);
    }
  }
}

type Step = { after: JournalHead; entries: AppliedEntry[] };

/** The steps from a head to the snapshot's position. PKG_E_STORE_FORMAT where the snapshot does not know the head. */
async function* snapshotSteps(
  store: SnapshotStore,
  snapshot: IndexSnapshot,
  from: JournalHead | undefined,
  options: Options,
): AsyncGenerator<Step, void, undefined> {
  let passed = from === undefined;
  const begin = Math.max(0, (from?.sequence ?? 0) - 1);
  for await (const { piece, first } of entriesPieces(store, snapshot, begin, options)) {
    let n = first;
    let entries: AppliedEntry[] = [];
    let after: JournalHead | undefined;
    for (const { head, count } of piece.batches) {
      const lines = piece.lines.slice(n - first, n - first + count);
      if (!passed) {
        passed = head.batch === from?.batch;
        n += count;
        continue;
      }
      if (after && entries.length + count > stepEntriesMax) {
        yield { after, entries };
        entries = [];
      }
      for (const line of lines) entries.push(readEntryLine(line, n++));
      after = head;
    }
    if (after) yield { after, entries };
  }
  if (!passed) {
    throw new VitteError('PKG_E_STORE_FORMAT', 'the snapshot does not know where the index is');
  }
}

/** The pieces that hold entries after a number, the next one on its way while one is used. */
async function* entriesPieces(
  store: SnapshotStore,
  snapshot: IndexSnapshot,
  since: number,
  options: Options,
): AsyncGenerator<{ piece: EntriesPiece; first: number }, void, undefined> {
  let first = 1;
  const wanted: { piece: Piece; first: number }[] = [];
  for (const piece of piecesOf(snapshot, 'entries')) {
    if (first + piece.rows > since + 1) wanted.push({ piece, first });
    first += piece.rows;
  }
  const read = (at: number) => {
    const next = wanted[at];
    const bytes = next && store.piece(next.piece, options);
    bytes?.catch(() => {}); // whoever takes it hears of it
    return bytes;
  };
  let next = read(0);
  for (const [at, { piece, first }] of wanted.entries()) {
    const bytes = await next;
    next = read(at + 1);
    const content = bytes && readEntriesPiece(bytes);
    if (content?.lines.length !== piece.rows) {
      throw new VitteError('PKG_E_STORE_FORMAT', 'a piece of the snapshot has other rows');
    }
    yield { piece: content, first };
  }
}

/** What the work gives; undefined where a snapshot can't be read, which is told and costs time alone. */
async function unlessUnread<T>(
  { onUnread }: SnapshotSource,
  { signal }: Options,
  work: () => Promise<T> | undefined,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    // What the index says is no fault of the snapshot's.
    if (isVitteError(error, 'PKG_E_INDEX_UNAVAILABLE', 'PKG_E_SHUTTING_DOWN')) throw error;
    onUnread(error);
    return undefined;
  }
}

/** The same items, each made while its consumer waits for what it does with the one before. */
async function* oneAhead<T>(source: AsyncGenerator<T, void, undefined>) {
  let next = source.next();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      next = nextTurn().then(() => source.next());
      next.catch(() => {}); // whoever asks for it hears of it
      yield value as T;
    }
  } finally {
    await source.return();
  }
}
