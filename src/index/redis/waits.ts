// Waiting for an outcome, an item or the next step. Redis is asked once when a wait begins, whenever a message says that something
// came, and four times a second, so that a message which is lost costs a quarter of a second. A message only says
// when to ask: what it said is never the answer.
import type { Outcome } from '../port.ts';
import { openWaiters, type Waiters, type WaitOptions } from '../waiters.ts';

/** What stands now: the head's number, whether an item waits, and the outcomes of those ids that have one. */
export type Seen = { sequence: number; item: boolean; outcomes: Map<string, Outcome> };
export type Look = (ids: string[], options: { signal?: AbortSignal }) => Promise<Seen>;

export type Waits = {
  outcome(id: string, options: WaitOptions): Promise<Outcome | undefined>;
  item(options: WaitOptions): Promise<void>;
  moved(since: number, options: WaitOptions): Promise<boolean>;
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
  const moves = openWaiters<true>();
  /** How many wait for the head to be beyond each number. */
  const waitingNumbers = new Map<number, number>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let again = false;
  let failingSince: number | undefined;

  return {
    async outcome(id, options) {
      const found = (seen: Seen) => seen.outcomes.get(id);
      if (options.timeoutMs <= 0) return found(await look([id], options));
      return counted(waitingIds, id, () =>
        first(look([id], options).then(found), outcomes, id, options),
      );
    },
    async moved(since, options) {
      const there = look([], options).then((seen) => seen.sequence > since || undefined);
      const found = await counted(waitingNumbers, since, () =>
        first(there, moves, `${since}`, options),
      );
      return found ?? false;
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
      failAll(error);
    },
  };

  function failAll(error: Error) {
    outcomes.fail(error);
    items.fail(error);
    moves.fail(error);
  }

  function anyWait(): boolean {
    return waitingIds.size > 0 || waitingForItem > 0 || waitingNumbers.size > 0;
  }

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
    if (!anyWait()) return;
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
      if (anyWait()) await lookOnce();
    } while (again);
    looking = false;
  }

  async function lookOnce() {
    try {
      const seen = await look([...waitingIds.keys()], {});
      failingSince = undefined;
      for (const [id, outcome] of seen.outcomes) outcomes.wake(id, outcome);
      if (seen.item) items.wake(anyItem, true);
      for (const since of waitingNumbers.keys()) {
        if (seen.sequence > since) moves.wake(`${since}`, true);
      }
    } catch (error) {
      failingSince ??= performance.now();
      if (performance.now() - failingSince < awayMsMax) return;
      failAll(error as Error);
    }
  }
}

/** Runs `wait` while its key counts as waited for. */
async function counted<K, T>(waiting: Map<K, number>, key: K, wait: () => Promise<T>): Promise<T> {
  waiting.set(key, (waiting.get(key) ?? 0) + 1);
  try {
    return await wait();
  } finally {
    const rest = waiting.get(key)! - 1;
    if (rest > 0) waiting.set(key, rest);
    else waiting.delete(key);
  }
}
