import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mapConcurrently } from '../core/concurrency.ts';
import type { Descriptor } from '../core/descriptor.ts';
import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { ociMetadataBytesMax } from '../core/limits.ts';
import { hasCode, onDisk, syncFolder } from './durable-file.ts';
import { makeAlgorithmFolder } from './layout-blob-files.ts';
import type { LayoutContext } from './layout-context.ts';
import type { IndexKeeper } from './layout-keeper.ts';
import { blobPath } from './layout-paths.ts';
import { manifestFacts } from './manifest.ts';
import { findManifest, type TableEdit } from './manifest-table.ts';
import { checkReference, checkTag, type RepositoryName } from './names.ts';
import { plainDescriptor } from './pack.ts';
import type { CallOptions, ManifestStore, Repository } from './port.ts';
import { manifestDigest, verifyBytes } from './verify.ts';

/** Manifests read at a time when a repository is first asked for referrers. */
const manifestReadsMax = 16;

/** The manifests of one repository: files among its blobs, named by `index.json`. */
export function openLayoutManifests(store: LayoutContext, name: RepositoryName): ManifestStore {
  const use = <T>(work: (keeper: IndexKeeper) => Promise<T>) => store.repositories.use(name, work);
  return {
    sha512: true,

    async fetch(reference, options) {
      const descriptor = await lookUp(reference, options);
      const bytes = descriptor && (await use((keeper) => readListed(keeper, descriptor)));
      options?.signal?.throwIfAborted();
      return bytes && { descriptor, bytes };
    },

    resolve: lookUp,

    push: ({ mediaType, bytes: given }, options) =>
      store.writing(options, async () => {
        const tag = options?.tag;
        if (tag !== undefined) checkTag(tag);
        const facts = manifestFacts(given, mediaType);
        const bytes = new Uint8Array(given);
        const digest = manifestDigest(bytes, options?.digest);
        const descriptor = { mediaType, digest, size: bytes.length };
        const { artifactType } = facts;
        const listed = artifactType === undefined ? descriptor : { ...descriptor, artifactType };
        await use(async (keeper) => {
          await keeper.make();
          await makeAlgorithmFolder(store.root, keeper.folder, digest);
          const path = blobPath(keeper.folder, digest);
          const written = await putFile(path, bytes);
          // One that is there may have got its name a moment ago, from someone who still waits for the disk.
          if (!written) await onDisk('sync a manifest', () => syncFolder(dirname(path)));
          options?.signal?.throwIfAborted();
          keeper.referrers.learn(descriptor, facts);
          await keeper.change(
            {
              // A deletion that was made since then took the file along.
              prepare: async () => {
                await putFile(path, bytes);
              },
              apply: (edit) => edit.put(listed, tag),
            },
            options,
          );
        });
        return descriptor;
      }),

    tag: (digest, tag, options) =>
      store.writing(options, async () => {
        checkTag(tag);
        const apply = (edit: TableEdit) => {
          if (edit.tag(digest, tag)) return;
          throw new VitteError('PKG_E_STORAGE_ANSWER', `there is no manifest ${digest} to tag`);
        };
        await use((keeper) => keeper.change({ apply }, options));
      }),

    untag: (tags, options) =>
      store.writing(options, async () => {
        const apply = (edit: TableEdit) => {
          for (const tag of tags) edit.untag(tag);
        };
        await use((keeper) => keeper.change({ apply }, options));
      }),

    delete: (digest, options) =>
      store.writing(options, () =>
        use((keeper) => keeper.change({ apply: (edit) => edit.remove(digest) }, options)),
      ),
  };

  async function lookUp(reference: string, options?: CallOptions) {
    checkReference(reference);
    options?.signal?.throwIfAborted();
    const table = await use((keeper) => keeper.table());
    const found = findManifest(table, reference);
    return found && plainDescriptor(found);
  }

  /** Writes a manifest's file; false where it is there. */
  function putFile(path: string, bytes: Uint8Array): Promise<boolean> {
    return onDisk('write a manifest', async () => {
      try {
        if ((await stat(path)).size === bytes.length) return false;
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
      }
      await store.uploads.replace(path, bytes);
      return true;
    });
  }
}

/** The lists of one repository, each of one moment: what is written meanwhile does not show. */
export function openLayoutLists(
  store: LayoutContext,
  name: RepositoryName,
): Pick<Repository, 'tags' | 'referrers'> {
  return {
    async *tags(options) {
      options?.signal?.throwIfAborted();
      const table = await store.repositories.use(name, (keeper) => keeper.table());
      for (const tag of table.tags.keys()) {
        options?.signal?.throwIfAborted();
        yield tag;
      }
    },

    async *referrers(subject, options) {
      options?.signal?.throwIfAborted();
      const found = await store.repositories.use(name, (keeper) =>
        findReferrers(keeper, subject, options),
      );
      for (const referrer of found) {
        const { artifactType = referrer.artifactType } = options ?? {};
        if (artifactType !== referrer.artifactType) continue;
        options?.signal?.throwIfAborted();
        yield structuredClone(referrer);
      }
    },
  };
}

async function findReferrers(keeper: IndexKeeper, subject: Digest, options?: CallOptions) {
  const { manifests } = await keeper.table();
  const unknown = [...manifests.keys()].filter((digest) => !keeper.referrers.knows(digest));
  await mapConcurrently(unknown, manifestReadsMax, async (digest) => {
    options?.signal?.throwIfAborted();
    const descriptor = manifests.get(digest)?.[0]?.descriptor;
    // A damaged one ends the list with an error: it might be the signature that is asked for.
    const bytes = descriptor && (await readListed(keeper, descriptor));
    if (bytes) learnReferrer(keeper, descriptor, bytes);
  });
  return keeper.referrers.of(subject).filter(({ digest }) => manifests.has(digest));
}

function learnReferrer(keeper: IndexKeeper, descriptor: Descriptor, bytes: Uint8Array) {
  try {
    keeper.referrers.learn(descriptor, manifestFacts(bytes, descriptor.mediaType));
  } catch {
    // Whole but in no form of ours: another program put it there, and it is nobody's referrer.
    const facts = { artifactType: undefined, annotations: undefined, subject: undefined };
    keeper.referrers.learn(descriptor, facts);
  }
}

/** A manifest's bytes, or undefined where it was deleted since its descriptor was read. */
async function readListed(keeper: IndexKeeper, descriptor: Descriptor) {
  try {
    return await readManifest(keeper.folder, descriptor);
  } catch (error) {
    if (!(await keeper.table()).manifests.has(descriptor.digest)) return undefined;
    throw error;
  }
}

/** A manifest's bytes, verified. PKG_E_INTEGRITY where the file that the index names is gone or damaged. */
async function readManifest(folder: string, descriptor: Descriptor): Promise<Uint8Array> {
  const { digest, size } = descriptor;
  if (size > ociMetadataBytesMax) {
    throw new VitteError(
      'PKG_E_STORAGE_ANSWER',
      `manifest ${digest} is over ${ociMetadataBytesMax} bytes`,
    );
  }
  const bytes = await onDisk('read a manifest', async () => {
    try {
      const path = blobPath(folder, digest);
      // Not the whole of a file that grew beyond all bounds.
      return (await stat(path)).size === size ? await readFile(path) : Buffer.alloc(0);
    } catch (cause) {
      if (!hasCode(cause, 'ENOENT')) throw cause;
      throw new VitteError('PKG_E_INTEGRITY', `the file of manifest ${digest} is gone`, { cause });
    }
  });
  verifyBytes(bytes, { digest, size });
  return bytes;
}
