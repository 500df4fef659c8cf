import { untilAborted } from './single-flight.ts';

/** One piece of work at a time under each key. */
export type Locks = {
  /** Waits for its turn, with a signal that ends the waiting, and does the work. */
  run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
};

export function createLocks(): Locks {
  const last = new Map<string, Promise<void>>();
  return {
    async run(key, work, signal) {
      const { promise: turn, resolve: leave } = Promise.withResolvers<void>();
      const before = last.get(key);
      // Who gives up waiting passes the turn on when it comes.
      const after = before ? before.then(() => turn) : turn;
      last.set(key, after);
      after.then(() => {
        if (last.get(key) === after) last.delete(key);
      });
      try {
        if (before) await untilAborted(before, signal);
        return await work();
      } finally {
        leave();
      }
    },
  };
}
