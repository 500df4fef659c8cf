import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { VitteError } from '../core/errors.ts';

/**
 * The folder of what can be had again: `VITTE_CACHE_DIR`, else `vitte` in the platform's folder for caches. An empty
 * variable counts as none. Throws PKG_E_CONFIG where there is no home.
 */
export function cacheFolder(
  environment: Readonly<NodeJS.ProcessEnv> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const stated = environment.VITTE_CACHE_DIR;
  return stated ? resolve(stated) : join(platformFolder(environment, platform), 'vitte');
}

function platformFolder(environment: Readonly<NodeJS.ProcessEnv>, platform: NodeJS.Platform) {
  // A relative XDG_CACHE_HOME is invalid and to be ignored (XDG Base Directory Specification).
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = environment;
  if (platform === 'win32' && local) return local;
  if (platform !== 'win32' && platform !== 'darwin' && xdg && isAbsolute(xdg)) return xdg;
  const home = environment.HOME || homedir();
  if (!home) {
    throw new VitteError('PKG_E_CONFIG', 'there is no home folder', {
      help: 'set VITTE_CACHE_DIR to the folder that keeps what was read',
    });
  }
  if (platform === 'win32') return join(home, 'AppData', 'Local');
  return platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
}
