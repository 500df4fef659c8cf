import { VitteError } from '../core/errors.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import type { ByteRange } from '../oci/port.ts';
import { readVersion } from './exact-version.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, OpenedArchive } from './port.ts';
import { versionInfo } from './version-info.ts';

/**
 * Opens a version's archive, whole or a range of it, for a client: a whole one is verified while it streams, unless
 * this process hashed it before, and a piece of the body holds until the next one is asked for. Throws
 * PKG_E_NOT_FOUND, or PKG_E_INTEGRITY where the store has lost the bytes.
 */
export async function openArchive(
  parts: Parts,
  name: PackageName,
  version: Version,
  range: ByteRange | undefined,
  context: CallContext,
): Promise<Answer<OpenedArchive>> {
  const { sequence, value: found } = await readVersion(parts, name, version, context);
  const blob = await parts.versions.openArchive(name, found.archive.digest, {
    relayed: { bytes: found.archive.bytes },
    ...(range ? { range } : {}),
    ...(context.signal ? { signal: context.signal } : {}),
  });
  if (!blob) {
    throw new VitteError(
      'PKG_E_INTEGRITY',
      `the archive of ${name}@${version} is gone from the store`,
    );
  }
  if (blob.size !== found.archive.bytes) {
    await letGo(blob.body);
    const message = `the archive of ${name}@${version} has ${blob.size} bytes in the store instead of ${found.archive.bytes}`;
    throw new VitteError('PKG_E_INTEGRITY', message, { data: { digest: found.archive.digest } });
  }
  // A download that was broken off and goes on further in is the same one.
  if (!range || range.first === 0) parts.downloads.note(name, version);
  return {
    sequence,
    value: { info: versionInfo(name, found), size: blob.size, body: blob.body },
  };
}

/** A body that nobody reads would hold its connection: one that was begun and left lets go of it. */
async function letGo(body: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _piece of body) break;
  } catch {
    // what is wrong with the blob is told already
  }
}
