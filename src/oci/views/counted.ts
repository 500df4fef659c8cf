import type { BlobStore, ManifestStore, Registry, Repository } from '../port.ts';

/** What was read of a registry: bodies of manifests and blobs, heads of either, and lists. */
export type ReadCounts = { manifests: number; blobs: number; heads: number; lists: number };

/** Shows a registry as it is, and counts what is read of it. */
export function countedRegistry(inner: Registry): { registry: Registry; counts: ReadCounts } {
  const counts: ReadCounts = { manifests: 0, blobs: 0, heads: 0, lists: 0 };
  const registry: Registry = {
    ...inner,
    repository: (name) => counted(inner.repository(name), counts),
  };
  return { registry, counts };
}

function counted(inner: Repository, counts: ReadCounts): Repository {
  const { blobs, manifests } = inner;
  const counting =
    <A extends unknown[], R>(kind: keyof ReadCounts, call: (...given: A) => R) =>
    (...given: A): R => {
      counts[kind] += 1;
      return call(...given);
    };
  return {
    ...inner,
    blobs: {
      ...blobs,
      fetch: counting<Parameters<BlobStore['fetch']>, ReturnType<BlobStore['fetch']>>(
        'blobs',
        blobs.fetch,
      ),
      stat: counting('heads', blobs.stat),
    },
    manifests: {
      ...manifests,
      fetch: counting<Parameters<ManifestStore['fetch']>, ReturnType<ManifestStore['fetch']>>(
        'manifests',
        manifests.fetch,
      ),
      resolve: counting('heads', manifests.resolve),
    },
    tags: counting('lists', inner.tags),
    referrers: counting('lists', inner.referrers),
  };
}
