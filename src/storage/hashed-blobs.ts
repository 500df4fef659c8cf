import type { Digest } from '../core/digest.ts';
import type { PackageName } from '../core/name.ts';
import type { BlobRead, StagedBlob } from '../oci/port.ts';

/**
 * Which blobs this process has hashed, when they were published or first read, so that it need not hash them with
 * each download: hashing costs as much as all the rest of one. Their readers check the digest themselves.
 */
export type HashedBlobs = {
  /** True where the bytes of this stamp were hashed. A storage without stamps is believed to keep what it took. */
  has(name: PackageName, digest: Digest, stamp: string | undefined): boolean;
  /** Notes a blob once it is committed. */
  noteCommit(name: PackageName, staged: StagedBlob): StagedBlob;
  /** Notes a blob once its body was read to the end, which verifies it. */
  noteRead(name: PackageName, read: BlobRead): BlobRead;
};

/** 100 bytes each. The least recently noted goes first. */
const blobsMax = 20_000;

export function createHashedBlobs(): HashedBlobs {
  const stamps = new Map<string, string | undefined>();

  return {
    has,

    noteCommit: (name, staged) => ({
      ...staged,
      async commit(options) {
        const descriptor = await staged.commit(options);
        note(keyOf(name, staged.digest), undefined);
        return descriptor;
      },
    }),

    noteRead(name, read) {
      if (has(name, read.digest, read.stamp)) return read;
      const key = keyOf(name, read.digest);
      return { ...read, body: noted(read.body, () => note(key, read.stamp)) };
    },
  };

  function has(name: PackageName, digest: Digest, stamp: string | undefined) {
    const key = keyOf(name, digest);
    return stamps.has(key) && stamps.get(key) === stamp;
  }

  function note(key: string, stamp: string | undefined) {
    stamps.delete(key);
    stamps.set(key, stamp);
    if (stamps.size <= blobsMax) return;
    for (const oldest of stamps.keys()) {
      stamps.delete(oldest);
      break;
    }
  }
}

async function* noted(source: AsyncIterable<Uint8Array>, note: () => void) {
  yield* source;
  note();
}

function keyOf(name: PackageName, digest: Digest): string {
  return `${name} ${digest}`;
}
