import { setTimeout as sleep } from 'node:timers/promises';

/** Time and chance, so that a test can hold both. */
export type Clock = {
  /** Milliseconds that only grow. */
  now(): number;
  /** Milliseconds since 1970. */
  timeOfDay(): number;
  /** From 0 to 1. */
  random(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
};

export const systemClock: Clock = {
  now: () => performance.now(),
  timeOfDay: () => Date.now(),
  random: () => Math.random(),
  async wait(ms, signal) {
    try {
      await sleep(ms, undefined, signal ? { signal } : {});
    } catch {
      signal?.throwIfAborted();
    }
  },
};
