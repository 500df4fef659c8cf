import type { CallOptions } from './port.ts';

/**
 * Works off a list, in its order, with at most `limit` items under way; `work` may add to the list. After a failure
 * nothing more is begun, what is under way is told by its signal and waited for, and then the first failure is thrown:
 * when this ends, nothing goes on.
 */
export async function workOff<T>(
  list: T[],
  { limit, signal }: CallOptions & { limit: number },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failing = new AbortController();
  const ending = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal;
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    let begun = 0;
    let running = 0;
    begin();

    function begin() {
      while (!ending.aborted && running < limit && begun < list.length) {
        running += 1;
        void run(list[begun++] as T);
      }
      if (running > 0) return;
      if (ending.aborted) reject(ending.reason);
      else resolve();
    }

    async function run(item: T) {
      try {
        await work(item, ending);
      } catch (error) {
        failing.abort(error);
      }
      running -= 1;
      begin();
    }
  });
}
