import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { algorithmOf, type Digest } from '../core/digest.ts';
import { hasCode, makeFolders, moveSynced, onDisk, remove, syncFolder } from './durable-file.ts';
import type { LayoutContext } from './layout-context.ts';
import { blobPath, blobsFolder } from './layout-paths.ts';
import type { RepositoryName } from './names.ts';
import type { CallOptions } from './port.ts';

/** The files of one repository's blobs: how one is found, and how a finished upload becomes one. */
export type BlobFiles = {
  readonly folder: string;
  /** The size of a blob's file, or undefined when there is none. */
  sizeOf(digest: Digest, options?: CallOptions): Promise<number | undefined>;
  /** Makes the layout, and the folder of the digest's algorithm in it. */
  make(digest: Digest, options?: CallOptions): Promise<void>;
  /**
   * Makes a synced upload the blob of this digest, or removes it: always the one or the other. Where that blob is
   * there already, it stays as it is.
   */
  settle(
    upload: string,
    target: { digest: Digest; size: number },
    options?: CallOptions,
  ): Promise<void>;
  /** A blob that is there may have got its name a moment ago, from someone who still waits for the disk. */
  syncName(digest: Digest): Promise<void>;
};

export function openBlobFiles(store: LayoutContext, name: RepositoryName): BlobFiles {
  const folder = store.folderOf(name);
  return { folder, sizeOf, make, settle, syncName };

  function sizeOf(digest: Digest, options?: CallOptions) {
    return sizeOfBlob(folder, digest, options);
  }

  async function make(digest: Digest, options?: CallOptions) {
    await store.repositories.use(name, (keeper) => keeper.make());
    await makeAlgorithmFolder(store.root, folder, digest);
    options?.signal?.throwIfAborted();
  }

  async function settle(
    upload: string,
    { digest, size }: { digest: Digest; size: number },
    options?: CallOptions,
  ) {
    try {
      if ((await sizeOf(digest, options)) === size) {
        await remove(upload);
        return await syncName(digest);
      }
      await make(digest, options);
      await onDisk('name a blob', () => moveSynced(upload, blobPath(folder, digest)));
    } catch (error) {
      await remove(upload);
      throw error;
    }
  }

  function syncName(digest: Digest) {
    return onDisk('sync a blob', () => syncFolder(dirname(blobPath(folder, digest))));
  }
}

/** The size of a blob's file in the layout of a folder, or undefined when there is none. */
export async function sizeOfBlob(
  folder: string,
  digest: Digest,
  options?: CallOptions,
): Promise<number | undefined> {
  options?.signal?.throwIfAborted();
  return onDisk('look for a blob', async () => {
    try {
      return (await stat(blobPath(folder, digest))).size;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  });
}

/** A new layout has the folder of sha256 alone: most never need another one. */
export async function makeAlgorithmFolder(root: string, folder: string, digest: Digest) {
  const algorithm = algorithmOf(digest);
  if (algorithm === 'sha256') return;
  await onDisk('make a folder', () => makeFolders(root, blobsFolder(folder, algorithm)));
}
