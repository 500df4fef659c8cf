import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import type { BlobStore, CallOptions } from '../oci/port.ts';

/** Reads a whole blob into memory. PKG_E_STORE_FORMAT where it is gone or over the limit. */
export async function readSmallBlob(
  blobs: BlobStore,
  digest: Digest,
  bytesMax: number,
  options?: CallOptions,
): Promise<Buffer> {
  const bytes = await findSmallBlob(blobs, digest, bytesMax, options);
  if (bytes) return bytes;
  throw new VitteError('PKG_E_STORE_FORMAT', `blob ${digest} is gone from the store`);
}

/** The same; undefined where it is gone. */
export async function findSmallBlob(
  blobs: BlobStore,
  digest: Digest,
  bytesMax: number,
  options?: CallOptions,
): Promise<Buffer | undefined> {
  const read = await blobs.fetch(digest, options);
  if (!read) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of read.body) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      throw new VitteError('PKG_E_STORE_FORMAT', `blob ${digest} is over ${bytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
