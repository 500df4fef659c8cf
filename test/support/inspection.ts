import { type InspectOptions, inspectArchive } from '../../src/archive/inspect.ts';
import type { InspectedArchive } from '../../src/archive/port.ts';
import { isVitteError, type VitteError } from '../../src/core/errors.ts';
import type { ArchiveKind } from '../../src/core/media-types.ts';

/** The bytes in pieces of this size. */
export async function* pieces(bytes: Uint8Array, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Inspects these bytes, given in pieces of this size. */
export async function inspectBytes(
  bytes: Uint8Array,
  kind: ArchiveKind = 'vitmod',
  options: InspectOptions & { pieceBytes?: number } = {},
): Promise<InspectedArchive> {
  const inspection = inspectArchive(kind, options);
  for await (const _ of inspection.through(pieces(bytes, options.pieceBytes)));
  return inspection.result();
}

/** The VitteError that this ends with; any other end fails the test. */
export async function refusalOf(promise: Promise<unknown>): Promise<VitteError> {
  let answer: unknown;
  try {
    answer = await promise;
  } catch (error) {
    if (isVitteError(error)) return error;
    throw error;
  }
  throw new Error(`not refused, but ${JSON.stringify(answer)?.slice(0, 200)}`);
}
