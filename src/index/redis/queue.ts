import { VitteError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import { queueAgeMsMax, queueItemsMax } from '../limits.ts';
import type { CallOptions, Index, QueueItem } from '../port.ts';
import { headOf } from './apply.ts';
import type { Connection } from './connection.ts';
import type { FixedKeys } from './keys.ts';
import { unpackOutcome } from './records.ts';
import { enqueueScript, leaseScript, lookScript, peekScript, releaseScript } from './scripts.ts';
import { openWaits, type Seen } from './waits.ts';

/** What the writer and those who wait for it ask: queue, outcomes and lease. */
export type RedisQueue = Pick<
  Index,
  'enqueue' | 'peek' | 'outcome' | 'queued' | 'moved' | 'lease' | 'release'
> & {
  /** Ends every wait with this error. */
  endWaits(error: Error): void;
};

/** Redis ends a lease so long after its owner's clock should have, whatever the clocks say. */
const leaseGraceMs = 5_000;
const idsPerLook = 1_000;

export function openQueue(connection: Connection, keys: FixedKeys, now: () => number): RedisQueue {
  const waits = openWaits(look);
  connection.onMessage(waits.heard);

  return {
    async enqueue(item, options) {
      const time = now();
      const text = canonicalJson(item);
      const [, taken] = await connection.run(
        enqueueScript,
        (set) => ({
          keys: [keys.meta, keys.queue, keys.ages, keys.items, keys.outcomes],
          args: [set, time - queueAgeMsMax, time, item.id, text, queueItemsMax, keys.wake],
        }),
        options,
      );
      if (taken === 1) return;
      throw new VitteError('PKG_E_RATE_LIMIT', `${queueItemsMax} changes wait already`, {
        help: 'try again in some seconds',
      });
    },
    async peek({ itemsMax, bytesMax }, options) {
      const reply = await connection.run(
        peekScript,
        (set) => ({
          keys: [keys.meta, keys.queue, keys.ages, keys.items],
          args: [set, now() - queueAgeMsMax, itemsMax, bytesMax],
        }),
        options,
      );
      const items = reply[1] as Buffer[];
      return {
        head: headOf(reply),
        value: items.map((item) => JSON.parse(item.toString()) as QueueItem),
      };
    },
    outcome: waits.outcome,
    queued: waits.item,
    moved: waits.moved,

    async lease(owner, ttlMs, options) {
      const time = now();
      const [, given, runId] = await connection.run(
        leaseScript,
        (set) => ({
          keys: [keys.meta, keys.lease],
          args: [set, time, owner, Math.ceil(time + ttlMs), Math.ceil(ttlMs) + leaseGraceMs],
        }),
        options,
      );
      connection.learn({ runId: String(runId) });
      return given === 1;
    },
    async release(owner, options) {
      const given = (set: string) => ({ keys: [keys.meta, keys.lease], args: [set, owner] });
      await connection.run(releaseScript, given, options);
    },

    endWaits: waits.close,
  };

  async function look(ids: string[], options: CallOptions): Promise<Seen> {
    const seen: Seen = { sequence: 0, item: false, outcomes: new Map() };
    let from = 0;
    do {
      const part = ids.slice(from, from + idsPerLook);
      const reply = await connection.run(
        lookScript,
        (set) => ({
          keys: [keys.meta, keys.ages, keys.outcomes],
          args: [set, now() - queueAgeMsMax, ...part],
        }),
        options,
      );
      const [, items, ...outcomes] = reply;
      seen.sequence = headOf(reply)?.sequence ?? 0;
      seen.item = Number(items) > 0;
      for (const [at, outcome] of outcomes.entries()) {
        if (outcome !== null) seen.outcomes.set(part[at]!, unpackOutcome(outcome as Buffer));
      }
      from += idsPerLook;
    } while (from < ids.length);
    return seen;
  }
}
