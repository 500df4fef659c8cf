import { randomBytes } from 'node:crypto';
import { lstat, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import { manifestFiles } from '../core/package-manifest.ts';
import { archiveFileName } from '../core/version-manifest.ts';
import { type ArchiveLimits, archiveLimits } from './archive-limits.ts';
import { fileError } from './file-error.ts';
import { gzip } from './gzip-writer.ts';
import { inspectArchive } from './inspect.ts';
import { manifestMissing } from './package-contents.ts';
import type { InspectedArchive } from './port.ts';
import { printable } from './refusal.ts';
import { folderError, type ListFolder, sourceFiles } from './source-folder.ts';
import { tarStream } from './tar-stream.ts';

/** Where the archive goes: this very file, or `NAME-VERSION.vitmod` (and its like) in this folder. */
export type PackTarget = { file: string } | { directory: string };

export type PackProgress = { path: string; filesDone: number; filesTotal: number };

export type PackOptions = {
  /** Default: `vitmod`. */
  kind?: ArchiveKind;
  limits?: Partial<ArchiveLimits>;
  signal?: AbortSignal;
  /** Called before each file. */
  onProgress?: (progress: PackProgress) => void;
  /** How a folder's names are read; for tests, since no order of them may show in the archive. */
  list?: ListFolder;
};

export type PackedArchive = InspectedArchive & { file: string };

/**
 * Packs a folder into an archive of the canonical profile (spec/archive.md): the same files give the same tar
 * bytes, wherever and whenever. The archive goes through the inspection that publishing demands while it is
 * written beside its target, and stands there whole or not at all; a file of that name is replaced. Memory does
 * not grow with the files.
 *
 * Throws PKG_E_FILE for what can't be read or written, PKG_E_ARCHIVE_… for what no package may hold, and what
 * `inspectArchive` throws; the signal's reason when it aborts.
 */
export async function packFolder(
  folder: string,
  target: PackTarget,
  options: PackOptions = {},
): Promise<PackedArchive> {
  const { kind = 'vitmod', signal, onProgress } = options;
  await demandFolder(folder);
  await demandManifest(folder);
  const limits = { ...archiveLimits, ...options.limits };
  const fixed = 'file' in target ? resolve(target.file) : undefined;
  const directory = 'file' in target ? dirname(resolve(target.file)) : resolve(target.directory);
  const files = await sourceFiles(folder, kind, limits, {
    signal,
    list: options.list,
    except: fixed,
  });
  const inspection = inspectArchive(kind, { limits, ...(signal ? { signal } : {}) });
  const tar = tarStream(files, kind, ({ path }, filesDone) =>
    onProgress?.({ path, filesDone, filesTotal: files.length }),
  );
  const temporary = join(directory, `.pack-${randomBytes(8).toString('hex')}`);
  try {
    await writeDurably(temporary, inspection.through(gzip(tar)));
    const found = inspection.result();
    const { name, version } = found.document;
    const file = fixed ?? join(directory, archiveFileName(name, version, kind));
    await rename(temporary, file).catch((cause) => {
      throw fileError('write', file, cause);
    });
    await syncFolder(directory);
    return { ...found, file };
  } catch (error) {
    await rm(temporary, { force: true });
    throw isVitteError(error) ? folderError(error) : error;
  }
}

async function demandFolder(folder: string) {
  const facts = await stat(folder).catch((cause) => {
    throw fileError('read the folder', folder, cause);
  });
  if (!facts.isDirectory()) {
    throw new VitteError('PKG_E_FILE', `${printable(folder)} is not a folder`);
  }
}

/** A folder without a manifest is most likely the wrong one: said before it is walked. */
async function demandManifest(folder: string) {
  for (const name of manifestFiles) {
    const facts = await lstat(join(folder, name)).catch(() => undefined);
    if (facts) return;
  }
  throw manifestMissing(`in ${printable(folder)}`);
}

async function writeDurably(file: string, chunks: AsyncIterable<Uint8Array>) {
  const handle = await open(file, 'wx').catch((cause) => {
    throw fileError('write', file, cause);
  });
  try {
    for await (const chunk of chunks) {
      await handle.writeFile(chunk).catch((cause) => {
        throw fileError('write', file, cause);
      });
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a rename in this folder last; systems that can't open folders do it on their own. */
async function syncFolder(folder: string) {
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync().catch(() => {});
  } finally {
    await handle?.close();
  }
}
