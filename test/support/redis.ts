// Redis servers for tests: each on its own port, in its own folder, keeping nothing unless asked to, and ended with
// its handle, or with the test process at the latest.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { until } from './until.ts';

/** A Redis that an index may be opened on. `erase` removes what a test left under its tag, where it would stay. */
export type RedisPlace = { url: string; stop(): Promise<void>; erase?(tag: string): Promise<void> };

export type RedisServer = RedisPlace & {
  port: number;
  /** A client of the test's own, opened when it is first asked for and ended with the server. */
  readonly client: Redis;
  /** Ends the process as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and folder, with these settings besides. */
  start(settings?: string[]): Promise<void>;
  /** Stops it from running, without closing anything, or lets it go on. */
  pause(): void;
  resume(): void;
};

type Options = { settings?: string[]; scheme?: string; user?: string; port?: number };

const pollMs = 10;
const binary = 'redis-server';

let missing: string | undefined | null = null;

/** Why no Redis can be had here; undefined where one can. Installs it on a Debian system with root rights. */
export function redisMissing(): string | undefined {
  if (missing === null) missing = process.env.TEST_REDIS_URL ? undefined : serverMissing();
  return missing;
}

/** Why no server of the tests' own can be started; undefined where one can. */
export function serverMissing(): string | undefined {
  if (runs(binary, ['--version'])) return undefined;
  if (process.env.TEST_INSTALL === '0') return `no ${binary}, and TEST_INSTALL=0`;
  if (process.getuid?.() !== 0 || !runs('apt-get', ['--version'])) return `no ${binary} on PATH`;
  console.log(`installing ${binary} with apt-get (TEST_INSTALL=0 forbids it)`);
  spawnSync('apt-get', ['install', '-y', binary], { stdio: 'ignore' });
  return runs(binary, ['--version']) ? undefined : `apt-get could not install ${binary}`;
}

/** The Redis of TEST_REDIS_URL, or a server of its own. */
export async function anyRedis(): Promise<RedisPlace> {
  const url = process.env.TEST_REDIS_URL;
  if (!url) return startRedis();
  return {
    url,
    stop: async () => {},
    async erase(tag) {
      const client = new Redis(url);
      for await (const keys of client.scanStream({ match: `{vitte:${tag}}:*`, count: 1_000 })) {
        for (const key of keys as string[]) await client.unlink(key);
      }
      client.disconnect();
    },
  };
}

/** Starts one server. `settings` go on its command line, `user` (`USER:PASSWORD`) into its URL. */
export async function startRedis(options: Options = {}): Promise<RedisServer> {
  const { settings = [], scheme = 'redis', user } = options;
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'vitte-redis-'));
  const [, password] = user?.split(':') ?? [];
  let client: Redis | undefined;
  const standard = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const server = serverProcess([...standard, '--appendonly', 'no', ...settings], folder);
  const start = async (more: string[] = []) => {
    server.start(more);
    await withClient({ port, password }, (client) => client.ping());
  };
  await start();
  return {
    url: `${scheme}://${user ? `${user}@` : ''}127.0.0.1:${port}`,
    port,
    get client() {
      client ??= openClient({ port, password });
      return client;
    },
    kill: server.kill,
    start,
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async stop() {
      client?.disconnect();
      await server.stop();
    },
  };
}

export type RedisCluster = RedisPlace & { nodes: RedisServer[] };

/** Starts a Cluster of three masters. */
export async function startCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all([0, 1, 2].map(startNode));
  const shares = ['0 5460', '5461 10922', '10923 16383'].map((share) => share.split(' '));
  const [first] = nodes;
  for (const [at, { server }] of nodes.entries()) {
    await withClient(server, async (client) => {
      await client.call('CLUSTER', 'ADDSLOTSRANGE', ...shares[at]!);
      if (at > 0)
        await client.call('CLUSTER', 'MEET', '127.0.0.1', first!.server.port, first!.busPort);
    });
  }
  const servers = nodes.map(({ server }) => server);
  for (const server of servers) {
    await withClient(server, (client) =>
      until(async () => {
        const info = String(await client.cluster('INFO'));
        return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
      }),
    );
  }
  return {
    url: `redis+cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes: servers,
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}

async function startNode() {
  const busPort = await freePort();
  const settings = ['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`];
  return { busPort, server: await startRedis({ settings }) };
}

/** A tag that no other test uses. */
export function freshTag(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

/** Ends a server, and removes its folder, when this process has ended in whatever way: its end of the pipe closes. */
function guard(server: ChildProcess, folder: string) {
  const line = 'cat > /dev/null; kill -9 "$0" 2> /dev/null; rm -rf "$1"';
  const stdio = ['pipe', 'ignore', 'ignore'] as const;
  const watcher = spawn('sh', ['-c', line, `${server.pid}`, folder], { stdio: [...stdio] });
  watcher.unref();
  (watcher.stdin as Socket | null)?.unref();
  server.once('close', () => watcher.kill('SIGKILL'));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Folders of servers that were not stopped; those of killed ones have no guard any more. */
const folders = new Set<string>();
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A program of Redis in a folder of its own, to be started and ended. */
export function serverProcess(args: string[], folder: string) {
  folders.add(folder);
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  return { start, kill, signal, stop };

  function start(more: string[] = []) {
    const started = spawn(binary, [...args, ...more], { stdio: 'ignore' });
    // A server that a whole file of tests shares must not keep their process from ending.
    started.unref();
    guard(started, folder);
    ended = new Promise((done) => void started.once('close', done));
    child = started;
  }

  async function kill() {
    child?.ref();
    signal('SIGKILL');
    await ended;
    child = undefined;
  }

  function signal(name: NodeJS.Signals) {
    child?.kill(name);
  }

  async function stop() {
    await kill();
    folders.delete(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

type Address = { port: number; password?: string | undefined };

/** Does something with a client that waits for its server. */
export async function withClient<T>(
  address: Address,
  body: (client: Redis) => Promise<T>,
): Promise<T> {
  const client = openClient(address);
  try {
    return await body(client);
  } finally {
    client.disconnect();
  }
}

/** A client that waits for its server as long as it takes. */
function openClient({ port, password }: Address): Redis {
  const client = new Redis({
    port,
    host: '127.0.0.1',
    retryStrategy: () => pollMs,
    maxRetriesPerRequest: null,
    ...(password === undefined ? {} : { password }),
  });
  client.on('error', () => {});
  return client;
}

function runs(command: string, args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
