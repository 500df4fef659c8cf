import { VitteError } from '../core/errors.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import type { ByteRange } from '../oci/port.ts';
import { readPackage } from './info.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, OpenedArchive } from './port.ts';
import { requireVersion, versionInfo } from './version-info.ts';

/**
 * Opens a version's archive, whole or a range of it; a whole one is verified while it streams. Throws
 * PKG_E_NOT_FOUND, or PKG_E_INTEGRITY where the store has lost the bytes.
 */
export async function openArchive(
  parts: Parts,
  name: PackageName,
  version: Version,
  range: ByteRange | undefined,
  context: CallContext,
): Promise<Answer<OpenedArchive>> {
  const { sequence, value: record } = await readPackage(parts, name, context);
  const found = requireVersion(name, record, version);
  const blob = await parts.versions.openArchive(name, found.archive.digest, {
    ...(range ? { range } : {}),
    ...(context.signal ? { signal: context.signal } : {}),
  });
  if (!blob) {
    throw new VitteError(
      'PKG_E_INTEGRITY',
      `the archive of ${name}@${version} is gone from the store`,
    );
  }
  return {
    sequence,
    value: { info: versionInfo(name, found), size: blob.size, body: blob.body },
  };
}
