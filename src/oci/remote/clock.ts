import { setTimeout as sleep } from 'node:timers/promises';

/** Time and chance, so that a test can hold both. */
export type Clock = {
  /** Milliseconds that only grow. */
  now(): number;
  /** Milliseconds since 1970. */
  timeOfDay(): number;
  /** From 0 to 1. */
  random(): number;
  /**
   * Resolves after so many milliseconds; rejects with the signal's reason. With `idle` a process that has nothing else
   * to do ends without it.
   */
  wait(ms: number, signal?: AbortSignal, options?: { idle?: boolean }): Promise<void>;
};

export const systemClock: Clock = {
  now: () => performance.now(),
  timeOfDay: () => Date.now(),
  random: () => Math.random(),
  async wait(ms, signal, { idle = false } = {}) {
    try {
      await sleep(ms, undefined, { ref: !idle, ...(signal ? { signal } : {}) });
    } catch {
      signal?.throwIfAborted();
    }
  },
};
