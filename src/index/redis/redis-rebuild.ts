import { VitteError } from '../../core/errors.ts';
import type { IndexRebuild, RebuildMode } from '../rebuild-port.ts';
import { headText } from './apply.ts';
import { openConnection } from './connection.ts';
import { fixedKeys, metaKeys, rebuildKeys } from './keys.ts';
import { openQueue } from './queue.ts';
import { indexOn, type RedisIndexOptions, sweep } from './redis-index.ts';
import { forgetScript, replaceScript } from './scripts.ts';
import { parseRedisUrl } from './url.ts';

/** One rebuild at a time: it says every few seconds that it is still there. */
const leaseMs = 10_000;
const leaseRenewMs = 3_000;

/**
 * An index made anew beside the one that stands in Redis, in a data set of its own. One that was interrupted is gone on
 * with; what the other mode had begun is given up, and what is in the place of its keys is replaced. Throws what
 * `openRedisIndex` throws, PKG_E_INDEX_UNAVAILABLE, and PKG_E_STORE_LOCKED while another rebuild is at work.
 */
export async function openRedisRebuild(
  options: RedisIndexOptions,
  mode: RebuildMode,
): Promise<IndexRebuild> {
  const { ca, now = Date.now, storeTag = 'registry' } = options;
  const settings = parseRedisUrl(options.url);
  const keys = fixedKeys(storeTag);
  const own = rebuildKeys(keys, mode);
  const owner = `rebuild-${process.pid}-${Math.random()}`;
  const connection = await openConnection(settings, keys, { ca, replaces: true });
  const standing = indexOn(connection, keys, now);
  const making = await openConnection(settings, own, { ca, replaces: true }).catch(
    async (error) => {
      await standing.close();
      throw error;
    },
  );
  const index = indexOn(making, own, now);
  // Held where the standing index is, which is there before and after.
  const guard = openQueue(connection, { ...keys, lease: own.lease }, now);
  let renewal: Promise<unknown> = Promise.resolve();
  const renewing = setInterval(() => {
    renewal = guard.lease(owner, leaseMs).catch(() => {});
  }, leaseRenewMs);
  const close = async () => {
    clearInterval(renewing);
    await renewal;
    await guard.release(owner).catch(() => {});
    await Promise.all([index.close(), standing.close()]);
  };

  try {
    if (!(await guard.lease(owner, leaseMs))) {
      throw new VitteError('PKG_E_STORE_LOCKED', 'another rebuild of this index is at work', {
        help: 'wait until it is done: it goes on where it was interrupted',
      });
    }
    const others = metaKeys(keys).filter((key) => key !== keys.meta && key !== own.meta);
    const forgotten = (set: string) => ({ keys: [keys.meta, ...others], args: [set] });
    await connection.run(forgetScript, forgotten);
    await sweep(connection, keys);
  } catch (error) {
    await close();
    throw error;
  }

  return {
    index,
    standing,
    async replace(at, made, callOptions) {
      const set = await making.inDataSet(async (mine) => mine, callOptions);
      const [, done] = await connection.run(
        replaceScript,
        (old) => ({
          keys: [keys.meta, own.meta, own.outcomes, own.decided],
          args: [old, headText(at), set, headText(made), keys.wake],
        }),
        callOptions,
      );
      if (done !== 1) return false;
      connection.learn({ set }, true);
      await sweep(connection, keys, callOptions);
      return true;
    },
    close,
  };
}
