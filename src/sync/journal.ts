import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { Entry, JournalHead } from '../core/journal-entry.ts';
import { journalBatchBytesMax, journalBatchItemsMax } from '../core/limits.ts';
import { atStep, type StepObserver } from '../core/publish-steps.ts';
import type { Index, Outcome, QueueItem } from '../index/port.ts';
import { encodeBatch, type StoredBatch } from '../storage/batch.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import type { VersionStore } from '../storage/version-store.ts';
import { countedBatch, headOf, openTerm } from './chain.ts';
import { judge } from './judge.ts';
import { replayTo } from './replay.ts';
import { createTagger } from './tagger.ts';

/** How long the lease says that this replica tries, and how long a publisher waits for the writer. */
const leaseMs = 3_000;
const outcomeTimeoutMs = 60_000;
const outcomeSliceMs = 1_000;
/** How long an idle writer sleeps at most before it looks at its lease and at untagged versions again. */
const idleMs = 1_000;
/** Pause after a failed round, so that a storage that is away is not hammered. */
const failurePauseMs = 250;
const writeAttemptsMax = 3;
/** How long a reader waits for a term that was opened and holds no batch yet, before it opens one itself. */
const undecidedLooksMax = 5;
const undecidedPauseMs = 100;

export type JournalParts = {
  journal: JournalStore;
  versions: VersionStore;
  index: Index;
  observe?: StepObserver;
  now: () => number;
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
  /**
   * Brings the index to the journal's end as it stands in the store. Gives the head; undefined when the journal is
   * empty. Where only an opening can tell what the end is, `open` allows it; else the index stays as it is.
   */
  catchUp(options?: CatchUpOptions): Promise<JournalHead | undefined>;
  /** Why the writer's last round failed; undefined while it goes well. */
  failure(): unknown;
  /** Stops writing after the batch under way. */
  close(): Promise<void>;
};

type CatchUpOptions = {
  signal?: AbortSignal;
  open?: boolean;
  onProgress?: (sequence: number) => void;
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
  /** The last batch that this replica wrote in its term; undefined while it has none open. */
  let last: StoredBatch | undefined;
  /** Why the last round failed. */
  let failure: unknown;
  let tagging: Promise<void> | undefined;
  const loop = writeLoop();

  return {
    async submit({ event, ...rest }, options) {
      const item: QueueItem = { id: event.id, event, ...rest };
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
    catchUp,
    failure: () => failure,
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
        if (!(await index.lease(owner, leaseMs))) {
          last = undefined; // another writes now: this replica's term is over
          await delay(idleMs, undefined, { signal });
          continue;
        }
        // An index that came back empty is filled at once, not when somebody first asks for something.
        if (!(await index.head())) await catchUp({ signal, open: true });
        await writeRound();
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
    const { value: items } = await index.peek(limits);
    if (items.length === 0) return;
    last ??= await takeOver();
    const head = headOf(last);
    const standing = await index.head();
    if (standing?.batch !== head.batch) await replayTo(parts, last);

    const judgement = await judge(items, judgeState(), await lastEntry(head), now);
    if (judgement.entries.length === 0) {
      await index.apply({ before: head, after: head, ...judgement });
      return;
    }
    const batch = await writeBatch(
      last,
      judgement.entries.map((applied) => applied.entry),
    );
    last = batch;
    await atStep(observe, 'apply', async () => {
      const after = await index.apply({ before: head, after: headOf(batch), ...judgement });
      if (after?.batch !== batch.digest) await replayTo(parts, batch);
    });
    tagger.note(judgement.entries.map((applied) => applied.entry));
  }

  /** Opens a term, brings the index up to its first batch, and tags what a writer before left untagged. */
  async function takeOver(): Promise<StoredBatch> {
    const opening = await openTerm(journal, observe);
    await replayTo(parts, opening);
    tagger.adopt(opening.tagged, await entriesAfter(opening.tagged));
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

  async function catchUp(options: CatchUpOptions = {}): Promise<JournalHead | undefined> {
    let counted = await countedBatch(journal, options);
    for (let looks = 0; !counted.decided && looks < undecidedLooksMax; looks++) {
      // Most often a writer is just opening its term: it shall not lose it to a reader.
      await delay(undecidedPauseMs, undefined, options.signal ? { signal: options.signal } : {});
      counted = await countedBatch(journal, options);
    }
    if (!counted.decided && !options.open) return index.head(options);
    const target = counted.decided ? counted.batch : await openTerm(journal, observe, options);
    return target && replayTo(parts, target, options);
  }

  function judgeState() {
    return {
      store: async () => (await index.store()).value,
      token: async (sha256: string) => (await index.token(sha256)).value,
      package: async (name: Parameters<Index['package']>[0]) => (await index.package(name)).value,
    };
  }

  /** Number and time of the journal's last entry. */
  async function lastEntry(head: JournalHead): Promise<{ n: number; at: string }> {
    if (head.sequence === 0) return { n: 0, at: new Date(0).toISOString() };
    const [entry] = (await index.feed({ since: head.sequence - 1, limit: 1 })).value;
    if (entry?.n !== head.sequence) {
      throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the index has not reached the journal');
    }
    return entry;
  }

  async function entriesAfter(n: number): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (;;) {
      const page = (await index.feed({ since: entries.at(-1)?.n ?? n, limit: 1_000 })).value;
      if (page.length === 0) return entries;
      entries.push(...page);
    }
  }
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
