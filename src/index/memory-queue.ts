import { VitteError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import { frozenCopy } from './frozen.ts';
import { outcomeAgeMsMin, outcomesMax, queueAgeMsMax, queueItemsMax } from './limits.ts';
import type { Outcome, QueueItem } from './port.ts';
import { openWaiters, type WaitOptions } from './waiters.ts';

type Queued = { item: QueueItem; bytes: number; at: number };
type Kept = { outcome: Outcome; at: number };

/** There is one queue, so those who wait for an item all wait under one key. */
const anyItem = '';

/** The writer's side of the memory index: queue, outcomes, and who waits for either. */
export function openMemoryQueue(now: () => number) {
  // Maps keep the order of insertion: the oldest item, and the oldest outcome, come first.
  const items = new Map<string, Queued>();
  const outcomes = new Map<string, Kept>();
  const outcomeWaiters = openWaiters<Outcome>();
  const itemWaiters = openWaiters<true>();

  return {
    enqueue(item: QueueItem) {
      dropVoidItems();
      if (items.has(item.id) || outcomes.has(item.id)) return;
      if (items.size >= queueItemsMax) {
        throw new VitteError('PKG_E_RATE_LIMIT', `${queueItemsMax} changes wait already`, {
          help: 'try again in some seconds',
        });
      }
      const bytes = Buffer.byteLength(canonicalJson(item));
      items.set(item.id, { item: frozenCopy(item), bytes, at: now() });
      itemWaiters.wake(anyItem, true);
    },

    peek({ itemsMax, bytesMax }: { itemsMax: number; bytesMax: number }): QueueItem[] {
      dropVoidItems();
      const taken: QueueItem[] = [];
      let bytesTaken = 0;
      for (const { item, bytes } of items.values()) {
        bytesTaken += bytes;
        if (taken.length > 0 && (taken.length >= itemsMax || bytesTaken > bytesMax)) break;
        taken.push(item);
      }
      return taken;
    },

    async outcome(id: string, options: WaitOptions): Promise<Outcome | undefined> {
      return outcomes.get(id)?.outcome ?? outcomeWaiters.wait(id, options);
    },

    async queued(options: WaitOptions): Promise<void> {
      dropVoidItems();
      if (items.size === 0) await itemWaiters.wait(anyItem, options);
    },

    /** Removes the items of these ids, keeps what became of them and tells those who wait. */
    settle(results: ReadonlyMap<string, Outcome>) {
      dropOldOutcomes();
      for (const [id, result] of results) {
        const outcome = frozenCopy(result);
        items.delete(id);
        outcomes.delete(id);
        outcomes.set(id, { outcome, at: now() });
        outcomeWaiters.wake(id, outcome);
      }
      dropOldOutcomes();
    },

    forgetOutcomes: () => outcomes.clear(),

    /** Ends every wait with this error. */
    close(error: Error) {
      outcomeWaiters.fail(error);
      itemWaiters.fail(error);
    },
  };

  function dropVoidItems() {
    const oldest = now() - queueAgeMsMax;
    for (const [id, { at }] of items) {
      if (at >= oldest) return;
      items.delete(id);
    }
  }

  function dropOldOutcomes() {
    const oldest = now() - outcomeAgeMsMin;
    for (const [id, { at }] of outcomes) {
      if (at >= oldest && outcomes.size <= outcomesMax) return;
      outcomes.delete(id);
    }
  }
}
