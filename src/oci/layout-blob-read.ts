import { read as readFile } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { transferBuffers } from './buffer-pool.ts';
import { hasCode, onDisk } from './durable-file.ts';
import { blobPath } from './layout-paths.ts';
import type { BlobReadOptions, CallOptions } from './port.ts';
import type { Span } from './range.ts';

/** A blob's file. `stamp` is another one where something else was written in its place. */
export type BlobFile = { path: string; digest: Digest; size: number; stamp: string };

/** Large enough that a read costs more than asking for it. */
const pieceBytesMax = 256 * 1024;

/** The file of a blob in the layout of a folder, or undefined when there is none. */
export async function findBlobFile(
  folder: string,
  digest: Digest,
  options?: CallOptions,
): Promise<BlobFile | undefined> {
  options?.signal?.throwIfAborted();
  const path = blobPath(folder, digest);
  return onDisk('look for a blob', async () => {
    try {
      const { size, dev, ino, mtimeMs } = await stat(path);
      return { path, digest, size, stamp: `${dev}-${ino}-${mtimeMs}` };
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  });
}

/**
 * Yields a part of a file in pieces of at most 512 KiB, reading the next one while the consumer is busy with the last. Each
 * is a buffer of its own, since a consumer may keep it, unless they are `transient`: then the halves of one take turns.
 * The file is opened when the first piece is asked for: a body that nobody reads holds nothing open.
 */
export async function* readBlobFile(
  { path, digest, size }: BlobFile,
  span: Span,
  { transient = false, signal }: Pick<BlobReadOptions, 'transient' | 'signal'> = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await onDisk('open a blob', () => open(path, 'r'));
  const shared = transient ? transferBuffers.take() : undefined;
  const half = shared ? shared.length / 2 : pieceBytesMax;
  let torn = true;
  let position = span.start;
  let reads = 0;
  let reading = position < span.end ? onDisk('read a blob', read) : undefined;
  try {
    while (reading) {
      const piece = await reading;
      reading = position < span.end ? onDisk('read a blob', read) : undefined;
      reading?.catch(() => {}); // told to whoever asks for that piece
      signal?.throwIfAborted();
      yield piece;
    }
    torn = false;
  } finally {
    await reading?.catch(() => {});
    // Where the consumer left, its last piece may still be on its way out.
    if (shared) transferBuffers.give(shared, { torn });
    await handle.close();
  }

  async function read() {
    const piece = shared ? Math.min(half, transferBuffers.readBytes()) : half;
    const bytes = Math.min(piece, span.end - position);
    const from = (reads % 2) * half;
    const buffer = shared?.subarray(from, from + bytes) ?? Buffer.allocUnsafe(bytes);
    reads += 1;
    const bytesRead = await readInto(handle.fd, buffer, bytes, position);
    if (bytesRead === 0) {
      const message = `content of ${digest} ends before its ${size} bytes`;
      throw new VitteError('PKG_E_INTEGRITY', message, { data: { digest } });
    }
    position += bytesRead;
    return buffer.subarray(0, bytesRead);
  }
}

/** `FileHandle.read` makes several objects and promises more for each read. */
function readInto(fd: number, buffer: Buffer, bytes: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    readFile(fd, buffer, 0, bytes, position, (error, bytesRead) => {
      if (error) reject(error);
      else resolve(bytesRead);
    });
  });
}
