import { createHash } from 'node:crypto';
import type { Descriptor } from '../core/descriptor.ts';
import { algorithmOf, type Digest, digestOfHex, sha256 } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';

/**
 * Passes content on while hashing and counting it. The piece that completes `size` is held back until the digest
 * is known to be right and the source to have ended, so that whoever got every byte got the right ones. Rejects
 * with PKG_E_INTEGRITY on short, long or wrong content. Pieces are passed on as they are; only of a source that uses
 * its memory again (`transient`) the one that is held back is copied.
 */
export async function* verified(
  source: AsyncIterable<Uint8Array>,
  expected: Pick<Descriptor, 'digest' | 'size'>,
  { transient = false }: { transient?: boolean } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const algorithm = algorithmOf(expected.digest);
  const hash = createHash(algorithm);
  let size = 0;
  let last: Uint8Array | undefined;
  for await (const piece of source) {
    if (piece.length === 0) continue;
    size += piece.length;
    if (size > expected.size) throw wrongSize(expected, `more than ${expected.size}`);
    hash.update(piece);
    if (size < expected.size) yield piece;
    else last = transient ? Buffer.from(piece) : piece;
  }
  if (size < expected.size) throw wrongSize(expected, `${size} instead of ${expected.size}`);
  const digest = `${algorithm}:${hash.digest('hex')}` as Digest;
  if (digest !== expected.digest) throw wrongDigest(expected.digest, digest);
  if (last) yield last;
}

/** The same check of content that lies in memory. Throws PKG_E_INTEGRITY. */
export function verifyBytes(
  bytes: Uint8Array,
  expected: Pick<Descriptor, 'digest' | 'size'>,
): void {
  if (bytes.length !== expected.size) {
    throw wrongSize(expected, `${bytes.length} instead of ${expected.size}`);
  }
  const algorithm = algorithmOf(expected.digest);
  const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
  if (digest !== expected.digest) throw wrongDigest(expected.digest, digest);
}

/** The digest of a manifest: its sha256, or the one that it is wanted under. PKG_E_INTEGRITY where that is another's. */
export function manifestDigest(bytes: Uint8Array, wanted: Digest | undefined): Digest {
  if (wanted === undefined) return sha256(bytes);
  verifyBytes(bytes, { digest: wanted, size: bytes.length });
  return wanted;
}

/** Passes content on while hashing and counting it; `result` tells what came, once `body` has ended. */
export function measured(source: AsyncIterable<Uint8Array>): {
  body: AsyncIterable<Uint8Array>;
  result(): { digest: Digest; size: number };
} {
  const hash = createHash('sha256');
  let size = 0;
  async function* body() {
    for await (const piece of source) {
      size += piece.length;
      hash.update(piece);
      yield piece;
    }
  }
  return { body: body(), result: () => ({ digest: digestOfHex(hash.digest('hex')), size }) };
}

function wrongSize({ digest }: { digest: Digest }, bytes: string) {
  return new VitteError('PKG_E_INTEGRITY', `content of ${digest} has ${bytes} bytes`, {
    data: { digest },
  });
}

function wrongDigest(expected: Digest, found: Digest) {
  return new VitteError('PKG_E_INTEGRITY', `content of ${expected} has the digest ${found}`, {
    data: { digest: expected, found },
  });
}
