// The deployed form: two server processes on one docker-registry and one Redis, to be stopped, ended and begun again.
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { newToken } from '../../../src/auth/token.ts';
import {
  type DockerRegistry,
  type Missing,
  startDockerRegistry,
} from '../../support/docker-registry.ts';
import type { Target } from '../../support/load.ts';
import {
  type RedisPlace,
  type RedisServer,
  serverMissing,
  startRedis,
} from '../../support/redis.ts';
import { type ServerProcess, startServer } from '../../support/server-process.ts';
import { temporaryFolder } from '../../support/service.ts';

export type Replica = Target & {
  /** What a process printed that ended although nobody ended it. */
  readonly fallen: string[];
  /** Of the process that runs now. */
  readonly pid: number;
  pause(): void;
  resume(): void;
  kill(): void;
  /** Begins again, at another address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** What the replicas have for their index, with a client of the test's own. */
export type IndexPlace = RedisPlace & { readonly client: Redis };

export type Deployment<R extends IndexPlace = RedisServer> = {
  registry: DockerRegistry;
  storage: string;
  redis: R;
  replicas: [Replica, Replica];
  token: string;
  /** The replica that holds the writer's lease; undefined where nobody does. */
  writer(): Promise<Replica | undefined>;
  /** One more, on a Redis of its own: it knows nothing but the store. */
  fresh(): Promise<{ url: string; stop(): Promise<void> }>;
  stop(): Promise<void>;
};

/** Why the parts of a deployment cannot be had here; undefined where they can. */
export async function missingParts(): Promise<string | undefined> {
  const registry = await startDockerRegistry();
  if ('missing' in registry) return registry.missing;
  await registry.stop();
  return serverMissing();
}

/** Starts everything, or tells what is missing here. */
export function startDeployment(): Promise<Deployment | Missing> {
  return startDeploymentOn(startRedis);
}

/** The same on a Redis that is started otherwise. */
export async function startDeploymentOn<R extends IndexPlace>(
  startIndex: () => Promise<R>,
): Promise<Deployment<R> | Missing> {
  const missing = serverMissing();
  if (missing !== undefined) return { missing };
  const registry = await startDockerRegistry();
  if ('missing' in registry) return registry;
  const redis = await startIndex();
  const folder = await temporaryFolder();
  const storage = registry.storage();
  const token = newToken();
  const tokenFile = join(folder.path, 'token');
  const secretFile = join(folder.path, 'secret.json');
  await writeFile(tokenFile, token, { mode: 0o600 });
  const seed = Buffer.alloc(32, 7).toString('base64');
  await writeFile(secretFile, JSON.stringify({ schema: 'vitte.service-secret.v1', seed }), {
    mode: 0o600,
  });
  const environment = (index: string) => ({
    VITTE_REGISTRY_STORAGE: storage,
    VITTE_REGISTRY_INDEX: index,
    VITTE_REGISTRY_SECRET_FILE: secretFile,
    VITTE_REGISTRY_BOOTSTRAP_TOKEN_FILE: tokenFile,
  });
  const start = async (name: string, index = redis.url) => {
    const place = join(folder.path, name);
    await mkdir(place, { recursive: true });
    const server = await startServer(place, environment(index));
    const letGo = guard(server.pid);
    void server.ended.then(letGo);
    return server;
  };
  const first = await startReplica(() => start('a'));
  // While it is alone, the lease can only be its own.
  const firstOwner = await leaseOwner(redis);
  const second = await startReplica(() => start('b'));

  return {
    registry,
    storage,
    redis,
    replicas: [first, second],
    token,
    async writer() {
      const owner = await leaseOwner(redis);
      if (owner === undefined) return undefined;
      return owner === firstOwner ? first : second;
    },
    async fresh() {
      const own = await startRedis();
      const server = await start('fresh', own.url);
      return {
        url: server.url,
        async stop() {
          await server.stop();
          await own.stop();
        },
      };
    },
    async stop() {
      await Promise.all([first.stop(), second.stop()]);
      await redis.stop();
      await registry.stop();
      await folder.remove();
    },
  };
}

async function startReplica(start: () => Promise<ServerProcess>): Promise<Replica> {
  const fallen: string[] = [];
  let server = await watched();
  let isEnding = false;
  const replica: Replica = {
    url: server.url,
    mayBreak: false,
    fallen,
    get pid() {
      return server.pid;
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    kill() {
      isEnding = true;
      signal('SIGKILL');
    },
    async restart() {
      await server.ended;
      server = await watched();
      isEnding = false;
      replica.url = server.url;
    },
    async stop() {
      isEnding = true;
      signal('SIGCONT');
      await server.stop();
    },
  };
  return replica;

  async function watched() {
    const begun = await start();
    void begun.ended.then((code) => {
      if (!isEnding) fallen.push(`ended with ${code}: ${begun.output()}`);
    });
    return begun;
  }

  /** Nothing happens where it has ended. */
  function signal(name: NodeJS.Signals) {
    try {
      process.kill(server.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Ends a process, stopped or not, when this one has ended in whatever way: its end of the pipe closes. */
function guard(pid: number) {
  const line = 'cat > /dev/null; kill -9 "$0" 2> /dev/null';
  const watcher = spawn('sh', ['-c', line, `${pid}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  watcher.unref();
  (watcher.stdin as Socket).unref();
  return () => watcher.kill('SIGKILL');
}

async function leaseOwner(redis: IndexPlace): Promise<string | undefined> {
  const [key] = await redis.client.keys('{vitte:*:lease');
  const held = key === undefined ? null : await redis.client.get(key);
  return held?.split(' ')[1];
}
