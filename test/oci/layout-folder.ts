import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OciLayoutStore, openOciLayoutStore } from '../../src/oci/layout.ts';

/** Runs a test in a folder of its own. */
export function inFolder(work: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitte-test-layout-'));
    try {
      await work(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  };
}

/** Opens the store in a folder for one piece of work. */
export async function withStore<T>(
  folder: string,
  work: (store: OciLayoutStore) => Promise<T>,
): Promise<T> {
  const store = await openOciLayoutStore(folder);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The files that are being written in a store. */
export function uploadsIn(folder: string): Promise<string[]> {
  return readdir(join(folder, '.uploads'));
}
