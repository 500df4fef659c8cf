// Waiting for an outcome or an item. Redis is asked once when a wait begins, whenever a message says that something
// came, and four times a second, so that a message which is lost costs a quarter of a second. A message only says
// when to ask: what it said is never the answer.
import type { Outcome } from '../port.ts';
import { openWaiters, type Waiters, type WaitOptions } from '../waiters.ts';

/** What stands now: whether an item waits, and the outcomes of those ids that have one. */
export type Seen = { item: boolean; outcomes: Map<string, Outcome> };
export type Look = (ids: string[], options: { signal?: AbortSignal }) => Promise<Seen>;

export type Waits = {
  outcome(id: string, options: WaitOptions): Promise<Outcome | undefined>;
  item(options: WaitOptions): Promise<void>;
  /** To be told of each message. */
  heard(): void;
  /** Ends every wait with this error. */
  close(error: Error): void;
};

const pollMs = 250;
/** Waits outlast a Redis that is away for so long. */
const awayMsMax = 2_000;
const anyItem = '';

export function openWaits(look: Look): Waits {
  const outcomes = openWaiters<Outcome>();
  const items = openWaiters<true>();
  /** How many wait, for each id and for an item. */
  const waitingIds = new Map<string, number>();
  let waitingForItem = 0;
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let again = false;
  let failingSince: number | undefined;

  return {
    async outcome(id, options) {
      const found = (seen: Seen) => seen.outcomes.get(id);
      if (options.timeoutMs <= 0) return found(await look([id], options));
      waitingIds.set(id, (waitingIds.get(id) ?? 0) + 1);
      try {
        return await first(look([id], options).then(found), outcomes, id, options);
      } finally {
        const rest = waitingIds.get(id)! - 1;
        if (rest > 0) waitingIds.set(id, rest);
        else waitingIds.delete(id);
      }
    },
    async item(options) {
      waitingForItem += 1;
      try {
        const there = look([], options).then((seen) => seen.item || undefined);
        await first(there, items, anyItem, options);
      } finally {
        waitingForItem -= 1;
      }
    },
    heard: () => void lookForAll(),
    close(error) {
      clearTimeout(timer);
      outcomes.fail(error);
      items.fail(error);
    },
  };

  /** What is there already, or else what comes. The wait begins before the answer, so that nothing falls between. */
  async function first<T>(
    there: Promise<T | undefined>,
    waiters: Waiters<T>,
    key: string,
    { timeoutMs, signal }: WaitOptions,
  ): Promise<T | undefined> {
    const done = new AbortController();
    const signals = signal ? [signal, done.signal] : [done.signal];
    const wait = waiters.wait(key, { timeoutMs, signal: AbortSignal.any(signals) });
    wait.catch(() => {}); // heard below, unless the answer ends the call
    timer ??= setTimeout(poll, pollMs);
    try {
      return (await there) ?? (await wait);
    } finally {
      done.abort();
    }
  }

  function poll() {
    timer = undefined;
    if (waitingIds.size === 0 && waitingForItem === 0) return;
    timer = setTimeout(poll, pollMs);
    void lookForAll();
  }

  async function lookForAll() {
    if (looking) {
      again = true; // what it was called for may have come after the look under way
      return;
    }
    looking = true;
    do {
      again = false;
      if (waitingIds.size > 0 || waitingForItem > 0) await lookOnce();
    } while (again);
    looking = false;
  }

  async function lookOnce() {
    try {
      const seen = await look([...waitingIds.keys()], {});
      failingSince = undefined;
      for (const [id, outcome] of seen.outcomes) outcomes.wake(id, outcome);
      if (seen.item) items.wake(anyItem, true);
    } catch (error) {
      failingSince ??= performance.now();
      if (performance.now() - failingSince < awayMsMax) return;
      outcomes.fail(error as Error);
      items.fail(error as Error);
    }
  }
}
