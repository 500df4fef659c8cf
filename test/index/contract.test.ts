import { openMemoryIndex } from '../../src/index/memory.ts';
import { indexContract } from '../contract/index.ts';
import { anyRedis, startCluster, startSentinel } from '../support/redis.ts';
import { redisContract } from './redis/contract.ts';

indexContract('memory index', async (options) => {
  const index = openMemoryIndex(options);
  return { index, close: () => index.close() };
});
redisContract('Redis', anyRedis);
redisContract('Redis Cluster', startCluster);
redisContract('Redis by Sentinel', startSentinel);
