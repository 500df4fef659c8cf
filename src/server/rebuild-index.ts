import type { Index } from '../index/port.ts';
import type { IndexRebuild } from '../index/rebuild-port.ts';
import { rebuild, renewSnapshots } from '../sync/rebuild.ts';
import type { OpenedStore } from './compose.ts';

export type RebuildOptions = {
  signal?: AbortSignal;
  /** From the journal and the manifests alone; the snapshots are written anew then. */
  deep?: boolean;
  onProgress?: (done: number, total: number) => void;
};

export type Rebuilt = {
  store: string;
  sequence: number;
  packages: number;
  /** Bodies of manifests and of blobs that were read of the storage. */
  objects: { manifests: number; blobs: number };
  /** The entry behind which an interrupted rebuild was gone on with; 0 for one that began at the beginning. */
  resumed: number;
};

/** Makes an index anew from an opened store, and says what it holds; undefined for a store without a registry. */
export async function rebuildFrom(
  opened: OpenedStore,
  made: IndexRebuild,
  { deep = false, onProgress, ...options }: RebuildOptions,
): Promise<Rebuilt | undefined> {
  await opened.form.check(options);
  const resumed = (await made.index.head(options))?.sequence ?? 0;
  const head = await rebuild(made, opened, {
    ...options,
    deep,
    onProgress: (sequence, goal) => onProgress?.(sequence, goal),
  });
  if (!head) return undefined;
  const objects = { manifests: opened.counts.manifests, blobs: opened.counts.blobs };
  const index = made.standing ?? made.index;
  if (deep) await renew(index, opened, options);
  const { head: reached, value: record } = await index.store(options);
  if (!reached || !record) return undefined;
  const { total: packages } = (await index.packages({ limit: 1 }, options)).value;
  return { store: record.store, sequence: reached.sequence, packages, objects, resumed };
}

/** The index is there whether or not this succeeds: a server writes snapshots too. */
async function renew(index: Index, opened: OpenedStore, options: { signal?: AbortSignal }) {
  try {
    await renewSnapshots(index, opened, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    opened.onError(error);
  }
}
