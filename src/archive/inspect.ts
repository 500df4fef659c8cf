import { createReadStream } from 'node:fs';
import { VitteError } from '../core/errors.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import { abortable } from './abortable.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { archiveReader } from './archive-reader.ts';
import { fileError } from './file-error.ts';
import type { ArchiveInspection, InspectedArchive } from './port.ts';
import { printable } from './refusal.ts';

export type InspectOptions = { limits?: Partial<ArchiveLimits>; signal?: AbortSignal };

/**
 * An inspection that rides along with one archive (`port.ts`, spec/archive.md). Memory does not grow with the
 * archive: file content is hashed and let go, but for manifest and README (each at most 1 MiB); the paths of at
 * most 50,000 entries are kept. What passes a limit is refused at the header or byte that passes it.
 *
 * `through` throws PKG_E_ARCHIVE_… and what the package's manifest gives rise to (PKG_E_MANIFEST_…,
 * PKG_E_DOCUMENT, PKG_E_PACKAGE_…, PKG_E_DEPENDENCY_…, PKG_E_PATH_ESCAPE, PKG_E_ENTRY_MISSING,
 * PKG_E_TEST_MISSING, PKG_E_README_SIZE); the source's own errors and the signal's reason as they are.
 */
export function inspectArchive(kind: ArchiveKind, options: InspectOptions = {}): ArchiveInspection {
  let found: InspectedArchive | undefined;
  return {
    async *through(source) {
      const reader = archiveReader(kind, options.limits);
      try {
        for await (const chunk of abortable(source, options.signal)) {
          for await (const _ of reader.read(chunk)) options.signal?.throwIfAborted();
          yield chunk;
        }
        found = reader.finish();
      } finally {
        reader.close();
      }
    },
    result() {
      if (found) return found;
      throw new VitteError('PKG_E_INTERNAL', 'the inspection has not come to an end');
    },
  };
}

/**
 * Inspects an archive on disk. Its kind is that of its suffix (`.vitmod`, `.vitpkg`) unless one is given.
 * Throws PKG_E_FILE where it can't be read or has another suffix, and what `inspectArchive` throws.
 */
export async function inspectFile(
  path: string,
  options: InspectOptions & { kind?: ArchiveKind } = {},
): Promise<InspectedArchive> {
  const inspection = inspectArchive(options.kind ?? kindOfFile(path), options);
  for await (const _ of inspection.through(fileBytes(path)));
  return inspection.result();
}

/** The bytes of a file. Throws PKG_E_FILE. */
export async function* fileBytes(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer;
  } catch (cause) {
    throw fileError('read', path, cause);
  }
}

/** The kind of archive that a file name's suffix tells. Throws PKG_E_FILE for another suffix. */
export function kindOfFile(path: string): ArchiveKind {
  if (path.endsWith('.vitmod')) return 'vitmod';
  if (path.endsWith('.vitpkg')) return 'vitpkg';
  throw new VitteError('PKG_E_FILE', `${printable(path)} is not the name of an archive`, {
    help: 'archives end in .vitmod (sources) or .vitpkg (binaries)',
  });
}
