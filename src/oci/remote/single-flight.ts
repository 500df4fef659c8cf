/** Work that all who ask for it at the same time share. */
export type SingleFlight<T> = {
  /**
   * Begins the work under this key, or joins it. Each waits with a signal of its own, which ends the waiting and not
   * the work: the others go on.
   */
  run(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
};

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Promise<T>>();
  return {
    run(key, work, signal) {
      const flight =
        flights.get(key) ??
        work().finally(() => {
          flights.delete(key);
        });
      flights.set(key, flight);
      return untilAborted(flight, signal);
    },
  };
}

/** Waits for work that goes on without us when the signal aborts; rejects with the signal's reason then. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
