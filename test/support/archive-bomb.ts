// Run as a process of its own, with the name of a bomb: inspects it and prints as one line of JSON what became
// of it and how much memory that took at its worst.
import { randomBytes } from 'node:crypto';
import { crc32, createDeflateRaw } from 'node:zlib';
import type { ArchiveLimits } from '../../src/archive/archive-limits.ts';
import { inspectArchive } from '../../src/archive/inspect.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { goodManifest } from './hostile-archives.ts';
import { type MemoryReport, sampled } from './memory-sampler.ts';
import {
  deflatePiece,
  octalSize,
  paxFile,
  plainGzipHeader,
  tarEnd,
  tarFile,
  tarHeader,
} from './tar-builder.ts';

export type BombReport = MemoryReport & { outcome: string; entry?: string; bytesRead: number };

const mebibyte = 1024 * 1024;
/** A document as large as may be without passing the floor of the ratio. */
const documentBytes = mebibyte - 8192;
const manifestFile = tarFile('vitte-package.json', JSON.stringify({ ...goodManifest, entry: 'a' }));

type Bomb = { limits?: Partial<ArchiveLimits>; bytes(): AsyncGenerator<Uint8Array> };

/** By name; the test has the outcome of each. */
export const bombs: Record<string, Bomb> = {
  'a file of 1 GiB of zeros': { bytes: () => zeroFile(1024) },
  'a file of 256 MiB of zeros with the ratio lifted': {
    limits: { ratioMax: 5000 },
    bytes: () => zeroFile(256),
  },
  '1 GiB of zeros that are no tar': { bytes: () => zeros(1024) },
  '50,001 files': { bytes: () => compressed(shortPaths(50_001)) },
  '50,000 files with the longest paths': { bytes: () => compressed(longPaths(50_000)) },
  'a gzip header that never ends': { bytes: endlessName },
  'a manifest of 4 GiB': {
    bytes: () => manifest(tarHeader({ name: 'vitte-package.json', size: octalSize(2 ** 32 - 1) })),
  },
  'a manifest of opening brackets': {
    bytes: () => manifest(tarFile('vitte-package.json', '['.repeat(documentBytes))),
  },
  'a manifest of empty lists': {
    bytes: () => manifest(tarFile('vitte-package.json', `[${'[],'.repeat(340_000)}[]]`)),
  },
  'a manifest of quotes that never close': {
    bytes: () => manifest(tarFile('vitte-package.json', `"${'\\"'.repeat(documentBytes / 2)}`)),
  },
  'a TOML manifest with one key of 500,000 parts': {
    bytes: () => manifest(tarFile('vitte.toml', `${'a.'.repeat(500_000)}a = 1`)),
  },
};

/** One file of so many MiB of zeros, and all else as it should be. */
async function* zeroFile(mebibytes: number) {
  const bytes = mebibytes * mebibyte;
  const head = tarHeader({ name: 'a', size: octalSize(bytes) });
  const tail = Buffer.concat([manifestFile, tarEnd]);
  const piece = Buffer.alloc(mebibyte);
  const packedPiece = deflatePiece(piece);
  yield plainGzipHeader;
  yield deflatePiece(head);
  let crc = crc32(head);
  for (let count = 0; count < mebibytes; count += 1) {
    crc = crc32(piece, crc);
    yield packedPiece;
  }
  yield deflatePiece(tail, true);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(tail, crc), 0);
  trailer.writeUInt32LE((head.length + bytes + tail.length) % 2 ** 32, 4);
  yield trailer;
}

async function* zeros(mebibytes: number) {
  yield plainGzipHeader;
  const piece = deflatePiece(Buffer.alloc(mebibyte));
  for (let count = 0; count < mebibytes; count += 1) yield piece;
}

/** Files whose paths are as long and as deep as may be, no two in one folder, with capitals for the folding. */
async function* longPaths(count: number) {
  for (let index = 2; index < count; index += 1) {
    const number = `B${String(index).padStart(6, '0')}`;
    const salt = randomBytes(120).toString('hex').toUpperCase();
    let path = number;
    for (let part = 0; part < 31; part += 1) path += `/${salt.slice(part * 7, part * 7 + 7)}`;
    yield paxFile(path);
  }
  yield tarFile('a', 'x');
  yield manifestFile;
  yield tarEnd;
}

function* shortPaths(count: number) {
  for (let index = 0; index < count; index += 1)
    yield tarFile(`f${String(index).padStart(6, '0')}`);
}

async function* manifest(file: Buffer) {
  yield* compressed([file, tarEnd], 9);
}

/** One gzip member with this content, not compressed at all unless a level is given. */
async function* compressed(content: Iterable<Buffer> | AsyncIterable<Buffer>, level = 0) {
  const deflater = createDeflateRaw({ level });
  let crc = 0;
  let size = 0;
  const fed = (async () => {
    for await (const chunk of gathered(content)) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      if (!deflater.write(chunk)) await new Promise((resolve) => deflater.once('drain', resolve));
    }
    deflater.end();
  })();
  yield plainGzipHeader;
  yield* deflater;
  await fed;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield trailer;
}

/** The same bytes in chunks of 64 KiB and more. */
async function* gathered(content: Iterable<Buffer> | AsyncIterable<Buffer>) {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const piece of content) {
    held.push(piece);
    bytes += piece.length;
    if (bytes < 64 * 1024) continue;
    yield Buffer.concat(held);
    held = [];
    bytes = 0;
  }
  yield Buffer.concat(held);
}

async function* endlessName() {
  yield Buffer.of(0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 255);
  for (;;) yield Buffer.alloc(16 * 1024, 'n');
}

async function inspectBomb({ bytes, limits }: Bomb) {
  const inspection = inspectArchive('vitmod', limits ? { limits } : {});
  let bytesRead = 0;
  const counted = async function* () {
    for await (const chunk of bytes()) {
      bytesRead += chunk.length;
      yield chunk;
    }
  };
  try {
    for await (const _ of inspection.through(counted()));
    return { outcome: `accepted, ${inspection.result().entries.length} files`, bytesRead };
  } catch (error) {
    if (!isVitteError(error)) throw error;
    const entry = error.data?.entry;
    return { outcome: error.code, bytesRead, ...(typeof entry === 'string' ? { entry } : {}) };
  }
}

const bomb = bombs[process.argv[2] ?? ''];
if (bomb) console.log(JSON.stringify(await sampled(() => inspectBomb(bomb))));
