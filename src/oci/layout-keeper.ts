import { join } from 'node:path';
import { VitteError } from '../core/errors.ts';
import { onDisk, remove, syncFolder } from './durable-file.ts';
import {
  emptyIndex,
  indexBytes,
  type LayoutIndex,
  makeLayout,
  readLayout,
} from './layout-index.ts';
import { blobPath, indexFile } from './layout-paths.ts';
import type { Uploads } from './layout-uploads.ts';
import { editTable, type ManifestTable, type TableEdit } from './manifest-table.ts';
import type { CallOptions } from './port.ts';
import { createReferrerMap, type ReferrerMap } from './referrer-map.ts';

/** One change of a repository's manifests and tags. */
export type TableChange<T> = {
  /** Runs shortly before, with no other change between; when it rejects, this change alone is refused. */
  prepare?: () => Promise<void>;
  /** Makes the change. It throws before it changes anything, and refuses this change alone. */
  apply(edit: TableEdit): T;
};

/** Keeps the index of one layout: loaded once, changed in memory and on disk together. */
export type IndexKeeper = {
  readonly folder: string;
  readonly referrers: ReferrerMap;
  /** The manifests and tags that stand on disk; none where there is no layout. PKG_E_STORE_FORMAT when damaged. */
  table(): Promise<ManifestTable>;
  /** Makes the layout where there is none. */
  make(): Promise<void>;
  /**
   * Makes a change and resolves when it is on disk. Changes are made in the order they came; those that wait
   * while another is being written are written together. A change that a signal takes back is not made; one
   * that is being written already can't be taken back.
   */
  change<T>(change: TableChange<T>, options?: CallOptions): Promise<T>;
  /** Manifests in memory, and whether forgetting them costs nothing but reading them again. */
  weight(): number;
  exists(): boolean;
};

type Waiting = {
  change: TableChange<unknown>;
  /** Takes it out of the hands of its signal: from here on it is made or fails. */
  begin(): void;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
};

const changesWaitingMax = 10_000;

export function createIndexKeeper(root: string, folder: string, uploads: Uploads): IndexKeeper {
  const referrers = createReferrerMap();
  /** What is on disk, `made` false where there is no layout. Undefined before it is read. */
  let known: { index: LayoutIndex; made: boolean } | undefined;
  let reading: Promise<LayoutIndex> | undefined;
  let making: Promise<void> | undefined;
  /** Whether what stands on disk is known to survive a power cut: another process may have died before that. */
  let synced = false;
  let writing = false;
  const queue: Waiting[] = [];

  return {
    folder,
    referrers,
    table: async () => (await index()).table,
    make,
    change,
    weight: () => known?.index.table.manifests.size ?? 0,
    exists: () => known?.made ?? false,
  };

  async function index(): Promise<LayoutIndex> {
    if (known) return known.index;
    reading ??= onDisk(`read the layout in ${folder}`, async () => {
      const found = await readLayout(folder);
      known = { index: found ?? emptyIndex, made: found !== undefined };
      return known.index;
    }).finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function make() {
    await index();
    if (known?.made) return;
    making ??= onDisk(`make a layout in ${folder}`, async () => {
      await makeLayout(root, folder, uploads);
      known = { index: emptyIndex, made: true };
    }).finally(() => {
      making = undefined;
    });
    await making;
  }

  function change<T>(wanted: TableChange<T>, options?: CallOptions): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const signal = options?.signal;
      if (signal?.aborted) return reject(signal.reason);
      if (queue.length >= changesWaitingMax) {
        return reject(
          new VitteError('PKG_E_STORAGE_UNAVAILABLE', 'too many changes wait for the disk'),
        );
      }
      const takeBack = () => {
        queue.splice(queue.indexOf(waiting), 1);
        reject(signal?.reason);
      };
      const waiting: Waiting = {
        change: wanted,
        begin: () => signal?.removeEventListener('abort', takeBack),
        resolve: resolve as (value: unknown) => void,
        reject,
      };
      signal?.addEventListener('abort', takeBack, { once: true });
      queue.push(waiting);
      if (!writing) void writeAll();
    });
  }

  async function writeAll() {
    writing = true;
    // Changes of one turn of the event loop go together.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.splice(0);
      for (const waiting of batch) waiting.begin();
      await writeBatch(batch).catch((error) => {
        for (const waiting of batch) waiting.reject(error);
      });
    }
    writing = false;
  }

  /** Makes the changes of a batch with one rewrite of the index, or rejects for all of them. */
  async function writeBatch(batch: Waiting[]) {
    const before = await index();
    const refused = new Map<Waiting, unknown>();
    await Promise.all(
      batch.map((waiting) =>
        waiting.change.prepare?.().catch((error) => {
          refused.set(waiting, error);
        }),
      ),
    );
    const edit = editTable(before.table);
    const results = new Map<Waiting, unknown>();
    for (const waiting of batch) {
      if (refused.has(waiting)) continue;
      try {
        results.set(waiting, waiting.change.apply(edit));
      } catch (error) {
        refused.set(waiting, error);
      }
    }
    await write({ ...before, table: edit.done() }, before);
    for (const [waiting, error] of refused) waiting.reject(error);
    for (const [waiting, result] of results) waiting.resolve(result);
  }

  async function write(after: LayoutIndex, before: LayoutIndex) {
    if (after.table === before.table) return sync();
    try {
      await onDisk(`write ${indexFile} in ${folder}`, () =>
        uploads.replace(join(folder, indexFile), indexBytes(after)),
      );
    } catch (error) {
      // The new file may have got its name all the same: what stands is what the disk says.
      known = undefined;
      synced = false;
      throw error;
    }
    known = { index: after, made: true };
    synced = true;
    // Behind the index, never before it: a file without an entry is waste, an entry without its file is damage.
    for (const digest of before.table.manifests.keys()) {
      if (!after.table.manifests.has(digest)) await remove(blobPath(folder, digest));
    }
  }
  /** Nothing is to be written, since it stands there already; whoever is told so relies on it all the same. */
  async function sync() {
    if (synced || !known?.made) return;
    await onDisk(`sync ${folder}`, () => syncFolder(folder));
    synced = true;
  }
}
