import { VitteError } from '../../core/errors.ts';
import { parseRepositoryName } from '../names.ts';
import type { Registry, Repository } from '../port.ts';

/**
 * Several storages as one: the repositories of a namespace that `routes` names lie in its storage, all others (the
 * journal among them) in `standard`. Nothing is mounted from one storage into another.
 */
export function routedRegistry(
  standard: Registry,
  routes: ReadonlyMap<string, Registry>,
): Registry {
  const storageOf = (text: string): Registry => {
    const [namespace = '', local] = parseRepositoryName(text).split('/', 2);
    return (local === undefined ? undefined : routes.get(namespace)) ?? standard;
  };
  return {
    async referrersApi(options) {
      const { repository } = options ?? {};
      const storage = repository === undefined ? standard : storageOf(repository);
      return storage.referrersApi(options);
    },

    repository(name): Repository {
      const storage = storageOf(name);
      const repository = storage.repository(name);
      const { blobs } = repository;
      return {
        ...repository,
        blobs: {
          ...blobs,
          async mount(digest, from, options) {
            options?.signal?.throwIfAborted();
            return storageOf(from) === storage && blobs.mount(digest, from, options);
          },
        },
      };
    },

    async *repositories(options) {
      for (const storage of new Set([standard, ...routes.values()])) {
        if (!storage.repositories) throw unlisted();
        for await (const name of storage.repositories(options)) {
          if (storageOf(name) === storage) yield name;
        }
      }
    },

    async close() {
      const storages = new Set([standard, ...routes.values()]);
      await Promise.all([...storages].map((storage) => storage.close()));
    },
  };
}

function unlisted() {
  return new VitteError('PKG_E_STORAGE_UNFIT', 'a storage does not tell the names that lie in it');
}
