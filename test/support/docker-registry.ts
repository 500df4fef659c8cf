// Debian's docker-registry (distribution 2.8) on a free port and a folder of its own, with deletion on. It is looked
// for on PATH and installed where we are root (TEST_INSTALL=0 forbids it); TEST_OCI_URL names a running registry
// instead, such as `oci+http://127.0.0.1:5000/scratch`.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createWriteStream, rmSync } from 'node:fs';
import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import type { Opening } from '../contract/oci.ts';

const run = promisify(execFile);
const installTimeoutMs = 5 * 60_000;
const startTimeoutMs = 20_000;

export type DockerRegistry = {
  /** `http://127.0.0.1:PORT`, or that of TEST_OCI_URL. */
  origin: string;
  /** A storage URL below which nothing lies yet. */
  storage(): string;
  /** Where it keeps its files, and its log; undefined for a registry that runs elsewhere. */
  folder: string | undefined;
  log: string | undefined;
  /** Its process, to be stopped and continued by tests of faults. */
  process: ChildProcess | undefined;
  /** Ends it and removes its folder. It also ends with the process that started it. */
  stop(): Promise<void>;
};

export type Missing = { missing: string };

/** Starts a docker-registry, or tells why there is none. `port` is 0 for a free one; it deletes unless told otherwise. */
export async function startDockerRegistry(
  options: { port?: number; deletes?: boolean } = {},
): Promise<DockerRegistry | Missing> {
  const given = process.env.TEST_OCI_URL;
  if (given !== undefined) return elsewhere(given);
  const program = await findProgram();
  if (typeof program !== 'string') return program;
  const folder = await mkdtemp(join(tmpdir(), 'vitte-test-registry-'));
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify(configuration(folder, options)));
  const log = join(folder, 'log');
  const child = spawn(program, ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const end = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', end);
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  const port = await listeningPort(child, log).catch((error) => {
    end();
    throw error;
  });
  // It holds no test process open: it ends with it.
  child.unref();
  (child.stderr as unknown as { unref(): void }).unref();
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    storage: () => `oci+http://127.0.0.1:${port}/t${randomUUID().slice(0, 8)}`,
    folder: join(folder, 'data'),
    log,
    process: child,
    async stop() {
      process.off('exit', end);
      child.ref();
      child.kill('SIGKILL');
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Opens the remote adapter on a docker-registry, each time below a prefix of its own; for the contract suite. This
 * registry takes no lock between a deletion and a push, and answers 500 for a blob that is asked for as a manifest.
 */
export async function remoteOnDockerRegistry(): Promise<Opening | Missing> {
  const found = await startDockerRegistry();
  if ('missing' in found) return found;
  const open = async () => {
    const registry = openRemoteRegistry({ url: found.storage(), limits: { retryBaseMs: 20 } });
    return { registry, close: () => registry.close() };
  };
  return Object.assign(open, { exceptions: new Set(['torn-delete', 'blob-as-manifest'] as const) });
}

function configuration(folder: string, { port = 0, deletes = true }) {
  return {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(folder, 'data') },
      delete: { enabled: deletes },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: `127.0.0.1:${port}`, secret: 'one for all replicas' },
  };
}

function elsewhere(url: string): DockerRegistry {
  const [, scheme, host] = /^(oci(?:\+http)?):\/\/([^/]+)/.exec(url) ?? [];
  if (host === undefined) throw new Error('TEST_OCI_URL is no oci:// or oci+http:// URL');
  return {
    origin: `${scheme === 'oci' ? 'https' : 'http'}://${host}`,
    storage: () => `${url.replace(/\/$/, '')}/t${randomUUID().slice(0, 8)}`,
    folder: undefined,
    log: undefined,
    process: undefined,
    stop: async () => {},
  };
}

async function listeningPort(child: ChildProcess, log: string): Promise<number> {
  const file = createWriteStream(log);
  let output = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`docker-registry ${why}: ${output}`));
    const timer = setTimeout(() => fail('does not listen'), startTimeoutMs);
    child.once('error', (error) => fail(error.message));
    child.once('close', () => fail('ended'));
    child.stderr?.on('data', (piece: Buffer) => {
      file.write(piece);
      if (output.length > 100_000) return;
      output += piece;
      const port = /listening on [^"]*:(\d+)/.exec(output)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
  });
}

/** Why no docker-registry can be had here; undefined where one can. */
export async function dockerRegistryMissing(): Promise<string | undefined> {
  if (process.env.TEST_OCI_URL !== undefined) return undefined;
  const program = await findProgram();
  return typeof program === 'string' ? undefined : program.missing;
}

async function findProgram(): Promise<string | Missing> {
  const found = await onPath('docker-registry');
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0 || process.env.TEST_INSTALL === '0') {
    return { missing: 'docker-registry is not on PATH: apt-get install docker-registry' };
  }
  console.error("installing Debian's docker-registry");
  try {
    const install = ['install', '-y', '--no-install-recommends', 'docker-registry'];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', install, { env, timeout: installTimeoutMs });
  } catch (error) {
    return { missing: `docker-registry could not be installed: ${(error as Error).message}` };
  }
  return (await onPath('docker-registry')) ?? { missing: 'docker-registry is not on PATH' };
}

async function onPath(name: string): Promise<string | undefined> {
  for (const folder of process.env.PATH?.split(delimiter) ?? []) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // the next folder may have it
    }
  }
  return undefined;
}
