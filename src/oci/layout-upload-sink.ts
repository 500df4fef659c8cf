import { createReadStream } from 'node:fs';
import { onDisk, remove, syncUpTo, writeFrom } from './durable-file.ts';
import { openBlobFiles } from './layout-blob-files.ts';
import type { LayoutContext } from './layout-context.ts';
import type { RepositoryName } from './names.ts';
import type { UploadStore } from './port.ts';
import type { UploadSink } from './upload-sessions.ts';

/**
 * The uploads of one repository: each a file among the store's other uploads, which are cleared when the store is
 * opened. It is synced before it gets its name, as all content is.
 */
export function openLayoutUploads(store: LayoutContext, name: RepositoryName): UploadStore {
  const files = openBlobFiles(store, name);
  const uploads = store.sessions.store(name, openSink, store.closing);
  return {
    begin: (options) => store.writing(options, () => uploads.begin(options)),
    append: (upload, chunk, options) =>
      store.writing(options, () => uploads.append(upload, chunk, options)),
    status: uploads.status,
    finish: (upload, digest, chunk, options) =>
      store.writing(options, () => uploads.finish(upload, digest, chunk, options)),
    abort: (upload, options) => store.writing(options, () => uploads.abort(upload, options)),
  };

  async function openSink(): Promise<UploadSink> {
    const path = await store.uploads.begin();
    return {
      append: (position, source, onWritten) => writeFrom(path, position, source, onWritten),
      content: (size) => fileBytes(path, size),
      async commit(target, options) {
        await syncUpTo(path, target.size);
        await files.settle(path, target, options);
      },
      remove: () => remove(path),
    };
  }
}

async function* fileBytes(path: string, size: number): AsyncGenerator<Uint8Array> {
  if (size === 0) return;
  const pieces = createReadStream(path, { end: size - 1 })[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await onDisk('read an upload', () => pieces.next());
    if (done) return;
    yield value as Uint8Array;
  }
}
