const sampleEveryMs = 20;

export type MemoryReport = { samples: number; baselineBytes: number; peakBytes: number };

/** Samples this process's resident memory while the body runs, and gives its worst beside what the body gave. */
export async function sampled<T>(body: () => Promise<T>): Promise<T & MemoryReport> {
  const baselineBytes = process.memoryUsage.rss();
  let peakBytes = baselineBytes;
  let samples = 0;
  const sample = () => {
    samples += 1;
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, sampleEveryMs);
  try {
    const value = await body();
    sample();
    return { ...value, samples, baselineBytes, peakBytes };
  } finally {
    clearInterval(timer);
  }
}
