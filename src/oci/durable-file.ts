// What it takes for a file to be there after a power cut: its bytes are synced before it gets its name, and the
// folder that holds the name is synced before anybody is told.
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VitteError } from '../core/errors.ts';

/** No more room: on the disk, in a quota, under a limit of file sizes. */
const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * The error that callers see when the file system fails: PKG_E_STORE_LAYOUT_FULL without room, else
 * PKG_E_STORAGE_UNAVAILABLE, each with its cause. What is no error of the file system is given back as it is.
 */
export function storeError(cause: unknown, doing: string): unknown {
  if (!(cause instanceof Error) || !('code' in cause) || !('syscall' in cause)) return cause;
  const { code } = cause;
  if (fullCodes.has(String(code))) {
    return new VitteError('PKG_E_STORE_LAYOUT_FULL', `no room to ${doing} (${code})`, {
      cause,
      help: 'make room on the disk that holds the store; what was stored before is unharmed',
    });
  }
  return new VitteError('PKG_E_STORAGE_UNAVAILABLE', `the store could not ${doing} (${code})`, {
    cause,
  });
}

/** Runs file system calls; what they throw becomes a `storeError`. */
export async function onDisk<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw storeError(cause, doing);
  }
}

/** True for an error of the file system with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/**
 * Writes a new file, piece by piece, and syncs it. When anything fails, the file is removed; what `source` throws
 * passes through, and what the file system throws becomes a `storeError`.
 */
export async function writeSynced(path: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await onDisk('make a file', () => open(path, 'wx'));
  try {
    for await (const piece of source) await onDisk('write', () => writeAll(handle, piece));
    await onDisk('sync a file', () => handle.sync());
    await onDisk('close a file', () => handle.close());
  } catch (error) {
    await handle.close().catch(() => {});
    await remove(path);
    throw error;
  }
}

/**
 * Writes pieces into a file that is there, from a position on, and tells of each that is written. What throws passes
 * as with `writeSynced`, but the file stays: what was told of is in it. Nothing is synced.
 */
export async function writeFrom(
  path: string,
  position: number,
  source: AsyncIterable<Uint8Array>,
  onWritten: (piece: Uint8Array) => void,
): Promise<void> {
  const handle = await onDisk('open a file', () => open(path, 'r+'));
  let at = position;
  try {
    for await (const piece of source) {
      await onDisk('write', () => writeAll(handle, piece, at));
      at += piece.length;
      onWritten(piece);
    }
  } finally {
    await handle.close().catch(() => {});
  }
}

/** Cuts a file to its first bytes and syncs it. */
export async function syncUpTo(path: string, bytes: number): Promise<void> {
  await onDisk('sync a file', async () => {
    const handle = await open(path, 'r+');
    try {
      await handle.truncate(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

/** Gives a synced file its name, in place of what had it, and syncs the name. */
export async function moveSynced(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Makes a folder, with those above it, so that it is still there after a power cut. `root` is there already. */
export async function makeFolders(root: string, path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  // Also those that stood there: whoever made them a moment ago may not have synced them yet.
  for (let at = path; at !== root && at.length > root.length; at = dirname(at)) {
    await syncFolder(dirname(at));
  }
}

/** Removes a file; one that can't be removed is left. */
export async function remove(path: string): Promise<void> {
  await unlink(path).catch(() => {});
}

type FolderSync = { running: Promise<void>; next?: Promise<void> };
const folderSyncs = new Map<string, FolderSync>();

/**
 * Syncs the names in a folder. Calls that come while one is under way share the next one: it begins after all
 * their renames, so one wait of the disk serves them all.
 */
export function syncFolder(folder: string): Promise<void> {
  const current = folderSyncs.get(folder);
  if (!current) return beginSync(folder);
  current.next ??= current.running.catch(() => {}).then(() => beginSync(folder));
  return current.next;
}

function beginSync(folder: string): Promise<void> {
  const sync: FolderSync = { running: syncNow(folder) };
  folderSyncs.set(folder, sync);
  const forget = () => {
    if (folderSyncs.get(folder) === sync) folderSyncs.delete(folder);
  };
  sync.running.then(forget, forget);
  return sync.running;
}

async function syncNow(folder: string) {
  // Windows keeps names by itself and can't open a folder.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** One write call may take less than it was given. Without a position it goes on where the last one ended. */
async function writeAll(handle: FileHandle, piece: Uint8Array, position?: number) {
  for (let at = 0; at < piece.length; ) {
    const to = position === undefined ? null : position + at;
    at += (await handle.write(piece, at, piece.length - at, to)).bytesWritten;
  }
}
