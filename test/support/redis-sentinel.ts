// A master of Redis, its replica and a Sentinel, each server behind a line that can be made slow or cut.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import {
  freePort,
  type RedisPlace,
  type RedisServer,
  serverProcess,
  startRedis,
  withClient,
} from './redis.ts';
import { openSlowLine, type SlowLine } from './slow-line.ts';
import { until } from './until.ts';

export type RedisSentinel = RedisPlace & {
  /** As far as the Sentinel was followed: by `failOver` and `replaced`. */
  readonly master: RedisServer;
  readonly replica: RedisServer;
  /** A client of the master, past its line. */
  readonly client: Redis;
  readonly lines: readonly SlowLine[];
  /** How long the Sentinel waits for a master that is silent. */
  patience(ms: number): Promise<void>;
  /** Has the Sentinel take the replica for the master; ends when it has. */
  failOver(): Promise<void>;
  /** Waits until the Sentinel has taken the replica for the master. */
  replaced(): Promise<void>;
  /** Waits until no index is connected to the other server any more: it goes on answering whoever is. */
  left(): Promise<void>;
  /** Makes the other server the master's replica, and waits until it has all. */
  mend(): Promise<void>;
};

type Node = { server: RedisServer; line: SlowLine };

const name = 'main';

/** Starts all three; the Sentinel replaces a master that is silent for half a second. */
export async function startSentinel(): Promise<RedisSentinel> {
  let master = await startNode();
  let replica = await startNode();
  await mend();
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'vitte-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor ${name} 127.0.0.1 ${master.line.port} 1`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 2000`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const sentinel = serverProcess([file, '--sentinel'], folder);
  sentinel.start();
  await ask('PING');

  return {
    url: `redis+sentinel://127.0.0.1:${port}/${name}`,
    get master() {
      return master.server;
    },
    get replica() {
      return replica.server;
    },
    get client() {
      return master.server.client;
    },
    lines: [master.line, replica.line],
    async patience(ms) {
      await ask('SENTINEL', 'SET', name, 'down-after-milliseconds', `${ms}`);
    },
    async failOver() {
      // Refused while the Sentinel does not know the replica yet, or is at work on the last one.
      await until(() =>
        ask('SENTINEL', 'FAILOVER', name).then(
          () => true,
          () => false,
        ),
      );
      await replaced();
    },
    replaced,
    left: () =>
      until(async () => !(await clientsOf(replica.server)).includes('name=vitte-registry')),
    mend,
    async stop() {
      await sentinel.stop();
      for (const { server, line } of [master, replica]) {
        await line.close();
        await server.stop();
      }
    },
  };

  async function mend() {
    const { server } = replica;
    const place = ['127.0.0.1', `${master.line.port}`];
    await withClient(server, (client) => client.call('REPLICAOF', ...place));
    await until(() => isInStep(server));
  }

  async function replaced() {
    await until(async () => {
      const [, named] = (await ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)) as string[];
      return (
        named === `${replica.line.port}` && (await info(replica.server)).includes('role:master')
      );
    });
    [master, replica] = [replica, master];
  }

  function ask(...command: [string, ...string[]]) {
    return withClient({ port }, (client) => client.call(...command));
  }
}

async function clientsOf(server: RedisServer): Promise<string> {
  return String(await withClient(server, (client) => client.client('LIST')));
}

/** A server that tells others the port of its line. */
async function startNode(): Promise<Node> {
  const port = await freePort();
  const line = await openSlowLine(port);
  const announced = ['--replica-announce-ip', '127.0.0.1', '--replica-announce-port'];
  const server = await startRedis({ port, settings: [...announced, `${line.port}`] });
  return { server, line };
}

async function isInStep(server: RedisServer): Promise<boolean> {
  return (await info(server)).includes('master_link_status:up');
}

function info(server: RedisServer): Promise<string> {
  return withClient(server, (client) => client.info('replication'));
}
