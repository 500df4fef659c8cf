import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { VitteError } from '../core/errors.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import { abortable } from './abortable.ts';
import { archiveReader } from './archive-reader.ts';
import { fileError } from './file-error.ts';
import type { InspectOptions } from './inspect.ts';
import type { InspectedArchive } from './port.ts';
import { printable } from './refusal.ts';
import type { TarEvent } from './tar-reader.ts';
import { executableMode, plainMode } from './tar-writer.ts';

/**
 * Unpacks an archive into a folder that must not exist yet. Only what inspection accepts is ever unpacked: the
 * files are written into a fresh folder beside the destination, which takes its name once the archive is found
 * whole; on any error nothing is left of it. No link is followed, since paths are checked and the folder holds
 * only what was written here. Files are not synced to disk one by one: who must survive a power cut unpacks
 * again.
 *
 * Throws PKG_E_ALREADY_EXISTS where the destination exists, PKG_E_FILE for what can't be written, what
 * `inspectArchive` throws, and the signal's reason when it aborts.
 */
export async function extractArchive(
  source: AsyncIterable<Uint8Array>,
  kind: ArchiveKind,
  destination: string,
  options: InspectOptions = {},
): Promise<InspectedArchive> {
  const target = resolve(destination);
  await demandAbsent(target);
  const staging = join(dirname(target), `.extract-${randomBytes(8).toString('hex')}`);
  try {
    await mkdir(staging).catch((cause) => {
      throw fileError('make the folder', staging, cause);
    });
    const found = await unpackInto(staging, source, kind, options);
    await demandAbsent(target);
    await rename(staging, target).catch((cause) => {
      throw fileError('make the folder', target, cause);
    });
    return found;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

async function unpackInto(
  folder: string,
  source: AsyncIterable<Uint8Array>,
  kind: ArchiveKind,
  options: InspectOptions,
): Promise<InspectedArchive> {
  const reader = archiveReader(kind, options.limits);
  const files = fileWriter(folder);
  try {
    for await (const chunk of abortable(source, options.signal)) {
      for await (const event of reader.read(chunk)) {
        options.signal?.throwIfAborted();
        await files.take(event);
      }
    }
    return reader.finish();
  } finally {
    reader.close();
    await files.close();
  }
}

/** Writes the files that tar events describe, one at a time, into a folder that nobody else writes to. */
function fileWriter(folder: string) {
  let made = folder;
  let file = '';
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  return { take, close };

  async function take(event: TarEvent) {
    try {
      if (event.type === 'file') await begin(event.path, event.executable);
      else if (event.type === 'content') await handle?.writeFile(event.bytes);
      else await close();
    } catch (cause) {
      throw fileError('write', file, cause);
    }
  }

  async function begin(path: string, executable: boolean) {
    file = join(folder, path);
    const parent = dirname(file);
    // Files come in path order, so those of one folder mostly come together.
    if (parent !== made) await mkdir(parent, { recursive: true });
    made = parent;
    handle = await open(file, 'wx', executable ? executableMode : plainMode);
  }

  async function close() {
    const closing = handle;
    handle = undefined;
    await closing?.close();
  }
}

async function demandAbsent(target: string) {
  const facts = await lstat(target).catch((cause) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError('make the folder', target, cause);
  });
  if (facts) throw new VitteError('PKG_E_ALREADY_EXISTS', `${printable(target)} exists already`);
}
