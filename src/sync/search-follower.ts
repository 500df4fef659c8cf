import type { PackageName } from '../core/name.ts';
import type { Index } from '../index/port.ts';
import type { Search } from '../index/search-port.ts';

const pageMax = 1_000;

/** Keeps a search up with the index's feed. */
export type SearchFollower = {
  /** Takes in what the feed has beyond the last call. Calls at the same time share one pass. */
  follow(options?: { signal?: AbortSignal }): Promise<void>;
};

export function createSearchFollower(index: Index, search: Search): SearchFollower {
  let done = 0;
  let pass: Promise<void> | undefined;

  return {
    async follow() {
      // A pass that has begun may have read the feed's end already: the second one surely sees what stood there
      // when it was asked for.
      if (pass) await pass.catch(() => {});
      pass ??= takeIn().finally(() => {
        pass = undefined;
      });
      await pass;
    },
  };

  async function takeIn() {
    const head = await index.head();
    if ((head?.sequence ?? 0) < done) {
      search.clear(); // the index was rebuilt
      done = 0;
    }
    for (;;) {
      const { value: entries } = await index.feed({ since: done, limit: pageMax });
      const last = entries.at(-1);
      if (!last) return;
      const names = new Set<PackageName>();
      for (const entry of entries) if ('package' in entry) names.add(entry.package);
      for (const name of names) {
        const { value: record } = await index.package(name);
        if (record) search.put(record);
      }
      done = last.n;
    }
  }
}
