import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { fileError } from './file-error.ts';
import { isExcludedPart, parseEntryPath } from './path-rules.ts';
import { archiveHelp, refusal } from './refusal.ts';

/** A file to be packed: its path in the archive, and where it lies on disk. */
export type SourceFile = { path: string; file: string };

/** How a folder's names are read, in any order. */
export type ListFolder = (folder: string) => Promise<Dirent<Buffer>[]>;

export const listFolder: ListFolder = (folder) =>
  readdir(folder, { withFileTypes: true, encoding: 'buffer' });

/** What earlier packing left at the root of a package; packing again must not wrap it up. */
const archiveSuffixes = ['.vitmod', '.vitpkg'];

/**
 * The files of a folder that belong into its archive, in path order. Excluded parts, hidden files and archives
 * at the root are left out; names are taken in Unicode normal form C. Throws PKG_E_FILE for a folder that can't
 * be read, PKG_E_ARCHIVE_LINK, PKG_E_ARCHIVE_ENTRY_TYPE (devices, sockets, pipes), PKG_E_ARCHIVE_PATH and
 * PKG_E_ARCHIVE_LIMIT, each with the path in `data.entry`.
 */
export async function sourceFiles(
  folder: string,
  kind: ArchiveKind,
  limits: ArchiveLimits,
  options: {
    signal?: AbortSignal | undefined;
    list?: ListFolder | undefined;
    /** The file that the archive will replace. */
    except?: string | undefined;
  } = {},
): Promise<SourceFile[]> {
  const list = options.list ?? listFolder;
  const found: (SourceFile & { order: Buffer })[] = [];
  const folders: SourceFile[] = [{ path: '', file: folder }];
  for (let next = folders.pop(); next; next = folders.pop()) {
    options.signal?.throwIfAborted();
    for (const item of await entriesOf(next.file)) take(next, item);
  }
  found.sort((a, b) => Buffer.compare(a.order, b.order));
  return found.map(({ path, file }) => ({ path, file }));

  async function entriesOf(file: string) {
    try {
      return await list(file);
    } catch (cause) {
      throw fileError('read the folder', file, cause);
    }
  }

  function take(parent: SourceFile, item: Dirent<Buffer>) {
    const name = item.name.toString();
    if (isExcludedPart(name, kind)) return;
    const atRoot = parent.path === '';
    if (atRoot && item.isFile() && archiveSuffixes.some((suffix) => name.endsWith(suffix))) return;
    const prefix = atRoot ? Buffer.alloc(0) : Buffer.from(`${parent.path}/`);
    const path = folderPath(Buffer.concat([prefix, normalized(item.name)]), kind, limits);
    const file = join(parent.file, name);
    if (options.except !== undefined && resolve(file) === options.except) return;
    if (item.isDirectory()) folders.push({ path, file });
    else if (item.isFile()) found.push({ path, file, order: Buffer.from(path) });
    else if (item.isSymbolicLink()) throw linkError(path);
    else throw specialFileError(path);
    if (found.length > limits.entriesMax) {
      const why = `is one file over ${limits.entriesMax} in the folder`;
      throw folderError(refusal('PKG_E_ARCHIVE_LIMIT', path, why), 'is this the package folder?');
    }
  }
}

/** A link where a package may only have files. */
export function linkError(path: string): VitteError {
  const why = 'is a symbolic link, which no package holds';
  return folderError(
    refusal('PKG_E_ARCHIVE_LINK', path, why),
    'put a copy of the file in its place',
  );
}

/** A device, socket or pipe where a package may only have files. */
export function specialFileError(path: string): VitteError {
  return folderError(refusal('PKG_E_ARCHIVE_ENTRY_TYPE', path, 'is neither a file nor a folder'));
}

/** The name in form C; bytes that are no UTF-8 as they are, for `parseEntryPath` to refuse. */
function normalized(name: Buffer): Buffer {
  const text = name.toString();
  return Buffer.from(text).equals(name) ? Buffer.from(text.normalize('NFC')) : name;
}

function folderPath(bytes: Buffer, kind: ArchiveKind, limits: ArchiveLimits): string {
  try {
    return parseEntryPath(bytes, kind, limits);
  } catch (error) {
    throw isVitteError(error) ? folderError(error) : error;
  }
}

/** The same refusal, with help that suits a folder where it has the one for an archive. */
export function folderError(error: VitteError, help?: string): VitteError {
  const named = error.data?.entry !== undefined;
  const better = named ? 'rename it, or move it out of the package folder' : undefined;
  const chosen = help ?? (error.help === archiveHelp ? better : error.help);
  return new VitteError(error.code, error.message, {
    ...(chosen === undefined ? {} : { help: chosen }),
    ...(error.data ? { data: error.data } : {}),
    cause: error.cause,
  });
}
