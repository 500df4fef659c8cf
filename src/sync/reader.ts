import { setTimeout as delay } from 'node:timers/promises';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { Index, Read } from '../index/port.ts';
import type { Journal } from './journal.ts';

/** How long a read waits for the number that it asks for (`Vitte-Min-Sequence`), and for an index that is filled. */
const sequenceWaitMs = 2_000;
const pollMsMin = 20;
const pollMsMax = 200;

type ReadOptions = {
  minSequence?: number;
  signal?: AbortSignal;
  /** Told of the number of the answer. */
  read?: (sequence: number) => void;
};

/** Reads of the index that are never older than what this replica has seen, nor than what the caller asks for. */
export type Reader = {
  /** Throws PKG_E_SEQUENCE when the index does not get there in time, PKG_E_INDEX_UNAVAILABLE when it is away. */
  read<T>(
    query: (index: Index, options: { signal?: AbortSignal }) => Promise<Read<T>>,
    options?: ReadOptions,
  ): Promise<{ sequence: number; value: T }>;
  /** The highest number that this replica has answered with: what it keeps beside the index must not be older. */
  seen(): number;
};

export function createReader(index: Index, journal: Journal): Reader {
  let seen = 0;
  /** The index may be another one than before: nothing is answered from it until it has caught up. */
  let doubtful = false;
  let settling: Promise<void> | undefined;
  index.onDoubt?.(() => {
    doubtful = true;
  });
  let catchingUp: Promise<unknown> | undefined;

  return {
    seen: () => seen,
    async read(query, options = {}) {
      const callOptions = options.signal ? { signal: options.signal } : {};
      const wanted = Math.max(seen, options.minSequence ?? 0);
      const deadline = performance.now() + sequenceWaitMs;
      const inTime = <R>(waited: Promise<R>) => before(deadline, waited, options.signal);
      let pauseMs = pollMsMin;
      for (;;) {
        if (doubtful || settling) await inTime(settleDoubt());
        const { head, value } = await query(index, callOptions);
        if (head && head.sequence >= wanted && !doubtful && !settling) {
          seen = Math.max(seen, head.sequence);
          options.read?.(head.sequence);
          return { sequence: head.sequence, value };
        }
        // An index that holds all this replica has seen is no proof that it is behind: then only time can tell.
        const lost = head === undefined || head.sequence < seen;
        if (lost || pauseMs === pollMsMin) await inTime(catchUp());
        options.signal?.throwIfAborted();
        if (performance.now() > deadline) throw behind(head?.sequence, wanted);
        await delay(pauseMs, undefined, callOptions);
        pauseMs = Math.min(pauseMs * 2, pollMsMax);
      }
    },
  };

  function settleDoubt(): Promise<void> {
    settling ??= settle().finally(() => {
      settling = undefined;
    });
    return settling;
  }

  async function settle() {
    doubtful = false;
    try {
      await catchUp();
    } catch (error) {
      doubtful = true;
      throw error;
    }
  }

  /** One catch-up for all who wait; its failure means that the index stays behind. */
  async function catchUp() {
    catchingUp ??= journal.catchUp().finally(() => {
      catchingUp = undefined;
    });
    try {
      await catchingUp;
    } catch (cause) {
      if (isVitteError(cause, 'PKG_E_JOURNAL_CHAIN')) throw cause;
      throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the index can not be brought up to date', {
        cause,
      });
    }
  }
}

/** The same promise, until the deadline: what it waits for goes on. Throws PKG_E_INDEX_UNAVAILABLE then. */
async function before<R>(deadline: number, waited: Promise<R>, signal?: AbortSignal): Promise<R> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const giveUp = () =>
    reject(new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the index is being brought up to date'));
  const leave = () => reject(signal?.reason);
  const timer = setTimeout(giveUp, deadline - performance.now());
  signal?.addEventListener('abort', leave);
  try {
    return await Promise.race([waited, late]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', leave);
  }
}

function behind(at: number | undefined, wanted: number) {
  return new VitteError(
    'PKG_E_SEQUENCE',
    at === undefined
      ? 'the index is empty'
      : `the index is at entry ${at} of the journal, not yet at ${wanted}`,
    { help: 'try again' },
  );
}
