import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Descriptor } from '../core/descriptor.ts';
import { digestOfHex } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { annotations } from '../core/media-types.ts';
import { abortable } from './abortable.ts';
import type { CallOptions, Content } from './port.ts';

/** Fewer turns through file and socket than with the usual 64 KiB. */
const pieceBytes = 512 * 1024;

export type FileContent = { descriptor: Descriptor; content: Content };

/**
 * A file as content to push: its descriptor, and a factory that opens it. With `title` it is what `oras pull` writes
 * it as, with `/` between the parts of a path. The file is read once here and once for each push; one that changes
 * between is refused then (PKG_E_INTEGRITY). PKG_E_FILE where it can't be read.
 */
export async function fileContent(
  path: string,
  {
    title,
    mediaType = 'application/octet-stream',
    signal,
  }: CallOptions & { title?: string; mediaType?: string } = {},
): Promise<FileContent> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of abortable(read(path), signal)) {
    hash.update(piece);
    size += piece.length;
  }
  const notes = title === undefined ? {} : { annotations: { [annotations.title]: title } };
  const descriptor = { mediaType, digest: digestOfHex(hash.digest('hex')), size, ...notes };
  return { descriptor, content: () => read(path) };
}

async function* read(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const piece of createReadStream(path, { highWaterMark: pieceBytes }))
      yield piece as Uint8Array;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new VitteError('PKG_E_FILE', `${path} cannot be read (${code})`, { cause });
  }
}
