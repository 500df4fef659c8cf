import { setImmediate as nextTurn } from 'node:timers/promises';
import { mapConcurrently } from '../core/concurrency.ts';
import { VitteError } from '../core/errors.ts';
import type { JournalHead } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import type { Index, PackageRecord } from '../index/port.ts';
import type { Search } from '../index/search-port.ts';
import type { SearchReadmes } from './search-readmes.ts';

/** Keeps a search up with the index: filled from its packages once, then entry by entry from its feed. */
export type SearchFollower = {
  /**
   * Takes in what the feed has beyond the last call; nothing is asked of the index where that is up to this number
   * already. Calls at the same time share one pass. READMEs of a few packages are waited for, those of many come
   * later. Throws what the index does, the signal's reason, and PKG_E_INDEX_UNAVAILABLE after `timeoutMs`, as while a
   * large index is read for the first time; the pass goes on all the same.
   */
  follow(options?: { until?: number; timeoutMs?: number; signal?: AbortSignal }): Promise<void>;
  /** Resolves when counters of downloads that are being read were taken in. */
  counted(): Promise<void>;
  /** Ends a pass under way and what is done in the background. */
  close(): Promise<void>;
};

export type SearchFollowerOptions = {
  /** Where READMEs come from; without it search knows of none. */
  readmes?: SearchReadmes;
  /** Milliseconds, as performance.now. */
  now?: () => number;
};

const feedPageMax = 1_000;
const readsMax = 16;
/** Records of a page have all versions of a package, so a page is small enough not to hold up an index for others. */
const fillPageMax = 100;
/** After so many packages the event loop has a turn: a fill takes seconds. */
const putsInTurnMax = 25;
/** An index that is cleared while it is read is read again so often. */
const fillsMax = 3;
const namesInCallMax = 1_000;
/** Counters of downloads change all the time and only break ties. */
const downloadsAgeMsMax = 10 * 60_000;
/** READMEs of so many packages are waited for, and for so long: a search then finds what was just published. */
const awaitedReadmesMax = 32;
const awaitedReadmesMs = 1_000;

export function createSearchFollower(
  index: Index,
  search: Search,
  { readmes, now = () => performance.now() }: SearchFollowerOptions = {},
): SearchFollower {
  const closing = new AbortController();
  const { signal: closed } = closing;
  /** Number of the last entry that was taken in; undefined before the first fill. */
  let done: number | undefined;
  let pass: Promise<void> | undefined;
  let countedAt = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | undefined;

  return {
    async follow({ until, timeoutMs, signal } = {}) {
      signal?.throwIfAborted();
      closed.throwIfAborted();
      if (until !== undefined && until === done) return;
      const limit = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
      const signals = [signal, limit].filter((given) => given !== undefined);
      try {
        await unlessAborted(nextPass(), AbortSignal.any(signals));
      } catch (cause) {
        if (!limit?.aborted || cause !== limit.reason) throw cause;
        throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the search is still reading the index', {
          help: 'try again',
          cause,
        });
      }
    },
    counted: async () => counting,
    async close() {
      closing.abort();
      await Promise.allSettled([pass, counting, readmes?.close()]);
    },
  };

  /** A pass that has begun may have read the feed's end already: the one after it surely sees what stood there now. */
  async function nextPass() {
    if (pass) await pass.catch(() => {});
    pass ??= takeIn().finally(() => {
      pass = undefined;
    });
    await pass;
  }

  async function takeIn() {
    const head = await index.head({ signal: closed });
    if (done !== undefined && (head?.sequence ?? 0) < done) done = undefined; // the index was made anew
    done ??= await fill();
    const changed = new Set<PackageName>();
    for (;;) {
      const { value: entries } = await index.feed(
        { since: done, limit: feedPageMax },
        { signal: closed },
      );
      const last = entries.at(-1);
      if (!last) break;
      const names = new Set<PackageName>();
      for (const entry of entries) if ('package' in entry) names.add(entry.package);
      await takeNames([...names]);
      for (const name of names) changed.add(name);
      done = last.n;
    }
    const names = [...changed];
    await readmes?.bring(names.splice(0, awaitedReadmesMax), { timeoutMs: awaitedReadmesMs });
    readmes?.bringLater(names);
    if (now() - countedAt > downloadsAgeMsMax) countLater();
  }

  async function takeNames(names: PackageName[]) {
    const records = await mapConcurrently(names, readsMax, async (name) => {
      return (await index.package(name, { signal: closed })).value;
    });
    await take(records.filter((record) => record !== undefined));
  }

  /** Takes in all packages; gives the number from which on the feed may say something that they did not. */
  async function fill(): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      search.clear();
      const first = await fillOnce();
      if (!first && attempt < fillsMax) continue;
      readmes?.bringLater(search.names()); // not before: a search can be answered without them
      return first?.sequence ?? 0;
    }
  }

  async function fillOnce(): Promise<JournalHead | undefined> {
    let first: JournalHead | undefined;
    let after: PackageName | undefined;
    do {
      const page = { limit: fillPageMax, ...(after === undefined ? {} : { after }) };
      const { head, value } = await index.packages(page, { signal: closed });
      first ??= head;
      if (!head || head.sequence < (first?.sequence ?? 0)) return undefined; // it was cleared meanwhile
      await take(value.records);
      after = value.records.length < fillPageMax ? undefined : value.records.at(-1)?.name;
    } while (after !== undefined);
    return first;
  }

  async function take(records: readonly PackageRecord[]) {
    for (const [at, record] of records.entries()) {
      search.put(record);
      if (at % putsInTurnMax === putsInTurnMax - 1) await nextTurn(undefined, { signal: closed });
    }
  }

  function countLater() {
    countedAt = now();
    // Without counters ties are broken by what else is known: the next time may do better.
    counting = count().catch(() => {});
  }

  async function count() {
    const names = search.names();
    for (let at = 0; at < names.length; at += namesInCallMax) {
      const some = names.slice(at, at + namesInCallMax);
      const sums = new Map<PackageName, number>();
      for (const { name, count } of await index.downloads(some, { signal: closed })) {
        sums.set(name, (sums.get(name) ?? 0) + count);
      }
      for (const name of some) search.putDownloads(name, sums.get(name) ?? 0);
      await nextTurn(undefined, { signal: closed });
    }
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
