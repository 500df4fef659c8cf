import { pipeline } from 'node:stream/promises';
import { constants, crc32, createDeflateRaw } from 'node:zlib';

/** No flags, no time, "slowest algorithm", system unknown: the same bytes on every platform. RFC 1952, 2.3. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);

/**
 * Compresses into one gzip member without name or time, at level 9. The deflate stream in it may differ
 * between builds of zlib; what it unpacks to does not. Errors of the source pass as they are.
 */
export async function* gzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let crc = 0;
  let bytes = 0;
  const deflater = createDeflateRaw({ level: constants.Z_BEST_COMPRESSION });
  const fed = pipeline(counted, deflater);
  fed.catch(() => {}); // the same error comes out of the deflater
  yield header;
  yield* deflater;
  await fed;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(bytes % 2 ** 32, 4);
  yield trailer;

  async function* counted() {
    for await (const chunk of source) {
      crc = crc32(chunk, crc);
      bytes += chunk.length;
      yield chunk;
    }
  }
}
