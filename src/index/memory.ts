import { randomBytes } from 'node:crypto';
import { VitteError } from '../core/errors.ts';
import { pageItemsMax } from './limits.ts';
import { openMemoryDownloads } from './memory-downloads.ts';
import { openMemoryQueue } from './memory-queue.ts';
import { openMemoryState } from './memory-state.ts';
import type { CallOptions, Index, Read } from './port.ts';
import { sameHead, stepChanges, stepOutcomes } from './step.ts';
import { openWaiters } from './waiters.ts';

export type MemoryIndexOptions = {
  /** Milliseconds, as Date.now; ages of items, outcomes and the lease are measured by it. */
  now?: () => number;
};

/** There is one head, so those who wait for it to move all wait under one key. */
const anyMove = '';

/** The index of one process, in its memory: empty at each start, filled from the journal. */
export function openMemoryIndex({ now = Date.now }: MemoryIndexOptions = {}): Index {
  const queue = openMemoryQueue(now);
  const downloads = openMemoryDownloads();
  const moves = openWaiters<true>();
  let state = openMemoryState();
  let identity = newIdentity();
  let leased: { owner: string; until: number } | undefined;
  let closed = false;

  return {
    alone: true,

    async identity(options) {
      enter(options);
      return identity;
    },
    async head(options) {
      enter(options);
      return state.head();
    },

    async enqueue(item, options) {
      enter(options);
      queue.enqueue(item);
    },
    async peek(limits, options) {
      enter(options);
      return read(queue.peek(limits));
    },
    async outcome(id, options) {
      enter(options);
      return queue.outcome(id, options);
    },
    async queued(options) {
      enter(options);
      return queue.queued(options);
    },

    async lease(owner, ttlMs, options) {
      enter(options);
      if (leased && leased.owner !== owner && leased.until > now()) return false;
      leased = { owner, until: now() + ttlMs };
      return true;
    },
    async release(owner, options) {
      enter(options);
      if (leased?.owner === owner) leased = undefined;
    },

    async apply(step, options) {
      enter(options);
      const changes = stepChanges(step);
      if (sameHead(step.before, state.head())) {
        state.take(
          step.after,
          step.entries.map(({ entry }) => entry),
          changes,
        );
        queue.settle(stepOutcomes(step));
        moves.wake(anyMove, true);
      }
      return state.head();
    },
    async clear(options) {
      enter(options);
      state = openMemoryState();
      queue.forgetOutcomes();
      identity = newIdentity();
    },

    async store(options) {
      enter(options);
      return read(state.store());
    },
    async token(sha256, options) {
      enter(options);
      return read(state.token(sha256));
    },
    async package(name, options) {
      enter(options);
      return read(state.package(name));
    },
    async packages(page, options) {
      enter(options);
      return read(state.packages({ ...page, limit: pageLimit(page.limit) }));
    },
    async dependents(name, page, options) {
      enter(options);
      return read(state.dependents(name, { ...page, limit: pageLimit(page.limit) }));
    },
    async feed({ since, limit }, options) {
      enter(options);
      return read(state.feed(since, pageLimit(limit)));
    },

    async moved(since, { timeoutMs, signal }) {
      enter({ ...(signal ? { signal } : {}) });
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        if ((state.head()?.sequence ?? 0) > since) return true;
        const leftMs = deadline - performance.now();
        if (!(await moves.wait(anyMove, { timeoutMs: leftMs, ...(signal ? { signal } : {}) })))
          return false;
      }
    },

    async addDownloads(counts, options) {
      enter(options);
      downloads.add(counts);
    },
    async restoreDownloads(counts, options) {
      enter(options);
      downloads.restore(counts);
    },
    async downloads(names, options) {
      enter(options);
      return downloads.of(names);
    },

    async close() {
      closed = true;
      queue.close(shuttingDown());
      moves.fail(shuttingDown());
    },
  };

  /** What every call begins with. */
  function enter(options: CallOptions | undefined) {
    if (closed) throw shuttingDown();
    options?.signal?.throwIfAborted();
  }

  function read<T>(value: T): Read<T> {
    return { head: state.head(), value };
  }
}

function newIdentity(): string {
  return randomBytes(16).toString('hex');
}

function pageLimit(limit: number): number {
  return Math.min(Math.max(1, limit), pageItemsMax);
}

function shuttingDown() {
  return new VitteError('PKG_E_SHUTTING_DOWN', 'the index is closed');
}
