import { VitteError } from '../core/errors.ts';
import { rebuildIndex } from './compose.ts';
import { type Environment, type Flags, readConfig } from './config.ts';
import { makeLogger } from './logger.ts';

export type Rebuilt = { store: string; sequence: number; packages: number };

/**
 * Makes the index anew from the journal and tells what it holds. Throws PKG_E_STORE_MISSING where there is no
 * store, PKG_E_STORE_LOCKED while a server has it open.
 */
export async function rebuild(options: {
  flags: Flags;
  env: Environment;
  cwd?: string;
  stderr: { write(text: string): unknown };
  signal?: AbortSignal;
}): Promise<Rebuilt> {
  const { flags, env, cwd, stderr, signal } = options;
  const config = readConfig(flags, env, cwd);
  const parts = await rebuildIndex(config, makeLogger(config.logLevel, stderr), signal);
  if (!parts) {
    throw new VitteError('PKG_E_STORE_MISSING', 'the storage holds no registry', {
      help: 'name the store with --data or --storage',
    });
  }
  return parts;
}
