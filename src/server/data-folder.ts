import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment } from './config.ts';

/** The platform's folder for a user's data, and in it the one of this program. */
export function dataFolder(env: Environment, platform: NodeJS.Platform = process.platform): string {
  return join(base(env, platform, env.HOME ?? homedir()), 'vitte-registry');
}

function base(env: Environment, platform: NodeJS.Platform, home: string): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  // A relative XDG_DATA_HOME is invalid and to be ignored (XDG Base Directory Specification).
  const { XDG_DATA_HOME: xdg } = env;
  return xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.local', 'share');
}
