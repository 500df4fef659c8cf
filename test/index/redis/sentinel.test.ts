import * as assert from 'uvu/assert';
import type { Index } from '../../../src/index/port.ts';
import { openRedisIndex } from '../../../src/index/redis/redis-index.ts';
import { created, openTestJournal } from '../../contract/index-journal.ts';
import { serverMissing } from '../../support/redis.ts';
import { type RedisSentinel, startSentinel } from '../../support/redis-sentinel.ts';
import { suite } from '../../support/suite.ts';
import { until } from '../../support/until.ts';

type Rig = { sentinel: RedisSentinel; open(): Promise<Index>; opened: Index[] };
const test = suite<Rig>('Redis by Sentinel');
const missing = serverMissing();
const tried = missing === undefined ? test : (title: string) => test.skip(`${title} (${missing})`);

if (missing === undefined) {
  test.before(async (rig) => {
    rig.sentinel = await startSentinel();
  });
  test.before.each((rig) => {
    rig.opened = [];
    rig.open = async () => {
      const index = await openRedisIndex({ url: rig.sentinel.url });
      rig.opened.push(index);
      return index;
    };
  });
  test.after.each(async ({ opened, sentinel }) => {
    await Promise.all(opened.map((index) => index.close()));
    await sentinel.mend();
  });
  test.after(async ({ sentinel }) => sentinel.stop());
}

tried(
  'A master whose place another one was given is left, though it still answers',
  async ({ sentinel, open }) => {
    const index = await open();
    const step = openTestJournal().step([created('a')]);
    await index.apply(step);
    await sentinel.mend();
    const before = await index.identity();
    let doubts = 0;
    index.onDoubt?.(() => {
      doubts += 1;
    });
    // As a Sentinel that comes to it late does: for all that the old master is told, it stays one.
    const old = sentinel.client;
    await old.call('ACL', 'SETUSER', 'default', '-replicaof', '-slaveof');
    try {
      await sentinel.failOver();
      await until(async () => (await index.identity().catch(() => before)) !== before);
      assert.match(await old.info('replication'), 'role:master');
      assert.match(await index.identity(), await runIdOf(sentinel));
      assert.ok(doubts > 0);
      assert.equal(await index.head(), step.after, 'the new master has what the old one had');
    } finally {
      await old.call('ACL', 'SETUSER', 'default', '+replicaof', '+slaveof');
    }
  },
);

test.run();

async function runIdOf({ client }: RedisSentinel): Promise<string> {
  return /run_id:(\w+)/.exec(await client.info('server'))?.[1] ?? 'none';
}
