import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, onDisk } from './durable-file.ts';
import { indexFile } from './layout-paths.ts';
import { isRepositoryName } from './names.ts';
import type { CallOptions } from './port.ts';

/** Names have at most 255 characters, and a part and its slash have two. */
const depthMax = 128;
/** Where a layout holds its content. It may be a repository as well, by its own name. */
const blobsFolder = 'blobs';
const contentFolders: ReadonlySet<string> = new Set(['sha256', 'sha512']);

/** The names of the layouts below a folder, by name. */
export async function* layoutNames(
  root: string,
  { signal }: CallOptions = {},
): AsyncGenerator<string, void, undefined> {
  yield* namesBelow(root, []);

  async function* namesBelow(
    folder: string,
    parts: readonly string[],
  ): AsyncGenerator<string, void, undefined> {
    signal?.throwIfAborted();
    if (parts.length > depthMax) return;
    const found = await entriesOf(folder);
    const isLayout = found.some((entry) => entry.isFile() && entry.name === indexFile);
    const name = parts.join('/');
    const isContent = parts.at(-1) === blobsFolder;
    if (isLayout && isRepositoryName(name)) yield name;
    for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
      if (isContent && contentFolders.has(entry.name)) continue;
      // A part that a layout has a file for stands with a mark that no part begins with.
      const part = entry.name.startsWith('_') ? entry.name.slice(1) : entry.name;
      yield* namesBelow(join(folder, entry.name), [...parts, part]);
    }
  }
}

async function entriesOf(folder: string) {
  return onDisk(`list ${folder}`, async () => {
    try {
      return await readdir(folder, { withFileTypes: true });
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    }
  });
}
