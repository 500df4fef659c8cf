import type { ArchiveKind } from '../core/media-types.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { parseEntryPath, pathSequence } from './path-rules.ts';
import { isPaxHeaderName, isStandInName, needsPax, pathOfPaxRecord } from './pax-header.ts';
import { refusal } from './refusal.ts';
import { executableMode, plainMode } from './tar-writer.ts';
import { blockBytes, decodeHeader, type Header, isZero } from './ustar-header.ts';

/** What a tar stream says, in its order: for each file one `file`, its content in pieces, one `close`. */
export type TarEvent =
  | { type: 'file'; path: string; bytes: number; executable: boolean }
  | { type: 'content'; bytes: Buffer }
  | { type: 'close' };

export type TarReader = {
  /** Takes the next bytes, however they are cut, and gives what they say. */
  read(piece: Buffer): Generator<TarEvent>;
  /** Says that the stream is over. */
  finish(): void;
};

type State = 'header' | 'pax' | 'content' | 'padding' | 'end' | 'over';

/**
 * Reads a tar stream of the canonical profile (spec/archive.md) and refuses every other at the first byte
 * that differs. Memory is one block and the paths. Throws PKG_E_ARCHIVE_… with the entry's name.
 */
export function tarReader(kind: ArchiveKind, limits: ArchiveLimits): TarReader {
  const block = Buffer.alloc(blockBytes);
  const paths = pathSequence();
  let filled = 0;
  let state: State = 'header';
  /** The entry being read, for messages. */
  let entry: string | undefined;
  /** The path that a pax header gave to the next file. */
  let paxPath: string | undefined;
  let paxName = Buffer.alloc(0);
  let paxBytes = 0;
  let contentLeft = 0;
  let paddingLeft = 0;
  let entries = 0;
  let unpackedBytes = 0;
  return { read, finish };

  function* read(piece: Buffer): Generator<TarEvent> {
    let at = 0;
    while (at < piece.length) {
      if (state === 'content') {
        const bytes = piece.subarray(at, at + contentLeft);
        at += bytes.length;
        contentLeft -= bytes.length;
        yield { type: 'content', bytes };
        if (contentLeft === 0) yield* closeFile();
      } else if (state === 'padding') {
        const bytes = piece.subarray(at, at + paddingLeft);
        at += bytes.length;
        paddingLeft -= bytes.length;
        if (!isZero(bytes)) {
          throw refusal('PKG_E_ARCHIVE_HEADER', entry, 'is padded with bytes other than zero');
        }
        if (paddingLeft === 0) state = 'header';
      } else if (state === 'over') {
        throw refusal('PKG_E_ARCHIVE_TRAILING', undefined, 'goes on after its two zero blocks');
      } else {
        const taken = piece.copy(block, filled, at, at + blockBytes - filled);
        at += taken;
        filled += taken;
        if (filled === blockBytes) {
          filled = 0;
          yield* takeBlock();
        }
      }
    }
  }

  function* takeBlock(): Generator<TarEvent> {
    if (state === 'pax') takePaxRecord();
    else if (state === 'end') takeSecondZeroBlock();
    else if (isZero(block)) takeFirstZeroBlock();
    else {
      const header = decodeHeader(block, paxPath);
      if (header.type === 'pax') takePaxHeader(header);
      else yield* takeFile(header);
    }
  }

  function* takeFile(header: Header): Generator<TarEvent> {
    const path = entryPath(header);
    entry = path;
    paxPath = undefined;
    entries += 1;
    if (entries > limits.entriesMax) {
      throw refusal('PKG_E_ARCHIVE_LIMIT', path, `is one file over ${limits.entriesMax}`);
    }
    const executable = kind === 'vitpkg' && header.mode === executableMode;
    if (header.mode !== plainMode && !executable) {
      const allowed = kind === 'vitpkg' ? '0644 or 0755' : '0644';
      const mode = header.mode.toString(8).padStart(4, '0');
      throw refusal('PKG_E_ARCHIVE_HEADER', path, `has mode ${mode}, not ${allowed}`);
    }
    paths.add(path);
    unpackedBytes += header.bytes;
    if (unpackedBytes > limits.unpackedBytesMax) {
      const most = limits.unpackedBytesMax;
      throw refusal('PKG_E_ARCHIVE_LIMIT', path, `takes the files over ${most} bytes together`);
    }
    contentLeft = header.bytes;
    paddingLeft = (blockBytes - (header.bytes % blockBytes)) % blockBytes;
    yield { type: 'file', path, bytes: header.bytes, executable };
    if (contentLeft > 0) state = 'content';
    else yield* closeFile();
  }

  function* closeFile(): Generator<TarEvent> {
    state = paddingLeft > 0 ? 'padding' : 'header';
    yield { type: 'close' };
  }

  function entryPath(header: Header): string {
    if (paxPath === undefined) {
      if (header.name.some((byte) => byte > 0x7f)) {
        throw refusal(
          'PKG_E_ARCHIVE_PATH',
          header.name.toString(),
          'is beyond ASCII without a pax header',
        );
      }
      return parseEntryPath(header.name, kind, limits);
    }
    if (!isStandInName(header.name, paxPath)) {
      throw refusal('PKG_E_ARCHIVE_HEADER', paxPath, 'has another name in its ustar header', {
        data: { name: header.name.toString() },
      });
    }
    return paxPath;
  }

  function takePaxHeader(header: Header) {
    const name = header.name.toString();
    const wrong = (why: string) => refusal('PKG_E_ARCHIVE_HEADER', paxPath ?? name, why);
    if (paxPath !== undefined) throw wrong('has a second pax header');
    entry = name;
    if (header.mode !== plainMode && header.mode !== 0) {
      throw wrong('is a pax header whose mode is neither 0644 nor 0000');
    }
    if (header.bytes === 0) throw wrong('is an empty pax header');
    if (header.bytes > blockBytes) {
      throw refusal('PKG_E_ARCHIVE_LIMIT', name, `is a pax header over ${blockBytes} bytes`);
    }
    paxName = Buffer.from(header.name);
    paxBytes = header.bytes;
    state = 'pax';
  }

  function takePaxRecord() {
    const name = paxName.toString();
    if (!isZero(block.subarray(paxBytes))) {
      throw refusal('PKG_E_ARCHIVE_HEADER', name, 'is padded with bytes other than zero');
    }
    const path = parseEntryPath(pathOfPaxRecord(block.subarray(0, paxBytes), name), kind, limits);
    const wrong = (why: string) => {
      return refusal('PKG_E_ARCHIVE_HEADER', path, why, { data: { name } });
    };
    if (!needsPax(path)) throw wrong('has a pax header that its path does not need');
    if (!isPaxHeaderName(paxName, path)) throw wrong('has a pax header of another name');
    paxPath = path;
    entry = path;
    state = 'header';
  }

  function takeFirstZeroBlock() {
    if (paxPath !== undefined) {
      throw refusal('PKG_E_ARCHIVE_HEADER', paxPath, 'has a pax header and no file after it');
    }
    entry = undefined;
    state = 'end';
  }

  function takeSecondZeroBlock() {
    if (!isZero(block)) {
      throw refusal('PKG_E_ARCHIVE_TRAILING', undefined, 'goes on after its first zero block');
    }
    state = 'over';
  }

  function finish() {
    if (state === 'content' || state === 'padding' || state === 'pax') {
      throw refusal('PKG_E_ARCHIVE_TRUNCATED', entry, 'is cut short');
    }
    if (paxPath !== undefined) {
      throw refusal('PKG_E_ARCHIVE_TRUNCATED', paxPath, 'is cut short after its pax header');
    }
    if (state !== 'over') {
      throw refusal('PKG_E_ARCHIVE_TRUNCATED', undefined, 'ends without its two zero blocks');
    }
    paths.finish();
    if (entries === 0) throw refusal('PKG_E_ARCHIVE_EMPTY', undefined, 'holds no file');
  }
}
