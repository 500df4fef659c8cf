import { open } from 'node:fs/promises';
import { VitteError } from '../core/errors.ts';

/** Reads a file of at most so many bytes, whatever its size is said to be. Throws PKG_E_FILE. */
export async function readSmallFile(path: string, bytesMax: number): Promise<Buffer> {
  const found = await readIfThere(path, bytesMax);
  if (found) return found;
  throw new VitteError('PKG_E_FILE', `there is no file ${path}`, { data: { file: path } });
}

/** The same; undefined where there is no file. */
export async function readIfThere(path: string, bytesMax: number): Promise<Buffer | undefined> {
  try {
    const file = await open(path);
    try {
      const pieces: Buffer[] = [];
      let size = 0;
      // One byte more than allowed is read, to tell the limit from the end.
      for await (const piece of file.createReadStream({ end: bytesMax, autoClose: false })) {
        pieces.push(piece);
        size += piece.length;
      }
      if (size > bytesMax) throw new VitteError('PKG_E_FILE', `${path} is over ${bytesMax} bytes`);
      return Buffer.concat(pieces, size);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof VitteError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') return undefined;
    throw new VitteError('PKG_E_FILE', `cannot read ${path}${code ? ` (${code})` : ''}`, { cause });
  }
}
