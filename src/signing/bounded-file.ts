import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { VitteError } from '../core/errors.ts';

const pieceBytes = 64 * 1024;

/**
 * Reads a file or pipe whole, unless it is longer than `bytesMax`: then `tooLong` makes the error. Throws
 * PKG_E_FILE for what the system refuses, and the signal's reason.
 */
export async function readBoundedFile(
  path: string,
  bytesMax: number,
  tooLong: () => VitteError,
  signal?: AbortSignal,
): Promise<{ bytes: Buffer; stats: Stats }> {
  signal?.throwIfAborted();
  try {
    const file = await open(path);
    try {
      const stats = await file.stat();
      if (stats.size > bytesMax) throw tooLong();
      const pieces: Buffer[] = [];
      const buffer = Buffer.allocUnsafe(pieceBytes);
      // Counted as well: a pipe has no size, and a file may grow.
      for (let length = 0; ; ) {
        const { bytesRead } = await file.read(buffer);
        signal?.throwIfAborted();
        if (bytesRead === 0) return { bytes: Buffer.concat(pieces, length), stats };
        length += bytesRead;
        if (length > bytesMax) throw tooLong();
        pieces.push(Buffer.from(buffer.subarray(0, bytesRead)));
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw fileError('read', path, cause);
  }
}

/** PKG_E_FILE with the system's code in the message; a VitteError stays what it is. */
export function fileError(verb: 'read' | 'write', path: string, cause: unknown): VitteError {
  if (cause instanceof VitteError) return cause;
  const code = systemCode(cause);
  return new VitteError('PKG_E_FILE', `can not ${verb} ${path}${code ? ` (${code})` : ''}`, {
    cause,
  });
}

/** Such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
