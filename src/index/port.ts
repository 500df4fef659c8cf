// The index: everything fast, nothing that lasts. Adapters: memory; Redis (each method one script that takes
// and returns the head). Who calls it knows nothing of either. The contract suite is test/contract/index.ts.
import type { ErrorCode } from '../core/errors.ts';
import type {
  JournalEntry,
  JournalEvent,
  JournalHead,
  UnknownEntry,
} from '../core/journal-entry.ts';
import type { JsonObject } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import type { Requirement } from '../core/requirement.ts';
import type { Version } from '../core/version.ts';
import type { VersionFacts } from '../core/version-facts.ts';

/** Answers carry the head at which they were read; undefined: the index is empty (new, flushed, being rebuilt). */
export type Read<T> = { head: JournalHead | undefined; value: T };

/** A version as the index holds it: the facts, and what the journal says of it. */
export type VersionRecord = VersionFacts & {
  /** Id and number of its `published` entry. */
  id: string;
  sequence: number;
  publishedAt: string;
  actor: string;
  yanked: boolean;
  /** Set when its content is gone (event `voided`): never listed, never reused. */
  voided: boolean;
};

export type PackageRecord = {
  name: PackageName;
  createdAt: string;
  createdSequence: number;
  owner: string;
  /** Number of the last entry that concerns this package. */
  sequence: number;
  /** Lowest version first. */
  versions: VersionRecord[];
};

export type TokenRecord = {
  token: string;
  sha256: string;
  account: string;
  role: 'admin';
  madeAt: string;
};
export type StoreRecord = Extract<JournalEvent, { event: 'registry created' }>;
export type DependentRecord = {
  name: PackageName;
  version: Version;
  requirement: Requirement;
  scope: 'runtime' | 'development';
};

/** What waits for the writer. `readAt` is the journal number at which the publisher read rights. */
export type QueueItem = {
  id: string;
  event: JournalEvent;
  /** For `published`: what the index will hold, so that the writer need not read the store. */
  facts?: VersionFacts;
  readAt: number;
};

/** What became of an item. */
export type Outcome =
  | { status: 'journaled'; n: number; at: string }
  /** The same content stood there already; n and at are those of the first. */
  | { status: 'existing'; n: number; at: string }
  | { status: 'refused'; code: ErrorCode; message: string; data?: JsonObject }
  /** Rights or the package changed since `readAt`: check again and queue under a new id. */
  | { status: 'stale' };

/** One entry with what the index needs beside it. */
export type AppliedEntry = { entry: JournalEntry | UnknownEntry; facts?: VersionFacts };

export type ApplyStep = {
  /** The head this step was computed against; undefined for an empty index. */
  before: JournalHead | undefined;
  after: JournalHead;
  entries: AppliedEntry[];
  /** For items of the queue that got no entry. Those that got one are told `journaled` by their entry's id. */
  outcomes: { id: string; outcome: Outcome }[];
};

export type CallOptions = { signal?: AbortSignal };

export interface Index {
  /** A value that changes whenever the index may have lost its memory. */
  identity(options?: CallOptions): Promise<string>;
  head(options?: CallOptions): Promise<JournalHead | undefined>;

  /** Adds an item to the queue unless its id is queued already or has an outcome. PKG_E_RATE_LIMIT when the queue is full (10,000 items). */
  enqueue(item: QueueItem, options?: CallOptions): Promise<void>;
  /** The oldest items, without removing them, at most so many and so many bytes of canonical JSON (at least one). Items older than 60 s are dropped. */
  peek(
    limits: { itemsMax: number; bytesMax: number },
    options?: CallOptions,
  ): Promise<Read<QueueItem[]>>;
  /** Waits for an item's outcome; undefined after `timeoutMs`. Outcomes are kept for 120 s at least, the last 100,000 at most. */
  outcome(id: string, options: CallOptions & { timeoutMs: number }): Promise<Outcome | undefined>;
  /** Resolves when an item is queued (at once where some wait), or after `timeoutMs`. */
  queued(options: CallOptions & { timeoutMs: number }): Promise<void>;

  /** Takes or extends the writer's lease; false while another owner holds it. It says who tries, nothing more. */
  lease(owner: string, ttlMs: number, options?: CallOptions): Promise<boolean>;
  release(owner: string, options?: CallOptions): Promise<void>;

  /**
   * Moves the index from one head to the next in one step: entries, feed, outcomes, items removed, waiters
   * woken. Gives the head that stands: `after`, or what stood there when it was not `before` (nothing is
   * changed then).
   */
  apply(step: ApplyStep, options?: CallOptions): Promise<JournalHead | undefined>;
  /** Forgets all but the queue. A rebuild begins with it. */
  clear(options?: CallOptions): Promise<void>;

  store(options?: CallOptions): Promise<Read<StoreRecord | undefined>>;
  token(sha256: string, options?: CallOptions): Promise<Read<TokenRecord | undefined>>;
  package(name: PackageName, options?: CallOptions): Promise<Read<PackageRecord | undefined>>;
  /** Packages with at least one version that is not voided, by name in code point order, after a name. `limit` 1 to 1,000. */
  packages(
    page: { after?: string; limit: number; namespace?: string },
    options?: CallOptions,
  ): Promise<Read<PackageRecord[]>>;
  /** Versions that depend directly on a name, by name and version. */
  dependents(
    name: PackageName,
    page: { after?: { name: string; version: string }; limit: number },
    options?: CallOptions,
  ): Promise<Read<DependentRecord[]>>;
  /** Entries after a number, in order. `limit` 1 to 1,000. */
  feed(
    page: { since: number; limit: number },
    options?: CallOptions,
  ): Promise<Read<(JournalEntry | UnknownEntry)[]>>;

  close(): Promise<void>;
}
