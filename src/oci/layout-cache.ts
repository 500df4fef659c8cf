import type { IndexKeeper } from './layout-keeper.ts';
import type { RepositoryName } from './names.ts';

/** The repositories whose index is in memory, each once, the one used longest ago first to go. */
export type KeeperCache = {
  /** Lends a repository's keeper; it is not dropped, nor is there a second one, until `work` has ended. */
  use<T>(name: RepositoryName, work: (keeper: IndexKeeper) => Promise<T>): Promise<T>;
};

export type CacheLimits = { repositoriesMax: number; manifestsMax: number };

export const cacheLimits: CacheLimits = { repositoriesMax: 1_000, manifestsMax: 200_000 };

type Lent = { keeper: IndexKeeper; users: number };

/** Both limits are passed only as far as repositories in use need it. */
export function createKeeperCache(
  open: (name: RepositoryName) => IndexKeeper,
  limits: CacheLimits,
): KeeperCache {
  const cached = new Map<RepositoryName, Lent>();
  return { use };

  async function use<T>(name: RepositoryName, work: (keeper: IndexKeeper) => Promise<T>) {
    const lent = cached.get(name) ?? { keeper: open(name), users: 0 };
    cached.delete(name);
    cached.set(name, lent);
    lent.users += 1;
    try {
      return await work(lent.keeper);
    } finally {
      lent.users -= 1;
      // Asking for repositories that do not exist must not push out those that do.
      if (lent.users === 0 && !lent.keeper.exists()) cached.delete(name);
      shrink();
    }
  }

  function shrink() {
    let manifests = 0;
    for (const { keeper } of cached.values()) manifests += keeper.weight();
    for (const [name, { keeper, users }] of cached) {
      if (cached.size <= limits.repositoriesMax && manifests <= limits.manifestsMax) return;
      if (users > 0) continue;
      cached.delete(name);
      manifests -= keeper.weight();
    }
  }
}
