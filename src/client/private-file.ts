import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { VitteError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';

const fileBytesMax = 1024 * 1024;
const lockPollMs = 15;
const lockWaitMaxMs = 3_000;
/** A lock this old was left behind by a process that died: holding one takes milliseconds. */
const lockStaleMs = 10_000;

/**
 * Reads a JSON object from a file of the user's. Undefined when there is no file. Throws PKG_E_FILE when it
 * can't be read, is over 1 MiB or is no JSON object.
 */
export async function readJsonFile(path: string): Promise<JsonObject | undefined> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > fileBytesMax) throw fileError(path, `is over ${fileBytesMax} bytes`);
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause instanceof VitteError ? cause : fileError(path, 'cannot be read', cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fileError(path, 'is not valid JSON', cause);
  }
  if (!isJsonObject(value)) throw fileError(path, 'holds no JSON object');
  return value;
}

/**
 * Writes a file that its user alone may read (0600, in a folder made 0700): a new file beside it, flushed,
 * then renamed, so that a reader finds the old content or the new. What can be had again need not be `flushed`: it
 * may be damaged after a loss of power. Throws PKG_E_FILE.
 */
export async function writePrivateFile(
  path: string,
  content: string,
  flushed = true,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      if (flushed) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw fileError(path, 'cannot be written', cause);
  }
}

/**
 * Runs `work` while no other process of this user runs one for the same path: a lock file beside it, waited
 * for at most 3 s. Throws PKG_E_FILE when the lock is not to be had.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  await takeLock(lock, path);
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function takeLock(lock: string, path: string) {
  for (let waitedMs = 0; ; waitedMs += lockPollMs) {
    try {
      await mkdir(dirname(lock), { recursive: true, mode: 0o700 });
      await (await open(lock, 'wx', 0o600)).close();
      return;
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') throw fileError(path, 'cannot be written', cause);
      if (waitedMs >= lockWaitMaxMs) throw fileError(path, `is locked by ${lock}`, cause);
    }
    const found = await stat(lock).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > lockStaleMs) await rm(lock, { force: true });
    else await delay(lockPollMs);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function fileError(path: string, why: string, cause?: unknown) {
  const code = codeOf(cause);
  const suffix = typeof code === 'string' ? ` (${code})` : '';
  return new VitteError('PKG_E_FILE', `${path} ${why}${suffix}`, { cause, data: { file: path } });
}
