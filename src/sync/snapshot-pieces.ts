// Pieces of a snapshot: what is new comes in small ones, which are joined as they grow, so that little is written again
// and there are never many.
import type { DownloadCount } from '../index/port.ts';
import type { Piece, PieceKind } from '../storage/snapshot-manifest.ts';
import type { SnapshotStore } from '../storage/snapshots.ts';
import {
  type EntriesPiece,
  entriesPieceBytes,
  linesBytes,
  readDownloadRows,
  readEntriesPiece,
  readStateRows,
  rowLines,
  type StateRow,
} from './snapshot-rows.ts';

type Options = { signal?: AbortSignal };

/** A piece that is not stored yet. */
export type NewPiece = { rows: number; bytes: Buffer };

/** What a piece comes to at most when it is read; one of entries stays as it is once it is that large. */
export const pieceBytesMax = 4 * 1024 * 1024;
export const pieceEntriesMax = 4_096;
/** Rows by package are joined in larger ones, since only there those that are out of date are dropped. */
const rowPieceBytesMax = 16 * 1024 * 1024;

/**
 * Stores a new piece behind those of its kind, joined with those before it that are not twice as large. Gives all
 * pieces of the kind.
 */
export async function addPiece(
  store: SnapshotStore,
  kind: PieceKind,
  standing: readonly Piece[],
  added: NewPiece,
  options: Options = {},
): Promise<Piece[]> {
  const pieces = [...standing];
  let joined = added;
  for (let last = pieces.at(-1); last && fits(kind, last, joined); last = pieces.at(-1)) {
    joined = await joinedPiece(kind, await store.piece(last, options), joined.bytes);
    pieces.pop();
  }
  return [...pieces, await store.pushPiece(kind, joined.bytes, joined.rows, options)];
}

/** Entries as a new piece. */
export function entriesPiece(content: EntriesPiece): NewPiece {
  return { rows: content.lines.length, bytes: entriesPieceBytes(content) };
}

/** What is known of packages' records as a new piece: of two rows about one the later counts. */
export async function statesPiece(rows: readonly StateRow[]): Promise<NewPiece> {
  const byName = new Map(rows.map((row) => [row.name as string, row]));
  return rowsPiece(byName);
}

/** Counters as a new piece: of two of one version the higher counts. */
export async function downloadsPiece(rows: readonly DownloadCount[]): Promise<NewPiece> {
  const byVersion = new Map<string, DownloadCount>();
  for (const row of rows) {
    const key = `${row.name}@${row.version}`;
    if ((byVersion.get(key)?.count ?? 0) <= row.count) byVersion.set(key, row);
  }
  return rowsPiece(byVersion);
}

async function rowsPiece(rows: ReadonlyMap<string, StateRow | DownloadCount>): Promise<NewPiece> {
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const lines = await rowLines(sorted);
  return { rows: lines.length, bytes: linesBytes(lines) };
}

function fits(kind: PieceKind, last: Piece, added: NewPiece): boolean {
  if (last.rows >= 2 * added.rows) return false;
  const bytes = last.bytes + added.bytes.length;
  if (kind !== 'entries') return bytes <= rowPieceBytesMax;
  return bytes <= pieceBytesMax && last.rows + added.rows <= pieceEntriesMax;
}

async function joinedPiece(kind: PieceKind, before: Buffer, after: Buffer): Promise<NewPiece> {
  if (kind === 'states') return statesPiece([...readStateRows(before), ...readStateRows(after)]);
  if (kind === 'downloads') {
    return downloadsPiece([...readDownloadRows(before), ...readDownloadRows(after)]);
  }
  const [first, second] = [readEntriesPiece(before), readEntriesPiece(after)];
  return entriesPiece({
    batches: [...first.batches, ...second.batches],
    lines: [...first.lines, ...second.lines],
  });
}
