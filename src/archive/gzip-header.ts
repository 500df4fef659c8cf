import { crc32 } from 'node:zlib';
import { refusal } from './refusal.ts';

/** The most that a gzip header with its optional fields may take. */
export const gzipHeaderBytesMax = 64 * 1024;

const flag = { text: 1, crc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 };

export type GzipHeaderReader = {
  /** Takes bytes up to the header's end and gives how many of them it took. */
  read(bytes: Uint8Array): number;
  complete(): boolean;
};

/**
 * Reads the header of a gzip member (RFC 1952, section 2.3), optional fields included and passed over. Throws
 * PKG_E_ARCHIVE_GZIP, and PKG_E_ARCHIVE_LIMIT for a header over 64 KiB.
 */
export function gzipHeader(): GzipHeaderReader {
  let bytesRead = 0;
  /** CRC-32 of the header so far; its low half is what FHCRC holds. */
  let crc = 0;
  const parse = parser();
  let done = parse.next().done === true;
  return { read, complete: () => done };

  function read(bytes: Uint8Array): number {
    let taken = 0;
    while (!done && taken < bytes.length) {
      const byte = bytes[taken] as number;
      taken += 1;
      bytesRead += 1;
      if (bytesRead > gzipHeaderBytesMax) {
        const why = `has a gzip header over ${gzipHeaderBytesMax} bytes`;
        throw refusal('PKG_E_ARCHIVE_LIMIT', undefined, why);
      }
      crc = crc32(Uint8Array.of(byte), crc);
      done = parse.next(byte).done === true;
    }
    return taken;
  }

  /** The grammar of the header; each `yield` stands for the next byte. */
  function* parser(): Generator<undefined, void, number> {
    if ((yield) !== 0x1f || (yield) !== 0x8b) throw gzipError('is not gzip');
    if ((yield) !== 8) throw gzipError('is compressed by another method than deflate');
    const flags = yield;
    if ((flags & flag.reserved) !== 0) throw gzipError('has reserved gzip flags set');
    for (let field = 0; field < 6; field += 1) yield; // MTIME, XFL, OS
    if (flags & flag.extra) {
      const low = yield;
      for (let left = low + 256 * (yield); left > 0; left -= 1) yield;
    }
    if (flags & flag.name) while ((yield) !== 0);
    if (flags & flag.comment) while ((yield) !== 0);
    if (flags & flag.crc) {
      const expected = crc & 0xffff;
      const low = yield;
      if (low + 256 * (yield) !== expected)
        throw gzipError('has a gzip header with a wrong checksum');
    }
  }
}

function gzipError(why: string) {
  return refusal('PKG_E_ARCHIVE_GZIP', undefined, why);
}
