import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { VitteError } from '../core/errors.ts';

/** What is still to be removed when the process ends before the work does. */
const pending = new Set<string>();
process.on('exit', () => {
  for (const path of pending) rmSync(path, { recursive: true, force: true });
});

/** Runs `work` with the name of a file beside `target` that does not exist yet, and removes it afterwards. */
export async function withFileBeside<T>(
  target: string,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const name = `.${basename(target)}.${randomBytes(6).toString('hex')}.part`;
  return withPath(join(dirname(target), name), work);
}

/** Runs `work` with a new, private folder, and removes it afterwards. Throws PKG_E_FILE. */
export async function withTemporaryFolder<T>(work: (path: string) => Promise<T>): Promise<T> {
  let path: string;
  try {
    path = await mkdtemp(join(tmpdir(), 'vitte-'));
  } catch (cause) {
    throw new VitteError('PKG_E_FILE', `cannot make a folder in ${tmpdir()}`, { cause });
  }
  return withPath(path, work);
}

async function withPath<T>(path: string, work: (path: string) => Promise<T>): Promise<T> {
  pending.add(path);
  try {
    return await work(path);
  } finally {
    await rm(path, { recursive: true, force: true }).catch(() => {});
    pending.delete(path);
  }
}
