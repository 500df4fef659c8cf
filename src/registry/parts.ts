import type { StepObserver } from '../core/publish-steps.ts';
import type { Index } from '../index/port.ts';
import type { Search } from '../index/search-port.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import type { VersionStore } from '../storage/version-store.ts';
import type { Journal } from '../sync/journal.ts';
import type { Reader } from '../sync/reader.ts';
import type { SearchFollower } from '../sync/search-follower.ts';

/** What the use cases work with, made by composition. */
export type Parts = {
  versions: VersionStore;
  journalStore: JournalStore;
  index: Index;
  reader: Reader;
  journal: Journal;
  search: Search;
  searchFollower: SearchFollower;
  observe?: StepObserver;
  /** Told of failures that the caller does not hear of. */
  onError: (error: unknown) => void;
};
