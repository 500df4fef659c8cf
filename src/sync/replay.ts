import { mapConcurrently } from '../core/concurrency.ts';
import type { Digest } from '../core/digest.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { JournalHead } from '../core/journal-entry.ts';
import type { AppliedEntry, Index } from '../index/port.ts';
import type { StoredBatch } from '../storage/batch.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import type { VersionStore } from '../storage/version-store.ts';
import { headOf } from './chain.ts';
import { batchesAfter, type ChainParts, chainFrom } from './chain-walk.ts';
import {
  chainedSnapshot,
  loadSnapshot,
  restoreDownloads,
  type SnapshotSource,
} from './index-snapshot.ts';
import type { RecentEntries } from './recent-entries.ts';

export type ReplayParts = {
  journal: JournalStore;
  versions: VersionStore;
  index: Index;
  recent: RecentEntries;
  /** Absent where the journal and the manifests alone shall be read. */
  snapshots?: SnapshotSource | undefined;
};
type Options = {
  signal?: AbortSignal;
  /** Told of each step: the number that the index has reached, and the one that it is to reach. */
  onProgress?: (sequence: number, goal: number) => void;
};

/** Versions read from the store at once. */
const readsMax = 16;
/** Batches whose entries are read before their turn. */
const batchesAheadMax = 16;
/** What one step of the index takes in at most, unless one batch alone has more. */
const stepBatchesMax = 16;
const stepEntriesMax = 256;
/** An index that lacks fewer entries gets them from the journal: a snapshot would be more to read. */
const snapshotGapMin = 128;

/**
 * Brings the index from its head to this batch, a few batches a step, reading what the index needs from the store:
 * from the snapshot there, where one helps, and the journal's batches and manifests behind it. Gives the head that
 * stands. Another replica may do the same at the same time: whoever comes second finds the step done. Throws
 * PKG_E_JOURNAL_CHAIN where the index's head is no batch of the chain.
 */
export async function replayTo(
  parts: ReplayParts,
  target: StoredBatch,
  options: Options = {},
): Promise<JournalHead> {
  const goal = headOf(target);
  const begin = await parts.index.head(options);
  const forward = await bySnapshot(parts, begin, target, options);
  let { head } = forward;
  const missing = forward.missing ?? (await batchesAfter(chainOf(parts), head, target, options));
  if (!missing) {
    // Another replica may have moved the index past this batch while the chain was read.
    if (head && (await descendsFrom(parts, head, target, options))) return head;
    throw notInChain(head);
  }
  const read = readAhead(missing, (batch) => appliedEntries(parts, batch, options));
  for (const group of steps(missing)) {
    const after = headOf(group.at(-1) as StoredBatch);
    const entries: AppliedEntry[] = [];
    for (const _ of group) entries.push(...(await read()));
    const standing = await parts.index.apply(
      { before: head, after, entries, outcomes: [] },
      options,
    );
    if (standing?.batch !== after.batch) {
      throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'another replica moved the index meanwhile');
    }
    head = standing;
    options.onProgress?.(after.sequence, goal.sequence);
  }
  return head ?? goal;
}

/**
 * Brings the index forward by the store's snapshot, where this replica does not remember what is missing. Gives where
 * the index stands then, and the batches that are still missing where they are known already.
 */
async function bySnapshot(
  parts: ReplayParts,
  begin: JournalHead | undefined,
  target: StoredBatch,
  options: Options,
): Promise<{ head: JournalHead | undefined; missing?: StoredBatch[] | undefined }> {
  const missing = rememberedAfter(parts.recent, begin, target);
  const gap = headOf(target).sequence - (begin?.sequence ?? 0);
  if (begin && (missing || gap < snapshotGapMin)) return { head: begin, missing };
  const chained = await chainedSnapshot(
    { ...chainOf(parts), snapshots: parts.snapshots },
    target,
    options,
  );
  if (!chained) return { head: begin, missing };
  const { snapshot, tail } = chained;
  // An empty index has lost its counters too, or never had them.
  if (!begin) await restoreDownloads(parts, snapshot, options);
  const { position } = snapshot;
  if (missing || (begin?.sequence ?? -1) >= position.sequence) return { head: begin, missing };
  const { onProgress, ...rest } = options;
  const goal = headOf(target).sequence;
  const told = (sequence: number) => onProgress?.(sequence, goal);
  const head = await loadSnapshot(parts, snapshot, begin, { ...rest, onProgress: told });
  return head?.batch === position.batch ? { head, missing: tail } : { head };
}

/** The batches after a head, where this replica remembers each of them. */
function rememberedAfter(
  recent: RecentEntries,
  head: JournalHead | undefined,
  target: StoredBatch,
): StoredBatch[] | undefined {
  const found: StoredBatch[] = [];
  for (let batch: StoredBatch | undefined = target; ; ) {
    if (batch.digest === head?.batch) return found.reverse();
    if (batch.count > 0 && !recent.remembers(batch.digest)) return undefined;
    found.push(batch);
    if (batch.previous === undefined) return head ? undefined : found.reverse();
    batch = recent.batch(batch.previous);
    if (!batch) return undefined;
  }
}

function chainOf({ journal, recent }: ReplayParts): ChainParts {
  return { journal, known: recent.batch };
}

/** True where the index's head is a batch of the store whose chain leads back to this one. */
async function descendsFrom(
  parts: ReplayParts,
  head: JournalHead,
  target: StoredBatch,
  options: Options,
): Promise<boolean> {
  const { sequence } = headOf(target);
  try {
    const newest = await batchOf(parts, head.batch, options);
    for await (const batch of chainFrom(chainOf(parts), newest, options)) {
      if (batch.digest === target.digest) return true;
      if (headOf(batch).sequence < sequence) return false;
    }
    return false;
  } catch (error) {
    if (isVitteError(error, 'PKG_E_STORE_FORMAT')) return false;
    throw error;
  }
}

async function batchOf({ journal, recent }: ReplayParts, digest: Digest, options: Options) {
  return recent.batch(digest) ?? journal.batch(digest, options);
}

/** Consecutive batches, as many together as one step takes. */
function* steps(batches: readonly StoredBatch[]): Generator<StoredBatch[]> {
  let group: StoredBatch[] = [];
  let entries = 0;
  for (const batch of batches) {
    const isFull = group.length === stepBatchesMax || entries + batch.count > stepEntriesMax;
    if (group.length > 0 && isFull) {
      yield group;
      group = [];
      entries = 0;
    }
    group.push(batch);
    entries += batch.count;
  }
  if (group.length > 0) yield group;
}

/** Gives results in the items' order, the next few of them under way while one is used. */
function readAhead<T, R>(items: readonly T[], read: (item: T) => Promise<R>): () => Promise<R> {
  const under: Promise<R>[] = [];
  let next = 0;
  return () => {
    while (under.length < batchesAheadMax && next < items.length) {
      const started = read(items[next++] as T);
      started.catch(() => {}); // whoever takes it hears of it
      under.push(started);
    }
    const first = under.shift();
    if (!first) throw new RangeError('read past the end');
    return first;
  };
}

/** What the index needs of a batch: its entries, and the facts of the versions they publish. */
async function appliedEntries(
  parts: ReplayParts,
  batch: StoredBatch,
  options: Options,
): Promise<AppliedEntry[]> {
  const { recent } = parts;
  const known = recent.entries(batch.digest);
  if (known) return known;
  const entries = await parts.journal.entries(batch, options);
  const applied = await mapConcurrently(entries, readsMax, async (entry): Promise<AppliedEntry> => {
    if (entry.event === 'attached') {
      const { package: name, bundles } = entry;
      return { entry, signatures: await parts.versions.signatureFacts(name, bundles, options) };
    }
    if (entry.event !== 'published') return { entry };
    const bundles = entry.bundles ?? [];
    const { package: name, digest } = entry;
    const facts =
      recent.facts(entry.id) ?? (await parts.versions.facts(name, digest, bundles, options));
    return { entry, facts: facts ?? 'gone' };
  });
  recent.keep(batch, applied);
  return applied;
}

function notInChain(head: JournalHead | undefined) {
  return new VitteError(
    'PKG_E_JOURNAL_CHAIN',
    `the index is at entry ${head?.sequence}, in a batch that the journal does not hold`,
    { help: 'run: vitte registry rebuild' },
  );
}
