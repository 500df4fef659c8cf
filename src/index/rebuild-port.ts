// Making an index anew while others go on with the one that stands.
import type { JournalHead } from '../core/journal-entry.ts';
import type { CallOptions, Index } from './port.ts';

/** How an index is made anew. What one way has begun, the other does not go on with. */
export const rebuildModes = ['snapshots', 'deep'] as const;
export type RebuildMode = (typeof rebuildModes)[number];

export type IndexRebuild = {
  /** The index that is being made: empty, or as far as an interrupted attempt came. Nobody else sees it. */
  index: Index;
  /** The one that stands, and that everybody goes on with; absent where there is none beside this process's own. */
  standing?: Index;
  /**
   * Puts what was made in the place of what stands, in one step: true then, and `index` is of no more use. False, and
   * nothing is changed, where the standing index is at another head than `at`, or the made one at another than `made`.
   */
  replace(at: JournalHead | undefined, made: JournalHead, options?: CallOptions): Promise<boolean>;
  close(): Promise<void>;
};
