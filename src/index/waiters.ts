/** The longest delay that a timer takes (beyond it, setTimeout fires at once). */
const timerMsMax = 2 ** 31 - 1;

export type WaitOptions = { timeoutMs: number; signal?: AbortSignal };

/** Waits by key. Each ends with a value, its time limit, its signal, or an error for all. */
export type Waiters<T> = {
  /** The value that `wake` brings for this key; undefined after `timeoutMs`. Rejects with the signal's reason. */
  wait(key: string, options: WaitOptions): Promise<T | undefined>;
  wake(key: string, value: T): void;
  /** Ends every wait with this error. */
  fail(error: Error): void;
};

type Waiter<T> = { resolve(value: T): void; reject(error: unknown): void };

export function openWaiters<T>(): Waiters<T> {
  const waiting = new Map<string, Set<Waiter<T>>>();
  return { wait, wake, fail };

  async function wait(key: string, { timeoutMs, signal }: WaitOptions): Promise<T | undefined> {
    signal?.throwIfAborted();
    if (timeoutMs <= 0) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    const waiter: Waiter<T> = { resolve, reject };
    const abort = () => reject(signal?.reason);
    const timer = setTimeout(() => resolve(undefined), Math.min(timeoutMs, timerMsMax));
    signal?.addEventListener('abort', abort, { once: true });
    const group = waiting.get(key) ?? new Set();
    waiting.set(key, group.add(waiter));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      group.delete(waiter);
      if (group.size === 0 && waiting.get(key) === group) waiting.delete(key);
    }
  }

  function wake(key: string, value: T) {
    for (const waiter of take(key)) waiter.resolve(value);
  }

  function fail(error: Error) {
    for (const key of [...waiting.keys()]) {
      for (const waiter of take(key)) waiter.reject(error);
    }
  }

  function take(key: string) {
    const group = waiting.get(key) ?? [];
    waiting.delete(key);
    return group;
  }
}
