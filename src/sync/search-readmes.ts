import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { mapConcurrently } from '../core/concurrency.ts';
import type { Digest } from '../core/digest.ts';
import { isVitteError } from '../core/errors.ts';
import type { PackageName } from '../core/name.ts';
import type { ReadmeShelf, Search } from '../index/search-port.ts';
import { readmeText } from '../index/search-readme.ts';

/** Brings a search the READMEs that it lacks. */
export type SearchReadmes = {
  /** Brings those of these packages now. What takes longer than `timeoutMs`, or fails, comes later. */
  bring(names: readonly PackageName[], options: { timeoutMs: number }): Promise<void>;
  /** Brings them in the background, some at a time. */
  bringLater(names: Iterable<PackageName>): void;
  /** Resolves when nothing is being brought in the background. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

export type SearchReadmesOptions = {
  search: Search;
  /** The README's bytes, from the store. */
  read(name: PackageName, digest: Digest, options: { signal: AbortSignal }): Promise<Uint8Array>;
  /** What is kept of READMEs that were read before, by whatever replica. */
  shelf?: ReadmeShelf | undefined;
  onError(error: unknown): void;
};

const batchMax = 64;
const readsMax = 4;
/** After so many the event loop has a turn. */
const putsInTurnMax = 20;
/** After a failure the store is left alone for so long. */
const failurePauseMs = 10_000;

export function openSearchReadmes(options: SearchReadmesOptions): SearchReadmes {
  const { search, read, shelf, onError } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const wanted = new Set<PackageName>();
  let work: Promise<void> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  return {
    async bring(names, { timeoutMs }) {
      if (names.length === 0) return;
      if (performance.now() - failedAt < failurePauseMs) return bringLater(names);
      const waiting = new AbortController();
      const time = delay(timeoutMs, undefined, { signal: waiting.signal }).catch(() => {});
      await Promise.race([tryBatch(names), time]);
      waiting.abort();
    },
    bringLater,
    settled: async () => work,
    async close() {
      closing.abort();
      await work;
    },
  };

  function bringLater(names: Iterable<PackageName>) {
    for (const name of names) if (search.lacksReadme(name) !== undefined) wanted.add(name);
    if (wanted.size === 0 || signal.aborted) return;
    work ??= workOff().finally(() => {
      work = undefined;
    });
  }

  async function workOff() {
    while (wanted.size > 0 && !signal.aborted) {
      const pauseMs = failedAt + failurePauseMs - performance.now();
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal }).catch(() => {});
      const batch = [...wanted].slice(0, batchMax);
      for (const name of batch) wanted.delete(name);
      await tryBatch(batch);
    }
  }

  async function tryBatch(names: readonly PackageName[]) {
    try {
      await bringBatch(names);
    } catch (error) {
      if (signal.aborted) return;
      failedAt = performance.now();
      onError(error);
      bringLater(names);
    }
  }

  async function bringBatch(names: readonly PackageName[]) {
    const lacked = names.flatMap((name) => {
      const digest = search.lacksReadme(name);
      return digest === undefined ? [] : [{ name, digest }];
    });
    const kept = (await shelf?.get(lacked, { signal })) ?? [];
    for (const [at, { name, digest, text }] of kept.entries()) {
      search.putReadme(name, digest, text);
      if (at % putsInTurnMax === putsInTurnMax - 1) await nextTurn(undefined, { signal });
    }
    const found = new Set(kept.map(({ name }) => name));
    const unknown = lacked.filter(({ name }) => !found.has(name));
    const texts = await mapConcurrently(unknown, readsMax, async ({ name, digest }) => {
      const text = await textOf(name, digest);
      search.putReadme(name, digest, text ?? '');
      return text === undefined ? [] : [{ name, digest, text }];
    });
    if (texts.flat().length > 0) await shelf?.put(texts.flat(), { signal });
  }

  /** Undefined for a README that is gone or damaged: waiting does not bring it back. */
  async function textOf(name: PackageName, digest: Digest): Promise<string | undefined> {
    try {
      return readmeText(await read(name, digest, { signal }));
    } catch (error) {
      if (!isVitteError(error) || error.kind === 'unavailable' || error.kind === 'upstream')
        throw error;
      onError(error);
      return undefined;
    }
  }
}
