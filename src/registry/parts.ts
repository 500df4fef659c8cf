import type { StepObserver } from '../core/publish-steps.ts';
import type { Index } from '../index/port.ts';
import type { Search } from '../index/search-port.ts';
import type { Resolver } from '../resolve/port.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import type { StoreForm } from '../storage/store-form.ts';
import type { VersionStore } from '../storage/version-store.ts';
import type { DownloadCounter } from '../sync/download-counter.ts';
import type { FeedTail } from '../sync/feed-tail.ts';
import type { Journal } from '../sync/journal.ts';
import type { Reader } from '../sync/reader.ts';
import type { SearchFollower } from '../sync/search-follower.ts';
import type { StoreReader } from '../sync/store-reader.ts';
import type { IndexDocuments } from './index-documents.ts';

/** What the use cases work with, made by composition. */
export type Parts = {
  versions: VersionStore;
  journalStore: JournalStore;
  form: StoreForm;
  index: Index;
  reader: Reader;
  journal: Journal;
  search: Search;
  searchFollower: SearchFollower;
  tail: FeedTail;
  downloads: DownloadCounter;
  indexDocuments: IndexDocuments;
  resolver: Resolver;
  /** What tells of exact versions while the index is away; absent where it can't be. */
  storeReader?: StoreReader;
  observe?: StepObserver;
  /** Told of failures that the caller does not hear of. */
  onError: (error: unknown) => void;
};
