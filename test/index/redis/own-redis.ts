// Tests that need a Redis of their own: they flush it, kill it, fill it.

import type { Index } from '../../../src/index/port.ts';
import { openRedisIndex, type RedisIndexOptions } from '../../../src/index/redis/redis-index.ts';
import { freshTag, type RedisServer, serverMissing, startRedis } from '../../support/redis.ts';
import { suite } from '../../support/suite.ts';

export type OwnRedis = {
  redis: RedisServer;
  tag: string;
  /** Opens another index on the same registry; closed after the test. */
  open(options?: Partial<RedisIndexOptions>): Promise<Index>;
};

/** A suite whose tests share a server, each with a tag of its own; skipped where there is none. */
export function redisSuite(name: string, settings: string[] = []) {
  const test = suite(name);
  const missing = serverMissing();
  let redis: RedisServer | undefined;
  if (missing === undefined) {
    test.before(async () => {
      redis = await startRedis({ settings });
    });
    test.after(async () => redis?.stop());
  }

  return {
    test(title: string, body: (own: OwnRedis) => Promise<void>) {
      if (missing !== undefined) return test.skip(`${title} (${missing})`);
      test(title, () => withIndexes(redis!, body));
    },
    skip: (title: string) => test.skip(title),
    run: () => test.run(),
  };
}

/** Runs the body with a tag of its own, and closes what it opened. */
export async function withIndexes(redis: RedisServer, body: (own: OwnRedis) => Promise<void>) {
  const opened: Index[] = [];
  const tag = freshTag();
  try {
    await body({
      redis,
      tag,
      async open(options = {}) {
        const index = await openRedisIndex({ url: redis.url, storeTag: tag, ...options });
        opened.push(index);
        return index;
      },
    });
  } finally {
    await Promise.all(opened.map((index) => index.close()));
  }
}
