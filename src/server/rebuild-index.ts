import type { Index } from '../index/port.ts';
import type { IndexRebuild } from '../index/rebuild-port.ts';
import { catchUp } from '../sync/catch-up.ts';
import { healingVersions } from '../sync/content-again.ts';
import { type GoneVersions, goneVersions } from '../sync/gone-versions.ts';
import { fillingParts, rebuild, renewSnapshots } from '../sync/rebuild.ts';
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
  /** Versions that the journal has and whose content is gone; looked for with `deep` alone. */
  gone?: GoneVersions;
};

/**
 * Makes an index anew from an opened store, and says what it holds; undefined for a store without a registry.
 * `openSpare` gives an empty index of this process's own, for what the snapshots say where no index stands.
 */
export async function rebuildFrom(
  opened: OpenedStore,
  made: IndexRebuild,
  openSpare: () => Index,
  { deep = false, onProgress, ...options }: RebuildOptions,
): Promise<Rebuilt | undefined> {
  await opened.form.check(options);
  const resumed = (await made.index.head(options))?.sequence ?? 0;
  const index = made.standing ?? made.index;
  // What the storage lost of manifests and documents may still be known: here, or in the snapshots.
  const known = made.standing ?? snapshotIndex(opened, openSpare);
  const store = deep
    ? { ...opened, versions: healingVersions({ ...opened, index: known }) }
    : opened;
  const head = await rebuild(made, store, {
    ...options,
    deep,
    onProgress: (sequence, goal) => onProgress?.(sequence, goal),
  });
  if (!head) return undefined;
  const objects = { manifests: opened.counts.manifests, blobs: opened.counts.blobs };
  if (deep) await renew(index, opened, options);
  const { head: reached, value: record } = await index.store(options);
  if (!reached || !record) return undefined;
  const { total: packages } = (await index.packages({ limit: 1 }, options)).value;
  const gone = deep ? { gone: await goneVersions(index, options) } : {};
  return { store: record.store, sequence: reached.sequence, packages, objects, resumed, ...gone };
}

/** What the snapshots say, read when it is first asked for. */
function snapshotIndex(opened: OpenedStore, openSpare: () => Index): Pick<Index, 'package'> {
  let filling: Promise<Index> | undefined;
  return {
    async package(name, options) {
      filling ??= filled();
      return (await filling).package(name, options);
    },
  };

  async function filled(): Promise<Index> {
    const index = openSpare();
    await catchUp(fillingParts(index, opened)).catch(opened.onError);
    return index;
  }
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
