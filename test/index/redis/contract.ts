import type { Index } from '../../../src/index/port.ts';
import { openRedisIndex } from '../../../src/index/redis/redis-index.ts';
import { indexContract } from '../../contract/index.ts';
import { freshTag, type RedisPlace, redisMissing } from '../../support/redis.ts';
import { suite } from '../../support/suite.ts';
import { until } from '../../support/until.ts';

/** Every so many tests. */
const disturbedEvery = 25;

/**
 * The index contract on Redis as it is started here, with a second connection for the peer. `disturb` befalls it now
 * and then, behind the back of the indexes of a test that is about to begin.
 */
export function redisContract<P extends RedisPlace>(
  name: string,
  start: () => Promise<P>,
  disturb?: (place: P) => Promise<void>,
) {
  const missing = redisMissing();
  if (missing !== undefined) {
    const test = suite(name);
    test.skip(missing);
    test.run();
    return;
  }
  let place: Promise<P> | undefined;
  let opened = 0;
  indexContract(name, async ({ now }) => {
    place ??= start();
    const started = await place;
    const { url, erase } = started;
    const storeTag = freshTag();
    const options = { url, storeTag, now };
    const index = await openRedisIndex(options);
    const peer = await openRedisIndex(options);
    opened += 1;
    if (disturb && opened % disturbedEvery === 0) {
      await disturb(started);
      await until(() => answers(index));
      await until(() => answers(peer));
    }
    return {
      index,
      peer,
      async close() {
        await Promise.all([index.close(), peer.close()]);
        await erase?.(storeTag);
      },
    };
  });
}

function answers(index: Index): Promise<boolean> {
  return index.head().then(
    () => true,
    () => false,
  );
}
