import { randomUUID } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moveSynced, onDisk, remove, writeSynced } from './durable-file.ts';
import { uploadsFolder } from './layout-paths.ts';

/** Files that are being written, in a folder of their own on the store's file system. */
export type Uploads = {
  /** Writes and syncs a file without a name in the store, and gives its path. Leaves nothing when it fails. */
  write(source: AsyncIterable<Uint8Array>): Promise<string>;
  /** Makes an empty file that is written later, and gives its path. */
  begin(): Promise<string>;
  /** Writes a file under its name, in place of what had it, so that a reader finds the old or the new one. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** Removes what is there. */
  clear(): Promise<void>;
};

/** Opens the uploads of a store whose lock is held, and removes those that a killed process left. */
export async function openUploads(root: string): Promise<Uploads> {
  const folder = join(root, uploadsFolder);
  await mkdir(folder, { recursive: true });
  await clear();
  return { write, begin, replace, clear };

  async function write(source: AsyncIterable<Uint8Array>) {
    const path = join(folder, randomUUID());
    await writeSynced(path, source);
    return path;
  }

  async function begin() {
    const path = join(folder, randomUUID());
    await onDisk('make a file', () => writeFile(path, '', { flag: 'wx' }));
    return path;
  }

  async function replace(path: string, bytes: Uint8Array) {
    const upload = await write(
      (async function* () {
        yield bytes;
      })(),
    );
    try {
      await moveSynced(upload, path);
    } catch (error) {
      await remove(upload);
      throw error;
    }
  }

  async function clear() {
    for (const name of await readdir(folder)) await remove(join(folder, name));
  }
}
