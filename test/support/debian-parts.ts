// The programs that `npm test` uses beside Node, installed once before the test files run side by side.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Each program with Debian's package that holds it. */
const programs: Record<string, string> = {
  'redis-server': 'redis-server',
  'docker-registry': 'docker-registry',
  skopeo: 'skopeo',
  openssl: 'openssl',
  'ssh-keygen': 'openssh-client',
  script: 'bsdutils',
};
const installTimeoutMs = 10 * 60_000;

/** Installs what is missing on a Debian system with root rights, and says so in one line (TEST_INSTALL=0 forbids it). */
export function installDebianParts(): void {
  const missing = Object.keys(programs).filter((program) => !isOnPath(program));
  const mayInstall = process.getuid?.() === 0 && process.env.TEST_INSTALL !== '0';
  if (missing.length === 0 || !mayInstall || !isOnPath('apt-get')) return;
  console.log(`installing ${missing.join(' and ')} with apt-get (TEST_INSTALL=0 forbids it)`);
  const install = ['install', '-y', '--no-install-recommends'];
  const packages = missing.map((program) => programs[program] ?? program);
  if (!apt(...install, ...packages)) {
    apt('update');
    apt(...install, ...packages);
  }
}

function apt(...words: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', words, { env, timeout: installTimeoutMs }).status === 0;
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
