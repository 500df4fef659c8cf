import type { RemoteLimits } from './limits.ts';

/**
 * What a registry, or a proxy in front of it, was found to take in one request of an upload. It is learnt from answers
 * and forgotten after an hour, since proxies are set up anew. Bytes throughout.
 */
export type UploadHabits = {
  /** Whether content of this size is worth a PUT of all of it. */
  takesWhole(size: number): boolean;
  wholeRefused(size: number): void;
  /** Whether one PATCH may hold content of any length that is not told; undefined while that is not known. */
  streams(): boolean | undefined;
  noteStream(worked: boolean): void;
  /** The size of a chunk, where the registry wants at least `minimum`. */
  chunkBytes(minimum: number): number;
  /** Notes that a chunk of this size was too large; false where no smaller one is worth a try. */
  chunkRefused(size: number, minimum: number): boolean;
  /** What to try where a chunk of this size does not get through. */
  smallerChunk(size: number): number;
};

type Limits = Pick<RemoteLimits, 'chunkBytes' | 'chunkBytesSafe' | 'chunkBytesMin'>;

const ageMs = 60 * 60_000;
/** From 4 MiB to 1 MiB, which is what nginx takes, to 256 KiB. */
const shrinkFactor = 4;

export function createUploadHabits(limits: Limits, now: () => number): UploadHabits {
  let wholeBytesMax = Number.POSITIVE_INFINITY;
  let chunkBytesMax = limits.chunkBytes;
  let streaming: boolean | undefined;
  let until = 0;

  return {
    takesWhole(size) {
      forget();
      return size < wholeBytesMax;
    },

    wholeRefused(size) {
      learn();
      wholeBytesMax = Math.min(wholeBytesMax, size);
      streaming = false;
    },

    streams() {
      forget();
      return streaming;
    },

    noteStream(worked) {
      learn();
      streaming = worked;
    },

    chunkBytes(minimum) {
      forget();
      return Math.max(chunkBytesMax, minimum);
    },

    chunkRefused(size, minimum) {
      const next = smallerChunk(size);
      if (next >= size || next < minimum || next < limits.chunkBytesMin) return false;
      learn();
      chunkBytesMax = Math.min(chunkBytesMax, next);
      streaming = false;
      return true;
    },

    smallerChunk,
  };

  function smallerChunk(size: number): number {
    return size > limits.chunkBytesSafe ? limits.chunkBytesSafe : Math.ceil(size / shrinkFactor);
  }

  function learn() {
    forget();
    if (until === 0) until = now() + ageMs;
  }

  function forget() {
    if (until === 0 || now() < until) return;
    wholeBytesMax = Number.POSITIVE_INFINITY;
    chunkBytesMax = limits.chunkBytes;
    streaming = undefined;
    until = 0;
  }
}
