// Snapshots of single packages (`_state`), written behind the journal: what is asked for while the index is away.
import { mapConcurrently } from '../core/concurrency.ts';
import { isVitteError } from '../core/errors.ts';
import type { Entry } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import { pageItemsMax } from '../index/limits.ts';
import type { Index } from '../index/port.ts';
import type { SnapshotStore } from '../storage/snapshots.ts';
import { recordBytes, type StateRow } from './snapshot-rows.ts';

type Options = { signal?: AbortSignal };

export type StateWriter = {
  /**
   * Writes the snapshots of packages that entries after this number name, in the order of the entries. Gives a row for
   * each, the number up to which every package has been taken care of, and whether there is more to do at once.
   */
  write(since: number, options?: Options & { unlessSame?: boolean }): Promise<StatesWritten>;
};
export type StatesWritten = { rows: StateRow[]; upTo: number; more: boolean };

/** Work of one round, and how much of it is under way at once: publishers come first. */
const packagesInRoundMax = 256;
const writesMax = 2;
/** A package's snapshot is written no more often than this. */
const betweenMsMin = 60_000;

export function createStateWriter(
  parts: { index: Index; snapshots: SnapshotStore },
  now: () => number,
): StateWriter {
  /** What was written a moment ago, and how new it was. */
  const written = new Map<PackageName, { sequence: number; at: number }>();

  return {
    async write(since, options = {}) {
      const { index } = parts;
      forgetOld();
      const rows: StateRow[] = [];
      for (let upTo = since; ; ) {
        const { value: page } = await index.feed({ since: upTo, limit: pageItemsMax }, options);
        const { names, last } = share(page, packagesInRoundMax - rows.length);
        const made = await mapConcurrently(names, writesMax, (name) => writeOne(name, options));
        rows.push(...made.flatMap((row) => row ?? []));
        upTo = last ?? upTo;
        if (page.length === 0 || upTo !== page.at(-1)?.n) {
          return { rows, upTo, more: rows.length >= packagesInRoundMax };
        }
      }
    },
  };

  /** The packages to write for as many entries of a page as can be taken care of now. */
  function share(page: readonly Entry[], namesMax: number) {
    const names = new Set<PackageName>();
    let last: number | undefined;
    for (const entry of page) {
      const name = 'package' in entry ? entry.package : undefined;
      if (name !== undefined && !names.has(name)) {
        const before = written.get(name);
        if (!before) {
          if (names.size >= namesMax) break;
          names.add(name);
        } else if (before.sequence < entry.n) break; // its turn comes later
      }
      last = entry.n;
    }
    return { names: [...names], last };
  }

  async function writeOne(
    name: PackageName,
    options: Options & { unlessSame?: boolean },
  ): Promise<StateRow | undefined> {
    const { index, snapshots } = parts;
    const { head, value: record } = await index.package(name, options);
    if (!head || !record) return undefined;
    const { sequence } = record;
    try {
      const state = await snapshots.writeState(name, head, recordBytes(record), options);
      return { name, sequence, state };
    } catch (error) {
      // Too large to be read back: nobody shall take an older one for this.
      if (isVitteError(error, 'PKG_E_STORE_FORMAT')) return { name, sequence };
      throw error;
    } finally {
      written.set(name, { sequence: head.sequence, at: now() });
    }
  }

  function forgetOld() {
    for (const [name, { at }] of written) {
      if (now() - at >= betweenMsMin) written.delete(name);
    }
  }
}
