/**
 * The same values as the source gives; when the signal aborts, it throws the signal's reason at once, even
 * while the source is silent.
 */
export async function* abortable<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  let cancel: (reason: unknown) => void = () => {};
  const onAbort = () => cancel(signal.reason);
  signal.addEventListener('abort', onAbort);
  let over = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const step = await new Promise<IteratorResult<T>>((resolve, reject) => {
        cancel = reject;
        iterator.next().then(resolve, reject);
      });
      if (step.done) {
        over = true;
        return;
      }
      yield step.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!over) {
      const closing = Promise.resolve(iterator.return?.()).catch(() => {});
      // A generator takes `return` only after its pending `next`, which after an abort may never come.
      if (!signal.aborted) await closing;
    }
  }
}
