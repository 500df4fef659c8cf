import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { VitteError } from '../core/errors.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import { fileError } from './file-error.ts';
import { printable } from './refusal.ts';
import { linkError, type SourceFile, specialFileError } from './source-folder.ts';
import { entryHead, tarEnd, tarPadding } from './tar-writer.ts';

const readBytes = 64 * 1024;
const chunkBytes = 64 * 1024;

/** Never through a link that took the file's place, and never waiting at a pipe that did. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The tar stream of these files, which are in path order, in chunks of about 64 KiB; one file is open at a
 * time. `onFile` is called before each. Throws PKG_E_FILE for a file that can't be read or that changes its
 * size on the way, and what `source-folder.ts` throws for one that is no regular file any more.
 */
export function tarStream(
  files: readonly SourceFile[],
  kind: ArchiveKind,
  onFile: (file: SourceFile, index: number) => void = () => {},
): AsyncGenerator<Buffer> {
  return gathered(pieces());

  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (const [index, source] of files.entries()) {
      onFile(source, index);
      const handle = await openSource(source);
      try {
        yield* entry(source, handle, kind);
      } finally {
        await handle.close();
      }
    }
    yield tarEnd;
  }
}

async function* entry(
  { path, file }: SourceFile,
  handle: FileHandle,
  kind: ArchiveKind,
): AsyncGenerator<Uint8Array> {
  const facts = await handle.stat();
  if (!facts.isFile()) throw specialFileError(path);
  const executable = kind === 'vitpkg' && (facts.mode & constants.S_IXUSR) !== 0;
  yield entryHead(path, facts.size, executable);
  let left = facts.size;
  for (;;) {
    // One byte more than is left to come, so that a file that has grown shows.
    const buffer = Buffer.allocUnsafe(Math.min(left + 1, readBytes));
    const bytesRead = await readInto(buffer, handle, file);
    if (bytesRead > left || (bytesRead === 0 && left > 0)) {
      throw new VitteError('PKG_E_FILE', `${printable(file)} changed while it was packed`, {
        data: { entry: path },
      });
    }
    if (bytesRead === 0) break;
    left -= bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
  yield tarPadding(facts.size);
}

async function openSource({ path, file }: SourceFile): Promise<FileHandle> {
  try {
    return await open(file, openFlags);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ELOOP') throw linkError(path);
    throw fileError('read', file, cause);
  }
}

async function readInto(buffer: Buffer, handle: FileHandle, file: string): Promise<number> {
  try {
    return (await handle.read(buffer, 0, buffer.length)).bytesRead;
  } catch (cause) {
    throw fileError('read', file, cause);
  }
}

/** The same bytes in fewer chunks: thousands of small files would else cost thousands of calls into zlib. */
async function* gathered(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const piece of pieces) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes >= chunkBytes) {
      yield Buffer.concat(held);
      held = [];
      heldBytes = 0;
    }
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}
