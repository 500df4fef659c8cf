import { availableParallelism, totalmem } from 'node:os';
import { resolveLimits } from '../resolve/limits.ts';
import type { PoolOptions } from '../resolve/pool.ts';

const mib = 1024 * 1024;
const memoryMibMin = 32;
const memoryMibMax = 1024;
const workersMax = 4;
const bytesPerWord = 4;

/**
 * What the threads that resolve may use: a quarter of the memory that this process may have, a container's limit
 * included, and half of that for what a search has learned, so that no graph, however hostile, ends the service; and
 * all processors but the one that answers. A process with less than 128 MiB gives more than that to its one thread.
 */
export function resolverBounds(
  memory: number = memoryLimit(),
  processors: number = availableParallelism(),
): PoolOptions {
  const affordable = Math.floor(memory / 4 / mib / memoryMibMin);
  const workers = Math.max(1, Math.min(workersMax, processors - 1, affordable));
  const share = Math.floor(memory / 4 / workers / mib);
  const memoryMib = Math.max(memoryMibMin, Math.min(memoryMibMax, share));
  // What a search has learned lies beside the heap, which the thread's own limit does not see.
  const wordsMax = Math.min(resolveLimits.wordsMax, (memoryMib * mib) / 2 / bytesPerWord);
  return { workersMax: workers, memoryMib, limits: { wordsMax } };
}

/** In bytes. Without a limit of its own the process has the machine's memory. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
