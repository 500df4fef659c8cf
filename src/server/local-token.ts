import { realpath } from 'node:fs/promises';
import { VitteError } from '../core/errors.ts';
import { requestOverLock } from '../oci/layout-lock.ts';
import { makeStoreToken } from './compose.ts';
import { type Environment, type Flags, readConfig } from './config.ts';
import { makeLogger } from './logger.ts';

/**
 * Makes an administrator's token for the store on this machine: through the server that has it open, else by
 * opening it. Who can write to the store's folder may do so. Throws PKG_E_STORE_MISSING where there is no store.
 */
export async function createLocalToken(options: {
  flags: Flags;
  env: Environment;
  cwd?: string;
  stderr: { write(text: string): unknown };
  signal?: AbortSignal;
}): Promise<string> {
  const { flags, env, cwd, stderr, signal } = options;
  const config = readConfig(flags, env, cwd);
  const answer =
    config.storage.kind === 'layout'
      ? await requestOverLock(await folderOf(config.storage.dir), { request: 'token create' })
      : undefined;
  if (!answer) return makeStoreToken(config, makeLogger('error', stderr), signal);
  if (typeof answer.token === 'string') return answer.token;
  throw new VitteError('PKG_E_STORAGE_ANSWER', 'the server of this store gave no token');
}

async function folderOf(dir: string): Promise<string> {
  try {
    return await realpath(dir);
  } catch (cause) {
    throw new VitteError('PKG_E_STORE_MISSING', `${dir} holds no registry`, {
      cause,
      help: 'name the store with --data or --storage',
    });
  }
}
