/**
 * Passes a source on until a signal aborts, then rejects with the signal's reason at once, even where the source
 * has stalled. The source is told to end; it is not waited for, since a stalled one would not answer.
 */
export async function* abortable<T>(
  source: AsyncIterable<T>,
  ...signals: (AbortSignal | undefined)[]
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  // One promise a piece: racing all pieces against one long-lived promise would keep a reaction for each.
  let interrupt = (_reason: unknown) => {};
  const watched = signals.filter((signal) => signal !== undefined);
  const onAbort = (event: Event) => interrupt((event.target as AbortSignal).reason);
  for (const signal of watched) signal.addEventListener('abort', onAbort);
  let pulling = false;
  try {
    for (;;) {
      for (const signal of watched) signal.throwIfAborted();
      pulling = true;
      const { done, value } = await new Promise<IteratorResult<T>>((resolve, reject) => {
        interrupt = reject;
        iterator.next().then(resolve, reject);
      });
      if (done) return;
      pulling = false;
      yield value;
    }
  } finally {
    for (const signal of watched) signal.removeEventListener('abort', onAbort);
    // A source that has ended or thrown needs no word, one that has stalled gives no answer.
    if (pulling) iterator.return?.().catch(() => {});
    else await iterator.return?.();
  }
}
