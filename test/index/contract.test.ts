import { openMemoryIndex } from '../../src/index/memory.ts';
import { indexContract } from '../contract/index.ts';
import { anyRedis, startCluster } from '../support/redis.ts';
import { startSentinel } from '../support/redis-sentinel.ts';
import { redisContract } from './redis/contract.ts';

indexContract('memory index', async (options) => {
  const index = openMemoryIndex(options);
  return { index, close: () => index.close() };
});
redisContract('Redis', anyRedis);
redisContract('Redis Cluster', startCluster);
redisContract('Redis by Sentinel, failed over now and then', startSentinel, async (sentinel) => {
  await sentinel.mend();
  await sentinel.failOver();
  await sentinel.left();
});
