// The index: everything fast, nothing that lasts. Adapters: memory; Redis (each method one script that takes
// and returns the head). Who calls it knows nothing of either. The contract suite is test/contract/index.ts.
import type { Digest } from '../core/digest.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Entry, JournalEvent, JournalHead } from '../core/journal-entry.ts';
import type { JsonObject } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import type { PackageRole } from '../core/people.ts';
import type { Requirement } from '../core/requirement.ts';
import type { Version } from '../core/version.ts';
import type { SignatureFact, VersionFacts } from '../core/version-facts.ts';
import type { ReadmeShelf } from './search-port.ts';

/** Answers carry the head at which they were read; undefined: the index is empty (new, flushed, being rebuilt). */
export type Read<T> = { head: JournalHead | undefined; value: T };

/** What the `published` entry of a version says by itself: `id` and `sequence` are the entry's. */
export type PublishedRecord = {
  version: Version;
  digest: Digest;
  id: string;
  sequence: number;
  publishedAt: string;
  actor: string;
};

/** Which entry brought a state about, when, by whom. */
export type ChangeRecord = { sequence: number; at: string; actor: string };

/** A version as the index holds it: the facts, and what the journal says of it. `yank` tells more where it is yanked. */
export type VersionRecord = VersionFacts &
  PublishedRecord & { yanked: boolean; yank?: YankRecord; voided: false };
export type YankRecord = ChangeRecord & { reason?: string };

/**
 * A version whose content is gone (event `voided`, or facts `gone`): never listed, never reused. Its facts are
 * gone with it, for a rebuild could not find them again.
 */
export type VoidedRecord = PublishedRecord & { voided: true };

export type PackageRecord = {
  name: PackageName;
  createdAt: string;
  createdSequence: number;
  /** By account. The account that made the package is its first owner. */
  owners: OwnerRecord[];
  /** Absent where the package is not deprecated. */
  deprecation?: DeprecationRecord;
  /** Number of the last entry that concerns this package. */
  sequence: number;
  /** Lowest version first, voided ones among them: `listedVersions` gives those that may be shown. */
  versions: (VersionRecord | VoidedRecord)[];
};

/** What an account may do with a package, and since which entry. */
export type OwnerRecord = { account: string; role: PackageRole } & ChangeRecord;
export type DeprecationRecord = ChangeRecord & { message: string };

export type TokenRecord = {
  token: string;
  sha256: string;
  account: string;
  role: 'admin';
  madeAt: string;
};
export type StoreRecord = Extract<JournalEvent, { event: 'registry created' }>;
/** A version that depends on another package, once: `runtime` where it is so in both scopes. */
export type DependentRecord = {
  name: PackageName;
  version: Version;
  requirement: Requirement;
  scope: 'runtime' | 'development';
};

/** How often a version was downloaded. */
export type DownloadCount = { name: PackageName; version: Version; count: number };

/**
 * What waits for the writer. `role` is the actor's, read at journal number `readAt`: what changed after it is
 * checked again by the writer.
 */
export type QueueItem = {
  id: string;
  event: JournalEvent;
  role: 'admin';
  /** For `published`: what the index will hold, so that the writer need not read the store. */
  facts?: VersionFacts;
  /** For `attached`, likewise. */
  signatures?: SignatureFact[];
  readAt: number;
};

/** What became of an item. */
export type Outcome =
  | { status: 'journaled'; n: number; at: string }
  /** The same content stood there already; n and at are those of the first. */
  | { status: 'existing'; n: number; at: string }
  | { status: 'refused'; code: ErrorCode; message: string; data?: JsonObject };

/**
 * One entry with what the index needs beside it: the facts of a `published` one, or `gone` where the store has
 * lost its content, so that the version is held as voided from the start.
 */
export type AppliedEntry = {
  entry: Entry;
  facts?: VersionFacts | 'gone';
  /** Of an `attached` one: those whose content the store still holds. */
  signatures?: SignatureFact[];
};

export type ApplyStep = {
  /** The head this step was computed against; undefined for an empty index. */
  before: JournalHead | undefined;
  /** As `before` where there are outcomes alone; another batch with the same sequence where a batch is empty. */
  after: JournalHead;
  entries: AppliedEntry[];
  /** For items of the queue that got no entry. Those that got one are told `journaled` by their entry's id. */
  outcomes: { id: string; outcome: Outcome }[];
};

export type CallOptions = { signal?: AbortSignal };

/*
 * Errors, beside those each method names: the signal's reason (nothing was changed then, unless the call was
 * on its way), PKG_E_INDEX_UNAVAILABLE (away; a remote adapter's), PKG_E_SHUTTING_DOWN after close. Limits are
 * named in limits.ts; a `limit` beyond 1 to 1,000 is taken to the nearer end. Answers are values of the
 * caller's or frozen: changing one never changes the index. What is given in is not kept or changed either.
 */

export interface Index {
  /** A value that changes whenever the index may have lost its memory: another one after `clear`. */
  identity(options?: CallOptions): Promise<string>;
  head(options?: CallOptions): Promise<JournalHead | undefined>;

  /**
   * Adds an item to the end of the queue unless its id is queued already or has an outcome. `id` is that of its
   * event. PKG_E_RATE_LIMIT when the queue is full (10,000 items not older than 60 s).
   */
  enqueue(item: QueueItem, options?: CallOptions): Promise<void>;
  /**
   * The oldest items in the order they came, without removing them, at most so many and so many bytes of
   * canonical JSON (at least one; none is passed over for a smaller one behind it). Items older than 60 s are
   * dropped: they get no outcome, and their ids may be queued again.
   */
  peek(
    limits: { itemsMax: number; bytesMax: number },
    options?: CallOptions,
  ): Promise<Read<QueueItem[]>>;
  /**
   * Waits for the outcome of an id, queued or not; undefined after `timeoutMs` (0: does not wait). Outcomes are
   * kept for 120 s, and longer until the next step; of more than 100,000 the oldest go first.
   */
  outcome(id: string, options: CallOptions & { timeoutMs: number }): Promise<Outcome | undefined>;
  /** Resolves when an item is queued (at once where some wait), or after `timeoutMs`. */
  queued(options: CallOptions & { timeoutMs: number }): Promise<void>;

  /**
   * Takes the writer's lease for `ttlMs` from now, or sets the owner's own to that; false while another owner
   * holds it. It says who tries, nothing more.
   */
  lease(owner: string, ttlMs: number, options?: CallOptions): Promise<boolean>;
  /** Gives the lease back; nothing happens where another owner holds it. */
  release(owner: string, options?: CallOptions): Promise<void>;

  /**
   * Moves the index from one head to the next in one step: entries, feed, outcomes, items removed, waiters
   * woken. Gives the head that stands: `after`, or what stood there when it was not `before` in every member
   * (nothing is changed then).
   *
   * Every entry goes into the feed. One of an unknown event, or one that contradicts what stands (a version
   * published again, a package created again or never), changes nothing else: the first word on a name counts.
   *
   * PKG_E_JOURNAL_CHAIN, and nothing is changed: the entries are not those from before's sequence to after's;
   * a `published` entry comes without facts or with those of another version.
   */
  apply(step: ApplyStep, options?: CallOptions): Promise<JournalHead | undefined>;
  /**
   * Forgets all but the queue and the lease (who rebuilds may hold it), outcomes included. Who waits goes on
   * waiting: applying the journal again answers. A rebuild begins with it.
   */
  clear(options?: CallOptions): Promise<void>;

  store(options?: CallOptions): Promise<Read<StoreRecord | undefined>>;
  token(sha256: string, options?: CallOptions): Promise<Read<TokenRecord | undefined>>;
  /** A package with all its versions, voided ones too; one without any where it was created alone. */
  package(name: PackageName, options?: CallOptions): Promise<Read<PackageRecord | undefined>>;
  /**
   * Packages with at least one version that is not voided, by name in code point order, after a name (which
   * need not exist). `limit` 1 to 1,000. `total` counts those of the namespace, or all, on whatever page.
   */
  packages(
    page: { after?: string; limit: number; namespace?: string },
    options?: CallOptions,
  ): Promise<Read<{ records: PackageRecord[]; total: number }>>;
  /**
   * Listed versions that depend directly on a name (which need not exist), by name in code point order, then
   * lowest version first, after a name and version. `limit` 1 to 1,000.
   */
  dependents(
    name: PackageName,
    page: { after?: { name: string; version: Version }; limit: number },
    options?: CallOptions,
  ): Promise<Read<DependentRecord[]>>;
  /** Entries after a number, in order. `limit` 1 to 1,000. */
  feed(page: { since: number; limit: number }, options?: CallOptions): Promise<Read<Entry[]>>;

  /**
   * Waits until the head is beyond this number: true then, at once where it is; false after `timeoutMs`. It wakes
   * on every replica.
   */
  moved(since: number, options: CallOptions & { timeoutMs: number }): Promise<boolean>;

  /**
   * Counts downloads, at most 1,000 rows at once. These counters are neither history nor derived: the journal knows
   * nothing of them, `clear` leaves them, and what loses its memory loses them.
   */
  addDownloads(counts: readonly DownloadCount[], options?: CallOptions): Promise<void>;
  /** Raises counters that are lower than these, at most 1,000 rows at once: what was kept elsewhere comes back. */
  restoreDownloads(counts: readonly DownloadCount[], options?: CallOptions): Promise<void>;
  /** The counters of at most 1,000 packages, in their order, each by version; those without any are left out. */
  downloads(names: readonly PackageName[], options?: CallOptions): Promise<DownloadCount[]>;

  /** Where a search keeps the words of READMEs. Absent where nothing outlives the process. */
  readonly readmes?: ReadmeShelf;

  /**
   * Tells whenever this index may have become another one without this caller's doing: its server was restarted or
   * is another one now, or what it held was lost or cleared. Told before anything of the new one is answered to a
   * call that begins later. Who listens reads the head again, catches up before it answers, and queues again what it
   * waits for. Absent where that cannot happen.
   */
  onDoubt?(listener: () => void): void;

  /** True where no other process uses it, so that there is no writer elsewhere to wait for. */
  readonly alone?: true;

  /** Ends every wait, and every later call but another close, with PKG_E_SHUTTING_DOWN. */
  close(): Promise<void>;
}
