import { link, open, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Descriptor } from '../core/descriptor.ts';
import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { abortable } from './abortable.ts';
import { streamOf } from './content.ts';
import { hasCode, moveSynced, onDisk, remove, syncFolder } from './durable-file.ts';
import type { LayoutContext } from './layout-context.ts';
import { blobPath, repositoryFolder } from './layout-paths.ts';
import { parseRepositoryName, type RepositoryName } from './names.ts';
import type { BlobStore, CallOptions } from './port.ts';
import { type Span, spanOf } from './range.ts';
import { measured, verified } from './verify.ts';

/** Large enough that a read costs more than asking for it. */
const pieceBytes = 256 * 1024;

/** The blobs of one repository: files under `blobs/sha256/`, which never change. */
export function openLayoutBlobs(store: LayoutContext, name: RepositoryName): BlobStore {
  const folder = repositoryFolder(store.root, name);
  return {
    async fetch(digest, options) {
      const found = await sizeOf(folder, digest, options);
      if (found === undefined) return undefined;
      const span = spanOf(options?.range, found);
      const bytes = readFileSpan(blobPath(folder, digest), digest, span, found);
      const whole = span.end - span.start === found;
      const body = whole ? verified(bytes, { digest, size: found }) : bytes;
      return { digest, size: found, body: abortable(body, options?.signal) };
    },

    async stat(digest, options) {
      const size = await sizeOf(folder, digest, options);
      return size === undefined ? undefined : { size };
    },

    push: (target, content, options) =>
      store.writing(options, async () => {
        const source = abortable(streamOf(content), options?.signal, store.closing);
        const bytes = verified(source, target);
        if ((await sizeOf(folder, target.digest)) === target.size) {
          for await (const _ of bytes);
          return syncName(target.digest);
        }
        await make(options);
        const upload = await store.uploads.write(bytes);
        await nameUpload(upload, target.digest, options);
      }),

    stage: (source, options) =>
      store.writing(options, async () => {
        const { body, result } = measured(abortable(source, options?.signal, store.closing));
        const upload = await store.uploads.write(body);
        return stagedBlob(upload, result());
      }),

    mount: (digest, from, options) =>
      store.writing(options, async () => {
        const source = repositoryFolder(store.root, parseRepositoryName(from));
        if ((await sizeOf(source, digest)) === undefined) return false;
        await make(options);
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

  async function make(options?: CallOptions) {
    await store.repositories.use(name, (keeper) => keeper.make());
    options?.signal?.throwIfAborted();
  }

  /** Makes a finished upload the blob of this digest, or removes it. */
  async function nameUpload(upload: string, digest: Digest, options?: CallOptions) {
    try {
      options?.signal?.throwIfAborted();
      await onDisk('name a blob', () => moveSynced(upload, blobPath(folder, digest)));
    } catch (error) {
      await remove(upload);
      throw error;
    }
  }

  /** A blob that is there may have got its name a moment ago, from someone who still waits for the disk. */
  function syncName(digest: Digest) {
    return onDisk('sync a blob', () => syncFolder(dirname(blobPath(folder, digest))));
  }

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
      if ((await sizeOf(folder, digest)) === size) {
        await remove(upload);
        await syncName(digest);
      } else {
        await make(options);
        await nameUpload(upload, digest, options);
      }
      return { mediaType: 'application/octet-stream', digest, size };
    }
  }
}

/** The size of a blob's file, or undefined when there is none. */
async function sizeOf(
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

/**
 * Yields a part of a file in pieces of 256 KiB, reading the next one while the consumer is busy with the last.
 * Each is a buffer of its own, since a consumer may keep it. The file is opened when the first piece is asked
 * for: a body that nobody reads holds nothing open.
 */
async function* readFileSpan(path: string, digest: Digest, span: Span, size: number) {
  const handle = await onDisk('open a blob', () => open(path, 'r'));
  try {
    let position = span.start;
    const read = async () => {
      const bytes = Buffer.allocUnsafe(Math.min(pieceBytes, span.end - position));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, position);
      if (bytesRead === 0) {
        const message = `content of ${digest} ends before its ${size} bytes`;
        throw new VitteError('PKG_E_INTEGRITY', message, { data: { digest } });
      }
      position += bytesRead;
      return bytes.subarray(0, bytesRead);
    };
    let next = span.start < span.end ? onDisk('read a blob', read) : undefined;
    while (next) {
      const piece = await next;
      next = position < span.end ? onDisk('read a blob', read) : undefined;
      next?.catch(() => {}); // told to whoever asks for that piece
      yield piece;
    }
  } finally {
    await handle.close();
  }
}
