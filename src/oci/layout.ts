import { mkdir, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { VitteError } from '../core/errors.ts';
import { hasCode, onDisk } from './durable-file.ts';
import { openLayoutBlobs } from './layout-blobs.ts';
import { type CacheLimits, cacheLimits, createKeeperCache } from './layout-cache.ts';
import { createWriters, type LayoutContext } from './layout-context.ts';
import { createIndexKeeper } from './layout-keeper.ts';
import { type LayoutLock, lockFolder } from './layout-lock.ts';
import { openLayoutLists, openLayoutManifests } from './layout-manifests.ts';
import { layoutNames } from './layout-names.ts';
import { repositoryFolder } from './layout-paths.ts';
import { openLayoutUploads } from './layout-upload-sink.ts';
import { openUploads } from './layout-uploads.ts';
import { parseRepositoryName, type RepositoryName } from './names.ts';
import type { CallOptions, Registry, Repository } from './port.ts';
import { createUploadSessions, type UploadLimits } from './upload-sessions.ts';

/** A registry in a folder. Other programs read its repositories as OCI image layouts while it is open. */
export type OciLayoutStore = Registry & { readonly folder: string; readonly lock: LayoutLock };

export type OpenLayoutOptions = CallOptions & {
  create?: boolean;
  cache?: CacheLimits;
  uploads?: UploadLimits;
};

/**
 * Opens the registry in a folder, one OCI image layout a repository (`FOLDER/[ns/]name/`), and holds the folder's
 * lock until `close`. With `create` (the default) a folder that does not exist is made, else it is
 * PKG_E_STORE_MISSING. PKG_E_STORE_LOCKED while another process has it open; PKG_E_STORE_FORMAT where it is no
 * folder. Written content is on disk, synced, when the call that wrote it resolves; PKG_E_STORE_LAYOUT_FULL when
 * there is no room for it. A damaged layout is PKG_E_STORE_FORMAT for its own repository alone.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
export async function openOciLayoutStore(
  folder: string,
  options: OpenLayoutOptions = {},
): Promise<OciLayoutStore> {
  return openStore(folder, options, repositoryFolder);
}

/**
 * Opens a folder that is one OCI image layout, such as `oras copy --to-oci-layout` makes: the same store, with one
 * repository. The same holds as for `openOciLayoutStore`.
 */
export async function openOciLayout(
  folder: string,
  options: OpenLayoutOptions = {},
): Promise<{ repository: Repository; close(): Promise<void> }> {
  const store = await openStore(folder, options, (root) => root);
  return { repository: store.repository(soleRepository), close: store.close };
}

/** What messages call the repository of a folder that is one layout. */
const soleRepository = 'layout';

async function openStore(
  folder: string,
  options: OpenLayoutOptions,
  folderIn: (root: string, name: RepositoryName) => string,
): Promise<OciLayoutStore> {
  options.signal?.throwIfAborted();
  const root = await rootFolder(resolve(folder), options.create ?? true);
  const lock = await lockFolder(root);
  try {
    options.signal?.throwIfAborted();
    const uploads = await onDisk('clear its uploads', () => openUploads(root));
    const folderOf = (name: RepositoryName) => folderIn(root, name);
    const repositories = createKeeperCache(
      (name) => createIndexKeeper(root, folderOf(name), uploads),
      options.cache ?? cacheLimits,
    );
    const { end, ...writers } = createWriters();
    const sessions = createUploadSessions(options.uploads);
    const store = { root, folderOf, uploads, sessions, repositories, ...writers };
    return openRegistry(store, lock, end);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function openRegistry(
  store: LayoutContext,
  lock: LayoutLock,
  end: () => Promise<void>,
): OciLayoutStore {
  let closed: Promise<void> | undefined;
  return {
    folder: store.root,
    lock,
    async referrersApi(options) {
      options?.signal?.throwIfAborted();
      return true;
    },
    repository(text) {
      const name = parseRepositoryName(text);
      return {
        name,
        registry: store,
        blobs: openLayoutBlobs(store, name),
        manifests: openLayoutManifests(store, name),
        uploads: openLayoutUploads(store, name),
        ...openLayoutLists(store, name),
      };
    },
    repositories: (options) => layoutNames(store.root, options),
    close() {
      closed ??= close();
      return closed;
    },
  };

  async function close() {
    await end();
    await store.sessions.end();
    // What was staged and never committed. A disk that fails here fails at the next opening too.
    await store.uploads.clear().catch(() => {});
    await lock.release();
  }
}

async function rootFolder(folder: string, create: boolean): Promise<string> {
  return onDisk(`open ${folder}`, async () => {
    try {
      if (create) await mkdir(folder, { recursive: true });
      if ((await stat(folder)).isDirectory()) return await realpath(folder);
    } catch (cause) {
      if (!create && hasCode(cause, 'ENOENT')) {
        throw new VitteError('PKG_E_STORE_MISSING', `there is no store in ${folder}`, { cause });
      }
      if (!hasCode(cause, 'EEXIST', 'ENOTDIR')) throw cause;
    }
    throw new VitteError('PKG_E_STORE_FORMAT', `${folder} is no folder`);
  });
}
