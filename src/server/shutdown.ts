const signals = ['SIGINT', 'SIGTERM'] as const;
export type StopSignal = (typeof signals)[number];

/** The part of `process` that is needed here. */
export type SignalSource = {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
};

/**
 * Calls `first` at the first SIGINT or SIGTERM and `again` at the next ones. Gives a function that stops listening.
 */
export function onStopSignals(
  source: SignalSource,
  actions: { first: () => void; again: (signal: StopSignal) => void },
): () => void {
  let told = false;
  const listener = (signal: StopSignal) => {
    if (told) actions.again(signal);
    else actions.first();
    told = true;
  };
  for (const signal of signals) source.on(signal, listener);
  return () => {
    for (const signal of signals) source.off(signal, listener);
  };
}
