import { openMemoryIndex } from '../../src/index/memory.ts';
import { openRedisIndex } from '../../src/index/redis/redis-index.ts';
import { freshTag, type RedisServer, serverMissing, startRedis } from '../support/redis.ts';
import { suite } from '../support/suite.ts';
import { checkHistories } from './history.ts';
import { openReplica } from './replica.ts';

/** Declares and runs the suite, each of its tests on so many random histories. */
export function historySuite(runs: number, timeoutMs: number) {
  const test = suite<{ redis: RedisServer }>('one journal, equal indexes', { timeoutMs });
  const missing = serverMissing();
  const tried = missing === undefined ? test : test.skip;

  test.before(async (rig) => {
    if (missing === undefined) rig.redis = await startRedis();
  });
  test.after(({ redis }) => redis?.stop());

  test('an index in memory, another one, and the first made anew: document for document', async () => {
    await checkHistories({
      runs,
      async open(registry) {
        const index = openMemoryIndex();
        const first = openReplica(registry, { index });
        const second = openReplica(registry, { index });
        const close = async () => {
          await second.close();
          await index.close();
        };
        return [first, { ...second, close }];
      },
      async rebuild([first]) {
        await first.index.clear();
        await first.journal.catchUp({ open: true });
      },
    });
  });

  tried(
    'two replicas on one Redis, and both after FLUSHALL: document for document',
    async ({ redis }) => {
      await checkHistories({
        runs,
        async open(registry) {
          const options = { url: redis.url, storeTag: freshTag() };
          const replicas = await Promise.all(
            [0, 1].map(async () => {
              const index = await openRedisIndex(options);
              const replica = openReplica(registry, { index });
              const close = async () => {
                await replica.close();
                await index.close();
              };
              return { ...replica, close };
            }),
          );
          return [replicas[0]!, replicas[1]!];
        },
        async rebuild([first]) {
          await redis.client.flushall();
          await first.journal.catchUp({ open: true });
        },
      });
    },
  );

  test.run();
}
