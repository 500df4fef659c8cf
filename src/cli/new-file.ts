import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { VitteError } from '../core/errors.ts';
import { withFileBeside } from './temporary-files.ts';

/**
 * Writes a file whole or not at all, in place of one that is there. `mode` is what the umask then narrows.
 * Throws PKG_E_FILE.
 */
export async function replaceFile(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  mode = 0o666,
): Promise<void> {
  await withFileBeside(path, async (temporary) => {
    await writeFileTo(temporary, content, mode);
    await renameOver(temporary, path);
  });
}

/** Writes a file that must not exist yet, flushed to the disk. Throws PKG_E_FILE; the source's errors pass. */
export async function writeFileTo(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  mode = 0o666,
): Promise<void> {
  const file = await open(path, 'wx', mode).catch((cause) => {
    throw fileError(path, cause);
  });
  try {
    if (content instanceof Uint8Array) await write(content);
    else for await (const piece of content) await write(piece);
    await file.sync();
  } finally {
    await file.close();
  }

  async function write(piece: Uint8Array) {
    await file.writeFile(piece).catch((cause) => {
      throw fileError(path, cause);
    });
  }
}

/** Writes the content of a file into something that is there and is no file, such as a pipe. Throws PKG_E_FILE. */
export async function writeThrough(path: string, from: string): Promise<void> {
  try {
    await pipeline(createReadStream(from), createWriteStream(path));
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** Gives a finished file its name, in place of one that is there. Throws PKG_E_FILE. */
export async function renameOver(temporary: string, path: string): Promise<void> {
  await rename(temporary, path).catch((cause) => {
    throw fileError(path, cause);
  });
}

function fileError(path: string, cause: unknown) {
  const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
  return new VitteError('PKG_E_FILE', `cannot write ${path}${code}`, { cause });
}
