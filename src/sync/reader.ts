import { setTimeout as delay } from 'node:timers/promises';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { Index, Read } from '../index/port.ts';
import type { Journal } from './journal.ts';

/** How long a read waits for the number that it asks for (`Vitte-Min-Sequence`). */
const sequenceWaitMs = 2_000;
const pollMs = 20;

type ReadOptions = { minSequence?: number; signal?: AbortSignal };

/** Reads of the index that are never older than what this replica has seen, nor than what the caller asks for. */
export type Reader = {
  /** Throws PKG_E_SEQUENCE when the index does not get there in time, PKG_E_INDEX_UNAVAILABLE when it is away. */
  read<T>(
    query: (index: Index, options: { signal?: AbortSignal }) => Promise<Read<T>>,
    options?: ReadOptions,
  ): Promise<{ sequence: number; value: T }>;
};

export function createReader(index: Index, journal: Journal): Reader {
  let seen = 0;
  let catchingUp: Promise<unknown> | undefined;

  return {
    async read(query, options = {}) {
      const callOptions = options.signal ? { signal: options.signal } : {};
      const wanted = Math.max(seen, options.minSequence ?? 0);
      const deadline = Date.now() + sequenceWaitMs;
      for (;;) {
        const { head, value } = await query(index, callOptions);
        if (head && head.sequence >= wanted) {
          seen = Math.max(seen, head.sequence);
          return { sequence: head.sequence, value };
        }
        await catchUp();
        options.signal?.throwIfAborted();
        if (Date.now() > deadline) throw behind(head?.sequence, wanted);
        await delay(pollMs, undefined, callOptions);
      }
    },
  };

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

function behind(at: number | undefined, wanted: number) {
  return new VitteError(
    'PKG_E_SEQUENCE',
    at === undefined
      ? 'the index is empty'
      : `the index is at entry ${at} of the journal, not yet at ${wanted}`,
    { help: 'try again' },
  );
}
