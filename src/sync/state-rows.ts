import { mapConcurrently } from '../core/concurrency.ts';
import { VitteError } from '../core/errors.ts';
import type { PackageName } from '../core/name.ts';
import type { IndexSnapshot } from '../storage/snapshot-manifest.ts';
import type { SnapshotStore } from '../storage/snapshots.ts';
import { piecesOf } from './index-snapshot.ts';
import { readStateRow, type StateRow, stateLineStart } from './snapshot-rows.ts';

/** Some two million packages. */
const bytesMax = 256 * 1024 * 1024;
const readsMax = 8;

/**
 * What a snapshot says of packages' records, by name. Throws PKG_E_INDEX_UNAVAILABLE where it is too much to be held,
 * and what `SnapshotStore.piece` throws.
 */
export async function openStateRows(
  store: SnapshotStore,
  snapshot: IndexSnapshot,
  options: { signal?: AbortSignal } = {},
): Promise<(name: PackageName) => StateRow | undefined> {
  // Of two rows about one package that in the later piece counts.
  const pieces = piecesOf(snapshot, 'states').reverse();
  if (pieces.reduce((sum, { bytes }) => sum + bytes, 0) > bytesMax) {
    throw new VitteError(
      'PKG_E_INDEX_UNAVAILABLE',
      'too many packages to be held without an index',
    );
  }
  const contents = await mapConcurrently(pieces, readsMax, (piece) => store.piece(piece, options));
  return (name) => findRow(contents, name);
}

/** Rows are looked for in the bytes as they are: a registry has very many, and few are asked for. */
function findRow(pieces: readonly Buffer[], name: PackageName): StateRow | undefined {
  const start = stateLineStart(name);
  for (const piece of pieces) {
    const isFirst = piece.subarray(0, start.length).equals(Buffer.from(start));
    const before = isFirst ? -1 : piece.indexOf(`\n${start}`);
    if (!isFirst && before < 0) continue;
    return readStateRow(piece.subarray(before + 1, piece.indexOf('\n', before + 1)).toString());
  }
  return undefined;
}
