// Real clients at fixed versions (tools.json). Those written in Go are built once into a cache folder outside the
// tree, keyed by version, and what npm has is installed there; Debian's are installed where we are root. What can't
// be had fails the test that needs it.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const buildTimeoutMs = 20 * 60_000;
/** Where things lie that outlive a run, outside the tree. */
export const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');

/**
 * `source` is a folder beside this file, whose `go.mod` and `go.sum` fix all versions. `overrides` gives versions to
 * what a package of npm asks for by a tag: a mirror may have none of the tags.
 */
type Source = { go: string } | { apt: string } | NpmSource | { source: string };
type NpmSource = { npm: string; overrides?: Record<string, string> };

/** The path of a tool, installed where it is missing; of a package of npm that of its folder. */
export async function tool(name: string): Promise<string> {
  const table = JSON.parse(
    await readFile(new URL('tools.json', import.meta.url), 'utf8'),
  ) as Record<string, Source>;
  const source = table[name];
  if (!source) throw new Error(`${name} is not in tools.json`);
  if ('apt' in source) return debianTool(name, source.apt);
  if ('npm' in source) return npmTool(name, source);
  if ('go' in source) {
    const version = source.go.slice(source.go.lastIndexOf('@') + 1);
    return goTool(name, version, { args: ['install', source.go] });
  }
  const cwd = fileURLToPath(new URL(source.source, import.meta.url));
  const parts = await Promise.all(
    ['go.sum', 'main.go'].map((file) => readFile(join(cwd, file), 'utf8')),
  );
  const version = createHash('sha256').update(parts.join()).digest('hex').slice(0, 16);
  return goTool(name, version, { args: ['install', '.'], cwd });
}

/** Runs a tool to its end; rejects with its output when it fails. */
export async function runTool(
  path: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, ...options.env };
  return run(path, args, { ...options, env, timeout: 60_000, maxBuffer: 16 * 1024 * 1024 });
}

async function goTool(
  name: string,
  version: string,
  { args, cwd }: { args: string[]; cwd?: string },
): Promise<string> {
  const folder = join(cache, 'vitte-registry-tools', `${name}-${version}`);
  const path = join(folder, name);
  if (await isExecutable(path)) return path;
  console.error(`building ${name} ${version} once, into ${folder}`);
  await mkdir(join(folder, '..'), { recursive: true });
  const build = await mkdtemp(`${folder}.`);
  try {
    const env = { ...process.env, GOBIN: build, CGO_ENABLED: '0' };
    await run('go', args, { env, timeout: buildTimeoutMs, ...(cwd ? { cwd } : {}) });
    const [built] = await readdir(build); // named by its package, not always as we do
    if (built === undefined) throw new Error(`go ${args.join(' ')} built nothing`);
    await mkdir(folder, { recursive: true });
    await rename(join(build, built), path);
  } finally {
    await rm(build, { recursive: true, force: true });
  }
  return path;
}

async function npmTool(
  name: string,
  { npm: npmPackage, overrides = {} }: NpmSource,
): Promise<string> {
  const version = npmPackage.slice(npmPackage.lastIndexOf('@') + 1);
  const folder = join(cache, 'vitte-registry-tools', `${name}-${version}`);
  const path = join(folder, 'node_modules', name);
  if (await isExecutable(path)) return path;
  console.error(`installing ${npmPackage} once, into ${folder}`);
  await mkdir(join(folder, '..'), { recursive: true });
  const build = await mkdtemp(`${folder}.`);
  try {
    await writeFile(join(build, 'package.json'), JSON.stringify({ private: true, overrides }));
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    const args = ['install', '--prefix', build, ...options, npmPackage];
    await run('npm', args, { timeout: buildTimeoutMs });
    await rename(build, folder);
  } finally {
    await rm(build, { recursive: true, force: true });
  }
  return path;
}

async function debianTool(name: string, debianPackage: string): Promise<string> {
  const found = await onPath(name);
  if (found) return found;
  if (process.getuid?.() !== 0 || process.env.TEST_INSTALL === '0') {
    throw new Error(`${name} is missing: apt-get install ${debianPackage}`);
  }
  console.error(`installing Debian's ${debianPackage}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', debianPackage];
  await run('apt-get', install, { env, timeout: buildTimeoutMs }).catch(async () => {
    await run('apt-get', ['update'], { env, timeout: buildTimeoutMs });
    await run('apt-get', install, { env, timeout: buildTimeoutMs });
  });
  const installed = await onPath(name);
  if (!installed) throw new Error(`${debianPackage} does not bring ${name}`);
  return installed;
}

async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
