import { randomBytes } from 'node:crypto';
import { VitteError } from '../../core/errors.ts';
import type { CallOptions, Index } from '../port.ts';
import { stepChanges } from '../step.ts';
import { applyStep, headOf } from './apply.ts';
import { type Argument, type Connection, openConnection } from './connection.ts';
import { openDownloads } from './downloads.ts';
import { type FixedKeys, fixedKeys, metaKeys } from './keys.ts';
import { openQueue } from './queue.ts';
import { openReadmeShelf } from './readmes.ts';
import { openReads } from './reads.ts';
import { clearScript, sweepScript } from './scripts.ts';
import { parseRedisUrl } from './url.ts';

export type RedisIndexOptions = {
  /** `redis://` `rediss://` `redis+sentinel://` `redis+cluster://`, see `parseRedisUrl`. */
  url: string;
  /** Tells the registries of one Redis apart: lower-case letters, digits, hyphens. */
  storeTag?: string;
  /** Milliseconds, as Date.now; ages of items, outcomes and the lease are measured by it. */
  now?: () => number;
  /** Certificates (PEM) to trust for TLS instead of the system's. */
  ca?: string;
};

/**
 * The index in Redis (7.0 or later), shared by every replica of a registry: `spec/redis.md`. Given where Redis is
 * away as well, and then answers when it is back; each call fails with PKG_E_INDEX_UNAVAILABLE until then, within
 * two seconds. Throws PKG_E_CONFIG for a malformed URL or tag, and for a Redis that can be reached and cannot be
 * used: older, a Cluster's node without `redis+cluster`, one that drops keys when full, a password that it refuses.
 */
export async function openRedisIndex(options: RedisIndexOptions): Promise<Index> {
  const { now = Date.now, storeTag = 'registry' } = options;
  const settings = parseRedisUrl(options.url);
  const keys = fixedKeys(storeTag);
  return indexOn(await openConnection(settings, keys, { ca: options.ca }), keys, now);
}

/** The index behind a connection. `keys` name its data set, those of `rebuildKeys` among them. */
export function indexOn(connection: Connection, keys: FixedKeys, now: () => number): Index {
  const { endWaits, ...queue } = openQueue(connection, keys, now);

  return {
    identity: connection.identity,
    ...queue,
    ...openReads(connection, keys),
    ...openDownloads(connection, keys),
    readmes: openReadmeShelf(connection, keys),

    async apply(step, options) {
      stepChanges(step); // refuses what leads nowhere before anything is asked
      const reply = await connection.inDataSet(
        (set, asking) => applyStep(step, set, keys, now(), asking),
        options,
      );
      return headOf(reply);
    },
    async clear(options) {
      const next = randomBytes(6).toString('base64url');
      await connection.run(
        clearScript,
        (set) => ({ keys: [keys.meta, keys.outcomes, keys.decided], args: [set, next] }),
        options,
      );
      connection.learn({ set: next }, true);
      await sweep(connection, keys, options);
    },

    onDoubt: connection.onDoubt,
    async close() {
      endWaits(new VitteError('PKG_E_SHUTTING_DOWN', 'the index is closed'));
      await connection.close();
    },
  };
}

/** Removes what data sets that are no more have left. What cannot be removed now is at the next time. */
export async function sweep(
  connection: Connection,
  keys: FixedKeys,
  options?: CallOptions,
): Promise<void> {
  const others = metaKeys(keys).filter((key) => key !== keys.meta);
  let cursor = '0';
  try {
    do {
      const args = (set: string): Argument[] => [set, cursor, keys.base];
      const given = (set: string) => ({ keys: [keys.meta, ...others], args: args(set) });
      cursor = String((await connection.run(sweepScript, given, options))[1]);
    } while (cursor !== '0');
  } catch {
    // they are nobody's all the same
  }
}
