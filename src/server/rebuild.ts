import { VitteError } from '../core/errors.ts';
import { rebuildIndex } from './compose.ts';
import { type Environment, type Flags, readConfig } from './config.ts';
import { makeLogger } from './logger.ts';
import type { RebuildOptions, Rebuilt } from './rebuild-index.ts';

export type { Rebuilt } from './rebuild-index.ts';

/** How a command that looks after a store is told which one. */
export type StoreCommand = {
  flags: Flags;
  env: Environment;
  cwd?: string;
  stderr: { write(text: string): unknown };
};

/**
 * Makes the index anew, beside the one that stands, which is replaced at the end: from the newest snapshot and the
 * journal's tail, or with `deep` from the journal and the manifests alone. Throws PKG_E_STORE_MISSING where there is no
 * store, PKG_E_STORE_LOCKED while a server has its folder open or another rebuild is at work.
 */
export async function rebuild(options: StoreCommand & RebuildOptions): Promise<Rebuilt> {
  const { flags, env, cwd, stderr, signal, ...rest } = options;
  const config = readConfig(flags, env, cwd);
  const rebuilt = await rebuildIndex(config, makeLogger(config.logLevel, stderr), signal, rest);
  if (rebuilt) return rebuilt;
  throw new VitteError('PKG_E_STORE_MISSING', 'the storage holds no registry', {
    help: 'name the store with --data or --storage; packages without a journal are taken in with rebuild --adopt',
  });
}
