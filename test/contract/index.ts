// What every adapter of the index must do: the promises of src/index/port.ts, one test each.
import type { Index } from '../../src/index/port.ts';
import { changeContract } from './index-changes.ts';
import { downloadContract } from './index-downloads.ts';
import { queueContract } from './index-queue.ts';
import { readContract } from './index-reads.ts';
import { replayContract } from './index-replay.ts';
import { stepContract } from './index-steps.ts';
import { waitContract } from './index-waits.ts';

/**
 * Opens an empty index whose ages are measured by `now`. `peer` is a second connection to the same index,
 * where the adapter has connections: what one does, the other must see.
 */
export type OpenIndex = (options: { now: () => number }) => Promise<{
  index: Index;
  peer?: Index;
  close(): Promise<void>;
}>;

/** Declares and runs the suites of the contract for one adapter. */
export function indexContract(name: string, open: OpenIndex) {
  queueContract(name, open);
  waitContract(name, open);
  stepContract(name, open);
  readContract(name, open);
  changeContract(name, open);
  downloadContract(name, open);
  replayContract(name, open);
}
