import { crc32 } from 'node:zlib';
import type { ArchiveLimits } from './archive-limits.ts';
import { gzipHeader } from './gzip-header.ts';
import { rawInflater } from './raw-inflater.ts';
import { refusal } from './refusal.ts';

/** An archive that unpacks to less than this is never refused for its ratio. */
export const ratioFloorBytes = 1024 * 1024;
/** The ratio is judged at each multiple of so many bytes of the archive, and at its end. */
export const ratioStepBytes = 16 * 1024;

export type GzipReader = {
  /** Takes the next bytes, however they are cut, and gives what they unpack to. */
  read(chunk: Uint8Array): AsyncGenerator<Buffer>;
  /** Says that the archive is over. */
  finish(): void;
  /** Lets go of the inflater. */
  close(): void;
};

/**
 * Unpacks one gzip member that is followed by nothing (RFC 1952), strictly: node:zlib's own gunzip passes over
 * trailing bytes and joins members. Memory is bounded whatever the input. Throws PKG_E_ARCHIVE_GZIP,
 * _TRUNCATED, _TRAILING, and _LIMIT for the ratio.
 *
 * The ratio is judged at fixed offsets of the archive, where what it has unpacked to so far does not depend on
 * how the bytes arrived; in between only when the next of these offsets can't but be refused.
 */
export function gzipReader(limits: Pick<ArchiveLimits, 'ratioMax'>): GzipReader {
  const header = gzipHeader();
  const inflater = rawInflater();
  const trailer = Buffer.alloc(8);
  let trailerFilled = 0;
  let state: 'header' | 'body' | 'trailer' | 'over' = 'header';
  let archiveBytes = 0;
  let unpackedBytes = 0;
  let crc = 0;
  return { read, finish, close: inflater.close };

  async function* read(chunk: Uint8Array): AsyncGenerator<Buffer> {
    let at = 0;
    while (at < chunk.length) {
      const toStep = ratioStepBytes - (archiveBytes % ratioStepBytes);
      const slice = chunk.subarray(at, at + toStep);
      at += slice.length;
      yield* readSlice(slice, archiveBytes + toStep);
      archiveBytes += slice.length;
    }
  }

  async function* readSlice(slice: Uint8Array, nextStep: number): AsyncGenerator<Buffer> {
    let rest = slice;
    if (state === 'header') {
      rest = rest.subarray(header.read(rest));
      if (header.complete()) state = 'body';
    }
    if (state === 'body' && rest.length > 0) {
      for await (const piece of inflater.inflate(rest)) {
        unpackedBytes += piece.length;
        checkRatio(nextStep); // what will have been unpacked there can't be less
        crc = crc32(piece, crc);
        yield piece;
      }
      rest = rest.subarray(rest.length - inflater.unusedBytes());
      if (inflater.ended()) state = 'trailer';
    }
    if (state === 'trailer') {
      const taken = Math.min(rest.length, trailer.length - trailerFilled);
      trailer.set(rest.subarray(0, taken), trailerFilled);
      trailerFilled += taken;
      rest = rest.subarray(taken);
      if (trailerFilled === trailer.length) checkTrailer();
    }
    if (state === 'over' && rest.length > 0) {
      throw refusal('PKG_E_ARCHIVE_TRAILING', undefined, 'goes on after its gzip member');
    }
  }

  function checkTrailer() {
    if (trailer.readUInt32LE(0) !== crc) {
      throw refusal(
        'PKG_E_ARCHIVE_GZIP',
        undefined,
        'does not have the CRC-32 that its gzip trailer says',
      );
    }
    if (trailer.readUInt32LE(4) !== unpackedBytes % 2 ** 32) {
      throw refusal(
        'PKG_E_ARCHIVE_GZIP',
        undefined,
        'does not have the size that its gzip trailer says',
      );
    }
    state = 'over';
  }

  function checkRatio(bytes: number) {
    if (unpackedBytes > Math.max(ratioFloorBytes, limits.ratioMax * bytes)) {
      const why = `unpacks to over ${limits.ratioMax} times its size`;
      throw refusal('PKG_E_ARCHIVE_LIMIT', undefined, why);
    }
  }

  function finish() {
    if (archiveBytes === 0) throw refusal('PKG_E_ARCHIVE_EMPTY', undefined, 'has no bytes');
    if (state !== 'over') {
      throw refusal('PKG_E_ARCHIVE_TRUNCATED', undefined, 'is cut short inside its gzip member');
    }
    checkRatio(archiveBytes);
  }
}
