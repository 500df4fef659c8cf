import { openRedisIndex } from '../../../src/index/redis/redis-index.ts';
import { indexContract } from '../../contract/index.ts';
import { freshTag, type RedisPlace, redisMissing } from '../../support/redis.ts';
import { suite } from '../../support/suite.ts';

/** The index contract on Redis as it is started here, with a second connection for the peer. */
export function redisContract(name: string, start: () => Promise<RedisPlace>) {
  const missing = redisMissing();
  if (missing !== undefined) {
    const test = suite(name);
    test.skip(missing);
    test.run();
    return;
  }
  let place: Promise<RedisPlace> | undefined;
  indexContract(name, async ({ now }) => {
    place ??= start();
    const { url, erase } = await place;
    const storeTag = freshTag();
    const options = { url, storeTag, now };
    const index = await openRedisIndex(options);
    const peer = await openRedisIndex(options);
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
