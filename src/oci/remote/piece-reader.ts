/** Reads a source by amounts rather than by the pieces that it comes in. */
export type PieceReader = {
  /** The next bytes, as many as are asked for; fewer only at the end of the source. */
  take(bytes: number): Promise<Buffer<ArrayBuffer>>;
  /** What is left, as it comes. */
  rest(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Tells the source to end; does not wait for it, since a stalled one would not answer. */
  close(): void;
};

/** A reader of this source, which it alone reads from then on. */
export function readPieces(source: AsyncIterable<Uint8Array>): PieceReader {
  const iterator = source[Symbol.asyncIterator]();
  let left: Uint8Array = new Uint8Array(0);
  let ended = false;

  /** The next piece that is not empty; undefined at the end. */
  async function next(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (left.length > 0) {
        const piece = left;
        left = left.subarray(left.length);
        return piece;
      }
      if (ended) return undefined;
      const { done, value } = await iterator.next();
      if (done) ended = true;
      else left = value;
    }
  }

  return {
    async take(bytes) {
      const pieces: Uint8Array[] = [];
      let size = 0;
      while (size < bytes) {
        const piece = await next();
        if (piece === undefined) break;
        const part = piece.subarray(0, bytes - size);
        left = piece.subarray(part.length);
        pieces.push(part);
        size += part.length;
      }
      return Buffer.concat(pieces, size);
    },

    async *rest() {
      try {
        for (;;) {
          const piece = await next();
          if (piece === undefined) return;
          yield piece;
        }
      } finally {
        await iterator.return?.();
      }
    },

    close() {
      ended = true;
      iterator.return?.().catch(() => {});
    },
  };
}
