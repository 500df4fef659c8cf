import { VitteError } from '../core/errors.ts';
import type { Content } from './port.ts';

/** Content to push as a stream. A factory is called anew each time. */
export function streamOf(content: Content): AsyncIterable<Uint8Array> {
  return content instanceof Uint8Array ? once(content) : content();
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}

/** Reads a stream into memory. PKG_E_STORAGE_ANSWER when it holds more than `bytesMax`. */
export async function collect(
  source: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<Buffer<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of source) {
    size += piece.length;
    if (size > bytesMax) {
      throw new VitteError('PKG_E_STORAGE_ANSWER', `content is over ${bytesMax} bytes`);
    }
    pieces.push(new Uint8Array(piece));
  }
  return Buffer.concat(pieces);
}
