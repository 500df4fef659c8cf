import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../core/digest.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { Entry, JournalHead } from '../core/journal-entry.ts';
import { journalBatchBytesMax, journalBatchItemsMax } from '../core/limits.ts';
import { atStep, type StepObserver } from '../core/publish-steps.ts';
import type { Index, Outcome, QueueItem, Read } from '../index/port.ts';
import { encodeBatch, type StoredBatch } from '../storage/batch.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import type { SnapshotStore } from '../storage/snapshots.ts';
import type { VersionStore } from '../storage/version-store.ts';
import { type CatchUpOptions, catchUp } from './catch-up.ts';
import { headOf, openTerm } from './chain.ts';
import { type JudgeState, judge } from './judge.ts';
import { createRecentBatches, createRecentEntries } from './recent-entries.ts';
import { replayTo } from './replay.ts';
import { createTagger } from './tagger.ts';

/** How long the lease says that this replica tries, and how long a publisher waits for the writer. */
const leaseMs = 3_000;
const leaseRenewMs = 1_000;
const outcomeTimeoutMs = 60_000;
const outcomeSliceMs = 1_000;
/** How long an idle writer sleeps at most before it looks at its lease and at untagged versions again. */
const idleMs = 1_000;
/** Pause after a failed round, so that a storage that is away is not hammered. */
const failurePauseMs = 250;
const writeAttemptsMax = 3;

export type JournalParts = {
  journal: JournalStore;
  versions: VersionStore;
  index: Index;
  observe?: StepObserver;
  now: () => number;
  /** Where an index that lacks much is read from; absent where the journal and its manifests alone shall be read. */
  snapshots?: SnapshotStore | undefined;
  /** Told of what went wrong in the background, where no caller hears it. */
  onError: (error: unknown) => void;
  /** Told when the index is at a place that the journal does not hold: nothing may be served from it. */
  onFatal?: (error: VitteError) => void;
};

export type Journal = {
  /**
   * Journals an event: queues it, waits for the writer, gives the outcome. Throws PKG_E_JOURNAL_TERM when no
   * writer took it in time: the same request again tells the outcome.
   */
  submit(item: Omit<QueueItem, 'id'>, options?: { signal?: AbortSignal }): Promise<Outcome>;
  /** Brings the index to the journal's end as it stands in the store: `catch-up.ts`. */
  catchUp(options?: CatchUpOptions): Promise<JournalHead | undefined>;
  /** Why the writer's last round failed; undefined while it goes well. */
  failure(): unknown;
  /** Whether this replica had the writer's lease when it last asked for it. */
  leads(): boolean;
  /** A batch that this replica wrote or read lately. */
  knownBatch(digest: Digest): StoredBatch | undefined;
  /** Stops writing after the batch under way. */
  close(): Promise<void>;
};

/**
 * The journal's writer, one a replica. Which replica writes is decided by terms and fences in the store
 * (`spec/journal.md`); the lease only keeps the others from trying.
 */
export function createJournal(parts: JournalParts): Journal {
  const { journal, versions, index, observe, now } = parts;
  const owner = randomUUID();
  const stopping = new AbortController();
  const tagger = createTagger(versions, now);
  const recent = index.onDoubt ? createRecentEntries() : createRecentBatches();
  const { snapshots: store, onError } = parts;
  const snapshots = store && { store, onUnread: onError };
  const replaying = { journal, versions, index, recent, snapshots };
  /** The last batch that this replica wrote in its term; undefined while it has none open. */
  let last: StoredBatch | undefined;
  /** Why the last round failed. */
  let failure: unknown;
  let leads = false;
  let tagging: Promise<void> | undefined;
  const catchingUp = {
    ...replaying,
    ...(observe ? { observe } : {}),
    openBatch: () => last,
    lease: () => index.lease(owner, leaseMs),
  };
  const loop = writeLoop();

  return {
    async submit({ event, ...rest }, options) {
      const item: QueueItem = { id: event.id, event, ...rest };
      recent.keepItem(item);
      const deadline = performance.now() + outcomeTimeoutMs;
      await atStep(observe, 'queue', () => index.enqueue(item, options));
      do {
        const outcome = await index.outcome(item.id, { ...options, timeoutMs: outcomeSliceMs });
        if (outcome) return outcome;
        if (isVitteError(failure, 'PKG_E_STORE_LAYOUT_FULL')) throw failure;
        // Where the index lost its queue meanwhile, the item is queued again, under the same id.
        await index.enqueue(item, options);
      } while (performance.now() < deadline);
      throw new VitteError('PKG_E_JOURNAL_TERM', 'the journal was not written in time', {
        help: 'send the same request again: it tells what became of this one',
        cause: failure,
      });
    },
    catchUp: (options) => catchUp(catchingUp, options),
    failure: () => failure,
    leads: () => leads,
    knownBatch: recent.batch,
    async close() {
      stopping.abort(new VitteError('PKG_E_SHUTTING_DOWN', 'the server is shutting down'));
      await loop;
      await tagging;
      await index.release(owner);
    },
  };

  async function writeLoop() {
    const { signal } = stopping;
    while (!signal.aborted) {
      try {
        await index.queued({ timeoutMs: idleMs, signal });
        leads = await index.lease(owner, leaseMs);
        if (!leads) {
          last = undefined; // another writes now: this replica's term is over
          failure = undefined;
          await delay(idleMs, undefined, { signal });
          continue;
        }
        // An index that came back empty is filled at once, not when somebody first asks for something.
        if (!(await index.head())) await catchUp(catchingUp, { signal, open: true });
        await whileLeased(writeRound);
        failure = undefined;
        tagging ??= tagRound().finally(() => {
          tagging = undefined;
        });
      } catch (error) {
        if (signal.aborted) return;
        failure = error;
        if (isVitteError(error, 'PKG_E_JOURNAL_CHAIN')) parts.onFatal?.(error);
        parts.onError(error);
        await delay(failurePauseMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Keeps the lease for as long as a round takes: on a slow storage two writers would only end each other's terms. */
  async function whileLeased(round: () => Promise<void>) {
    const renewing = setInterval(() => index.lease(owner, leaseMs).catch(() => {}), leaseRenewMs);
    try {
      await round();
    } finally {
      clearInterval(renewing);
    }
  }

  /** Beside the writing, which shall not wait for a repository that is slow or away. */
  async function tagRound() {
    try {
      const { lost, errors } = await tagger.tagOverdue();
      for (const item of lost) await index.enqueue(item);
      for (const error of errors) parts.onError(error);
    } catch (error) {
      if (!stopping.signal.aborted) parts.onError(error);
    }
  }

  /** Judges what waits and journals it as one batch. */
  async function writeRound() {
    const limits = { itemsMax: journalBatchItemsMax, bytesMax: journalBatchBytesMax };
    let { value: items } = await index.peek(limits);
    if (items.length === 0) return;
    const isOpening = last === undefined;
    last ??= await takeOver();
    const head = headOf(last);
    const standing = await index.head();
    if (standing?.batch !== head.batch) await replayTo(replaying, last);
    // What the replay answered is off the queue: a change that was lifted since must not be journaled once more.
    if (isOpening || standing?.batch !== head.batch) items = (await index.peek(limits)).value;

    const judgement = await judge(items, judgeState(head), await lastEntry(head), now);
    if (judgement.entries.length === 0) {
      await index.apply({ before: head, after: head, ...judgement });
      return;
    }
    const batch = await writeBatch(
      last,
      judgement.entries.map((applied) => applied.entry),
    );
    last = batch;
    recent.keep(batch, judgement.entries);
    await atStep(observe, 'apply', async () => {
      const after = await index.apply({ before: head, after: headOf(batch), ...judgement });
      if (after?.batch !== batch.digest) await replayTo(replaying, batch);
    });
    tagger.note(judgement.entries.map((applied) => applied.entry));
  }

  /** Opens a term, brings the index up to its first batch, and tags what a writer before left untagged. */
  async function takeOver(): Promise<StoredBatch> {
    const opening = await openTerm(journal, observe);
    await replayTo(replaying, opening);
    tagger.adopt(opening.tagged, await entriesAfter(opening.tagged, headOf(opening)));
    return opening;
  }

  /** Writes a batch after another of the same term and passes the fence; otherwise the term is over. */
  async function writeBatch(before: StoredBatch, entries: Entry[]): Promise<StoredBatch> {
    const first = before.first + before.count;
    const encoded = encodeBatch(
      {
        term: before.term,
        ordinal: before.ordinal + 1,
        previous: before.digest,
        first,
        tagged: tagger.taggedUpTo(first - 1),
      },
      entries,
    );
    // Whatever happens from here until the fence is passed, this term writes no other batch: an unanswered one
    // may still be applied late, and only a new term can tell whether it counts.
    last = undefined;
    await atStep(observe, 'write batch', () =>
      attempt(writeAttemptsMax, () => journal.writeBatch(encoded)),
    );
    const stands = await atStep(observe, 'fence', () => journal.termStands(before.term));
    if (!stands) throw new VitteError('PKG_E_JOURNAL_TERM', `term ${before.term.name} is over`);
    const layer = (position: number) => encoded.blobs[position]?.descriptor;
    return {
      ...encoded.header,
      digest: encoded.digest,
      entriesLayer: layer(0),
      privateLayer: layer(1),
    };
  }

  function judgeState(head: JournalHead): JudgeState {
    return {
      store: async () => at(head, await index.store()),
      token: async (sha256) => at(head, await index.token(sha256)),
      package: async (name) => at(head, await index.package(name)),
    };
  }

  /** Number and time of the journal's last entry. */
  async function lastEntry(head: JournalHead): Promise<{ n: number; at: string }> {
    if (head.sequence === 0) return { n: 0, at: new Date(0).toISOString() };
    const [entry] = at(head, await index.feed({ since: head.sequence - 1, limit: 1 }));
    if (entry?.n === head.sequence) return entry;
    throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the index has not reached the journal');
  }

  async function entriesAfter(n: number, head: JournalHead): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (;;) {
      const since = entries.at(-1)?.n ?? n;
      const page = at(head, await index.feed({ since, limit: 1_000 }));
      if (page.length === 0) return entries;
      entries.push(...page);
    }
  }
}

/** What was read at this head: an index that has lost its memory meanwhile knows nothing of what stands. */
function at<T>(head: JournalHead, { head: readAt, value }: Read<T>): T {
  if (readAt?.batch === head.batch) return value;
  throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the index moved while the writer read it');
}

/** Tries again after storage errors, with the same bytes; the last error passes through. */
async function attempt(times: number, run: () => Promise<void>): Promise<void> {
  for (let left = times - 1; ; left--) {
    try {
      return await run();
    } catch (error) {
      if (left === 0 || !isVitteError(error, 'PKG_E_STORAGE_UNAVAILABLE')) throw error;
      await delay(failurePauseMs);
    }
  }
}
