// The lock of a store's folder: a Unix socket that its owner listens on, so that it ends with its owner, however
// that ends. One that refuses connections is stale.
//
// Sockets lie in FOLDER/.lock/N/, N counting up from 1. Taking the lock is making the next N, with a socket that
// already listens inside: a folder is renamed to N, which fails where N has content, so one process gets it. What
// makes it safe when several take over from one that died: the highest N is never removed, so N never counts down;
// whoever made N owns the lock only if no higher one is there afterwards; and N + 1 is made only by who found N
// stale, which it is not while its owner lives. Replacing one socket file would not do: between finding it stale
// and replacing it, another process may have taken over already.
import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, realpath, rename, rm, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VitteError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { hasCode, onDisk } from './durable-file.ts';
import { ask, dial, type LockRequestHandler, serveRequests } from './layout-lock-requests.ts';
import { lockFolderName } from './layout-paths.ts';

export type LayoutLock = {
  /** Answers what other processes ask the owner of the lock. Without one, they are refused. */
  onRequest: LockRequestHandler | undefined;
  /** Gives the lock back. */
  release(): Promise<void>;
};

/** A socket's path has room for 104 bytes on macOS, 108 on Linux, its end included. */
const socketPathBytesMax = 100;
/** Each attempt means that another process was quicker. */
const attemptsMax = 100;
const socketName = 's';

/** Takes the lock of a folder, given as its real path. PKG_E_STORE_LOCKED while another holds it. */
export async function lockFolder(folder: string): Promise<LayoutLock> {
  const server = createServer();
  const endRequests = serveRequests(server, () => lock.onRequest);
  const lock: LayoutLock = {
    onRequest: undefined,
    release() {
      const closed = close(server);
      endRequests();
      return closed;
    },
  };
  if (process.platform === 'win32') {
    // A pipe ends with its owner and its name is given once, so nothing of the above is needed.
    await listen(server, pipePath(folder)).catch((cause) => {
      throw hasCode(cause, 'EADDRINUSE', 'EACCES') ? lockedError(folder, cause) : cause;
    });
  } else await onDisk(`lock ${folder}`, () => takeLock(server, folder));
  // Who waits for nothing else need not stay for the lock.
  server.unref();
  return lock;
}

/**
 * Asks the process that holds a folder's lock; undefined where none does. Rejects with the error that it answers,
 * PKG_E_STORAGE_UNAVAILABLE when it does not answer in time or as it should.
 */
export async function requestOverLock(
  folder: string,
  request: JsonObject,
): Promise<JsonObject | undefined> {
  const socket = await onDisk(`reach the lock of ${folder}`, async () => {
    if (process.platform === 'win32') return dial(pipePath(await realpath(folder)));
    const home = join(folder, lockFolderName);
    const newest = (await generations(home)).at(-1);
    return newest === undefined ? undefined : dialGeneration(home, newest);
  });
  return socket && ask(socket, request);
}

async function takeLock(server: Server, folder: string) {
  const home = join(folder, lockFolderName);
  // Nobody else may speak over it: it can make tokens.
  await mkdir(home, { recursive: true, mode: 0o700 });
  const fresh = `new-${randomBytes(4).toString('hex')}`;
  let mine = join(home, fresh);
  try {
    await mkdir(mine);
    await underShortPath(home, (short) => listen(server, join(short, fresh, socketName)));
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const newest = (await generations(home)).at(-1) ?? 0;
      const owner = newest > 0 ? await dialGeneration(home, newest) : undefined;
      owner?.destroy();
      if (owner) break;
      const next = join(home, String(newest + 1));
      if (!(await renameInto(mine, next))) continue;
      mine = next;
      if ((await generations(home)).at(-1) !== newest + 1) continue;
      // An owner that was killed while it swept may have got as far as the socket.
      if (!(await exists(join(mine, socketName)))) break;
      return await sweep(home, newest + 1);
    }
    throw lockedError(folder);
  } catch (error) {
    await close(server);
    // Binding a socket in a folder that is gone is EACCES to libuv.
    const swept = hasCode(error, 'ENOENT', 'EACCES') && !(await exists(mine));
    if (swept) throw lockedError(folder, error);
    // Not under a number: that might be the highest. It is stale now, and whoever owns the lock next removes it.
    await rm(join(home, fresh), { recursive: true, force: true });
    throw error;
  }
}

/** The numbers in the lock's folder, lowest first. */
async function generations(home: string): Promise<number[]> {
  const names = await readdir(home).catch((error) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  return names
    .filter((name) => /^[1-9][0-9]{0,14}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Renames a folder; false where another one with content has that name already. */
async function renameInto(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

/**
 * Removes what earlier owners and failed attempts left, and those under way, which come too late. What can't be
 * removed does no harm.
 */
async function sweep(home: string, mine: number) {
  for (const name of await readdir(home)) {
    if (name === String(mine) || Number(name) > mine) continue;
    await rm(join(home, name), { recursive: true, force: true }).catch(() => {});
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A connection to the socket of a generation; undefined when it is stale. */
async function dialGeneration(home: string, generation: number) {
  return underShortPath(home, (short) => dial(join(short, String(generation), socketName)));
}

/**
 * Runs `work` with a path of the lock's folder that leaves room for a socket's name. Where the folder's own path
 * is too long, that is a symbolic link in a private temporary folder: the socket lies in the store all the same,
 * so that processes with different temporary folders find the same one.
 */
async function underShortPath<T>(home: string, work: (short: string) => Promise<T>): Promise<T> {
  const longest = join(home, 'new-00000000', socketName);
  if (Buffer.byteLength(longest) <= socketPathBytesMax) return work(home);
  const temporary = await mkdtemp(join(tmpdir(), 'vitte-'));
  try {
    const short = join(temporary, 'l');
    await symlink(home, short);
    return await work(short);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  // It rejects where the server never listened.
  return new Promise((resolve) => server.close(() => resolve()));
}

function pipePath(folder: string): string {
  const hash = createHash('sha256').update(folder.toLowerCase()).digest('hex');
  return `\\\\.\\pipe\\vitte-${hash.slice(0, 32)}`;
}

function lockedError(folder: string, cause?: unknown) {
  return new VitteError('PKG_E_STORE_LOCKED', `another process has ${folder} open`, {
    cause,
    help: 'stop the registry that serves this folder, or use it over its URL',
  });
}
