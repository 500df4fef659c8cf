// Run as a process of its own, with a storage URL and a size: stages and commits a blob of random bytes, reads it
// back, and prints as one line of JSON how much memory that took at its worst.
import { randomFillSync } from 'node:crypto';
import { openRemoteRegistry } from '../../../src/oci/remote/registry.ts';
import { type MemoryReport, sampled } from '../../support/memory-sampler.ts';

export type LargeBlobReport = MemoryReport & { pushedBytes: number; fetchedBytes: number };

const pieceBytes = 64 * 1024;
const [url = '', size = '0'] = process.argv.slice(2);

console.log(JSON.stringify(await sampled(roundTrip)));

async function roundTrip() {
  const registry = openRemoteRegistry({ url });
  const { blobs } = registry.repository('large');
  const staged = await blobs.stage(randomPieces(Number(size)));
  const { digest } = await staged.commit();
  let fetchedBytes = 0;
  for await (const piece of (await blobs.fetch(digest))!.body) fetchedBytes += piece.length;
  await registry.close();
  return { pushedBytes: staged.size, fetchedBytes };
}

/** The same piece over and over: what is measured is what the adapter takes, not what it is given. */
async function* randomPieces(bytes: number) {
  const piece = randomFillSync(Buffer.allocUnsafe(pieceBytes));
  for (let left = bytes; left > 0; left -= pieceBytes) yield piece.subarray(0, left);
}
