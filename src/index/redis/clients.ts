import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { isOtherServerNeeded } from './errors.ts';
import { watchMaster } from './sentinels.ts';
import type { RedisNode, RedisSettings } from './url.ts';

/** The longest pause between two tries to connect. */
const reconnectMsMax = 500;
const reconnectMsMin = 25;
/** How long a connection may take to come up. */
const connectMsMax = 1_500;
/** A connection whose server is silent for so long while it owes an answer is given up. */
const silenceMsMax = 2_500;
const loadingPollMs = 250;
const redirectionsMax = 4;

export type Client = Redis | Cluster;
/**
 * `subscriber` hears messages; in a Cluster it is the same client, which has a connection for them. `release` ends what
 * is beside the two.
 */
export type Clients = { commands: Client; subscriber: Client; release(): void };

/** Clients that are connecting already and never give up until they are told to disconnect. */
export function openClients(settings: RedisSettings, ca: string | undefined): Clients {
  const { form, nodes, username, password } = settings;
  const tls = settings.tls ? { tls: ca === undefined ? {} : { ca } } : {};
  const common = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...tls,
    connectTimeout: connectMsMax,
    socketTimeout: silenceMsMax,
    disconnectTimeout: 100,
    maxLoadingRetryTime: loadingPollMs,
    // What waits, how long, and what is sent again is decided in connection.ts.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    disableClientInfo: true,
    connectionName: 'vitte-registry',
  } satisfies RedisOptions;
  if (form === 'cluster') {
    const cluster = new Cluster(nodes, {
      redisOptions: common,
      enableOfflineQueue: false,
      clusterRetryStrategy: pause,
      slotsRefreshTimeout: connectMsMax,
      maxRedirections: redirectionsMax,
      // A name in the URL must also be the one in the certificate.
      ...(settings.tls ? { dnsLookup: (name, done) => done(null, name) } : {}),
    });
    return { commands: cluster, subscriber: cluster, release: () => {} };
  }
  const options = {
    ...common,
    ...serverOptions(settings),
    enableOfflineQueue: false,
    retryStrategy: pause,
    // A name, or the Sentinels, may lead to the new master.
    reconnectOnError: isOtherServerNeeded,
  } satisfies RedisOptions;
  const [commands, subscriber] = [new Redis(options), new Redis(options)];
  const release = form === 'sentinel' ? followMaster(settings, [commands, subscriber]) : () => {};
  return { commands, subscriber, release };
}

/** Has the clients go where the Sentinels say that the master is, away from one that is no more. */
function followMaster(settings: RedisSettings, clients: Redis[]): () => void {
  const { sentinelUsername, sentinelPassword, tls } = settings;
  const options = {
    ...(sentinelUsername === undefined ? {} : { username: sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
    ...(tls ? { tls: {} } : {}),
    connectTimeout: connectMsMax,
    commandTimeout: connectMsMax,
    retryStrategy: pause,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    disableClientInfo: true,
    connectionName: 'vitte-registry',
  } satisfies RedisOptions;
  const connect = (node: RedisNode) => new Redis({ ...options, ...node });
  return watchMaster(settings, connect, (host, port) => {
    for (const client of clients) {
      const { remoteAddress, remotePort } = client.stream ?? {};
      if (remoteAddress !== host || remotePort !== port) client.disconnect(true);
    }
  });
}

function serverOptions(settings: RedisSettings) {
  const { form, nodes, db, master, sentinelUsername, sentinelPassword, tls } = settings;
  if (form === 'single') return { ...nodes[0], db };
  return {
    sentinels: nodes,
    db,
    ...(master === undefined ? {} : { name: master }),
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    sentinelRetryStrategy: pause,
    sentinelCommandTimeout: connectMsMax,
  } satisfies RedisOptions;
}

function pause(times: number): number {
  return Math.min(reconnectMsMin * 2 ** Math.min(times - 1, 10), reconnectMsMax);
}
