/**
 * Large buffers that are used again and again. A new one for each read costs more than the read itself: the kernel
 * has to find its pages, and the collector has to find out that nobody needs them.
 */
export type BufferPool = {
  /** A buffer for one transfer: a large one, or a small one where many are under way. */
  take(): Buffer;
  /** Takes a buffer back: to be used again, or `torn` where somebody may still read or write it. */
  give(buffer: Buffer, options?: { torn?: boolean }): void;
  /** How much one transfer may read at once, by how many there are: all others wait for it. */
  readBytes(): number;
};

export type PoolSizes = {
  largeBytes: number;
  smallBytes: number;
  /** While so many are in use, further ones are small. */
  largeMax: number;
  /** So many small ones are kept for those who come next, and all of the large ones. */
  smallKeptMax: number;
  /** What all transfers together may read in one turn of the event loop; each at least half of a small buffer. */
  turnBytes: number;
};

export function createBufferPool(sizes: PoolSizes): BufferPool {
  const { largeBytes, smallBytes, largeMax, smallKeptMax, turnBytes } = sizes;
  const kept = { large: [] as Buffer[], small: [] as Buffer[] };
  let inUse = 0;
  return {
    take() {
      const size = inUse < largeMax ? 'large' : 'small';
      inUse += 1;
      const bytes = size === 'large' ? largeBytes : smallBytes;
      return kept[size].pop() ?? Buffer.allocUnsafeSlow(bytes);
    },
    give(buffer, { torn = false } = {}) {
      inUse -= 1;
      if (torn) return;
      if (buffer.length === largeBytes) kept.large.push(buffer);
      else if (kept.small.length < smallKeptMax) kept.small.push(buffer);
    },
    readBytes: () => Math.max(smallBytes / 2, Math.floor(turnBytes / Math.max(1, inUse))),
  };
}

/**
 * For whatever passes blobs on: 64 at once take 15 MB. Reading and writing two megabytes takes some milliseconds, which
 * is what a small request may have to wait for beside them.
 */
export const transferBuffers = createBufferPool({
  largeBytes: 1024 * 1024,
  smallBytes: 128 * 1024,
  largeMax: 8,
  smallKeptMax: 56,
  turnBytes: 2 * 1024 * 1024,
});
