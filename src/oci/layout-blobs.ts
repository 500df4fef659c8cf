import { link, unlink } from 'node:fs/promises';
import type { Descriptor } from '../core/descriptor.ts';
import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { abortable } from './abortable.ts';
import { streamOf } from './content.ts';
import { hasCode, onDisk, remove } from './durable-file.ts';
import { openBlobFiles, sizeOfBlob } from './layout-blob-files.ts';
import { findBlobFile, readBlobFile } from './layout-blob-read.ts';
import type { LayoutContext } from './layout-context.ts';
import { blobPath } from './layout-paths.ts';
import { parseRepositoryName, type RepositoryName } from './names.ts';
import type { BlobStore, CallOptions } from './port.ts';
import { spanOf } from './range.ts';
import { measured, verified } from './verify.ts';

/** The blobs of one repository: files under `blobs/sha256/`, which never change. */
export function openLayoutBlobs(store: LayoutContext, name: RepositoryName): BlobStore {
  const files = openBlobFiles(store, name);
  const { folder, make, sizeOf, syncName } = files;
  return {
    async fetch(digest, options) {
      const file = await findBlobFile(folder, digest, options);
      if (file === undefined) return undefined;
      const { size, stamp } = file;
      const span = spanOf(options?.range, size);
      const transient = options?.transient === true;
      const bytes = readBlobFile(file, span, options);
      const whole = span.end - span.start === size;
      const hash = whole && !options?.hashed?.(stamp);
      const body = hash ? verified(bytes, file, { transient }) : bytes;
      // What is passed on is many pieces a second, and a file does not stall for long.
      return { digest, size, stamp, body: transient ? body : abortable(body, options?.signal) };
    },

    async stat(digest, options) {
      const size = await sizeOf(digest, options);
      return size === undefined ? undefined : { size };
    },

    push: (target, content, options) =>
      store.writing(options, async () => {
        const source = abortable(streamOf(content), options?.signal, store.closing);
        const bytes = verified(source, target);
        if ((await sizeOf(target.digest)) === target.size) {
          for await (const _ of bytes);
          return syncName(target.digest);
        }
        await make(target.digest, options);
        const upload = await store.uploads.write(bytes);
        await files.settle(upload, target, options);
      }),

    stage: (source, options) =>
      store.writing(options, async () => {
        const { body, result } = measured(abortable(source, options?.signal, store.closing));
        const upload = await store.uploads.write(body);
        return stagedBlob(upload, result());
      }),

    mount: (digest, from, options) =>
      store.writing(options, async () => {
        const source = store.folderOf(parseRepositoryName(from));
        if ((await sizeOfBlob(source, digest)) === undefined) return false;
        await make(digest, options);
        return onDisk('take over a blob', async () => {
          try {
            await link(blobPath(source, digest), blobPath(folder, digest));
          } catch (error) {
            // Gone meanwhile, or a file system without hard links: the caller pushes the content.
            if (hasCode(error, 'ENOENT', 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP')) return false;
            if (!hasCode(error, 'EEXIST')) throw error;
          }
          await syncName(digest);
          return true;
        });
      }),

    delete: (digest, options) =>
      store.writing(options, () =>
        store.repositories.use(name, async (keeper) => {
          // A manifest lies among the blobs; deleting it here would leave its tags pointing at nothing.
          if ((await keeper.table()).manifests.has(digest)) return false;
          return onDisk('delete a blob', async () => {
            try {
              await unlink(blobPath(folder, digest));
              return true;
            } catch (error) {
              if (hasCode(error, 'ENOENT')) return false;
              throw error;
            }
          });
        }),
      ),
  };

  function stagedBlob(upload: string, { digest, size }: { digest: Digest; size: number }) {
    let committed: Promise<Descriptor> | undefined;
    let aborted = false;
    return {
      digest,
      size,
      commit(options?: CallOptions) {
        committed ??= store
          .writing(options, () => commit(options))
          .catch(async (error) => {
            await remove(upload);
            throw error;
          });
        return committed;
      },
      async abort() {
        if (committed) return;
        aborted = true;
        await remove(upload);
      },
    };

    async function commit(options?: CallOptions): Promise<Descriptor> {
      if (aborted) throw new VitteError('PKG_E_INTERNAL', 'a staged blob was aborted already');
      await files.settle(upload, { digest, size }, options);
      return { mediaType: 'application/octet-stream', digest, size };
    }
  }
}
