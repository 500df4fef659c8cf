import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { VitteError } from '../core/errors.ts';

/**
 * The folder of a user's credentials, keys and memory of registries: `VITTE_HOME`, else `~/.vitte`.
 * An empty variable counts as none. Throws PKG_E_CONFIG where neither is known.
 */
export function vitteHome(environment: NodeJS.ProcessEnv = process.env): string {
  const stated = environment.VITTE_HOME;
  if (stated) return resolve(stated);
  const home = environment.HOME || homedir();
  if (!home) {
    throw new VitteError('PKG_E_CONFIG', 'there is no home folder', {
      help: 'set VITTE_HOME to the folder that keeps credentials and keys',
    });
  }
  return join(home, '.vitte');
}
