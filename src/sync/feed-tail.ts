import { setTimeout as delay } from 'node:timers/promises';
import type { Entry } from '../core/journal-entry.ts';
import type { Index } from '../index/port.ts';
import type { Reader } from './reader.ts';

/** How long one wait for the head to move lasts: the index is asked at least so often. */
const lookMs = 400;
/** Pause after a look that failed, longer each time, so that an index that is away is not hammered. */
const failurePauseMsMin = 125;
const failurePauseMsMax = 1_000;
const pageItemsMax = 1_000;
/** Entries kept for those who are at the end of the feed, or nearly. */
const recentEntriesMax = 1_024;
/** What was learned longer ago than this says nothing of now. */
export const freshMsMax = 1_000;

/**
 * The end of the feed as this replica knows it. Every step of the index wakes it, on every replica; a message that is
 * lost costs a quarter of a second, and an index that does not answer leaves it stale after one: whoever keeps
 * something that follows from the journal may serve it while the tail is fresh and has not named it.
 */
export type FeedTail = {
  /** Number of the last entry that it has taken in, where it was there less than a second ago; else undefined. */
  freshSequence(): number | undefined;
  /** Tells of entries in order, each once, before `freshSequence` counts them. Ends with the function it gives. */
  onEntries(listener: (entries: readonly Entry[]) => void): () => void;
  /** Entries after a number, as far as they are known here; undefined where the index has to be asked. */
  recent(since: number, limit: number): readonly Entry[] | undefined;
  /** Waits until an entry after this number is there: true then, false after `timeoutMs`. Rejects with the signal's reason. */
  beyond(since: number, options: { timeoutMs: number; signal?: AbortSignal }): Promise<boolean>;
  close(): Promise<void>;
};

/**
 * Follows the feed from its end at the time of the first question. Entries before it are told to nobody. `now` gives
 * milliseconds of any origin that only grows.
 */
export function openFeedTail(
  index: Pick<Index, 'moved'>,
  reader: Pick<Reader, 'read'>,
  now: () => number = () => performance.now(),
): FeedTail {
  const stopping = new AbortController();
  const { signal } = stopping;
  const listeners = new Set<(entries: readonly Entry[]) => void>();
  /** Those who wait, each to be asked whether it has what it waits for. */
  const waiting = new Set<() => void>();
  let recent: readonly Entry[] = [];
  /** Undefined until the first look. */
  let sequence: number | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let loop: Promise<void> | undefined;

  return {
    freshSequence() {
      begin();
      return now() - lookedAt < freshMsMax ? sequence : undefined;
    },
    onEntries(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    recent(since, limit) {
      const first = recent[0]?.n ?? (sequence ?? Number.POSITIVE_INFINITY) + 1;
      if (since + 1 < first) return undefined;
      return recent.slice(since + 1 - first, since + 1 - first + limit);
    },
    async beyond(since, options) {
      options.signal?.throwIfAborted();
      begin();
      if ((sequence ?? 0) > since) return true;
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      const look = () => (sequence ?? 0) > since && resolve(true);
      const leave = () => reject(options.signal?.reason);
      const timer = setTimeout(() => resolve(false), options.timeoutMs);
      options.signal?.addEventListener('abort', leave, { once: true });
      waiting.add(look);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', leave);
        waiting.delete(look);
      }
    },
    async close() {
      stopping.abort();
      await loop;
    },
  };

  function begin() {
    loop ??= follow();
  }

  async function follow() {
    let pauseMs = failurePauseMsMin;
    while (!signal.aborted) {
      try {
        if (sequence !== undefined) await index.moved(sequence, { timeoutMs: lookMs, signal });
        await look();
        pauseMs = failurePauseMsMin;
      } catch {
        // The index is away, or behind: whoever asks it hears why. Here it only means that nothing is known of now.
        await delay(pauseMs, undefined, { signal }).catch(() => {});
        pauseMs = Math.min(2 * pauseMs, failurePauseMsMax);
      }
    }
  }

  async function look() {
    for (;;) {
      const from = now();
      const since = sequence;
      const { sequence: head, value: entries } = await reader.read(
        (index, options) =>
          since === undefined
            ? index.feed({ since: Number.MAX_SAFE_INTEGER, limit: 1 }, options)
            : index.feed({ since, limit: pageItemsMax }, options),
        { signal },
      );
      if (since === undefined) reach(head);
      else take(entries);
      // Entries that came while they were read are for the next page.
      if (since !== undefined && entries.length === pageItemsMax) continue;
      lookedAt = from;
      return;
    }
  }

  function take(entries: readonly Entry[]) {
    const last = entries.at(-1);
    if (!last) return;
    for (const listener of listeners) listener(entries);
    recent = [...recent, ...entries].slice(-recentEntriesMax);
    reach(last.n);
  }

  function reach(number: number) {
    sequence = number;
    for (const look of [...waiting]) look();
  }
}
