import * as assert from 'uvu/assert';
import { isVitteError } from '../../../src/core/errors.ts';
import { openRedisRebuild } from '../../../src/index/redis/redis-rebuild.ts';
import { created, openTestJournal } from '../../contract/index-journal.ts';
import { until } from '../../support/until.ts';
import { redisSuite } from './own-redis.ts';

const { test, run } = redisSuite('Keys of the index that are of another type');

test('The key that names the data set is told by its name, and a rebuild replaces it', async ({
  redis,
  open,
  tag,
}) => {
  const key = `{vitte:${tag}}:3:meta`;
  const index = await open();
  const step = openTestJournal().step([created('a')]);
  await index.apply(step);
  await redis.client.del(key);
  await redis.client.set(key, 'foo');

  const late = await open();
  for (const one of [index, late]) {
    const error = await one.head().catch((thrown: unknown) => thrown);
    assert.ok(isVitteError(error, 'PKG_E_INDEX_UNAVAILABLE'), String(error));
    assert.ok(error.message.includes(key), error.message);
    assert.is(error.help, 'run: vitte registry rebuild');
  }
  assert.is(await redis.client.get(key), 'foo', 'nothing but a rebuild replaces it');

  const { host, port } = { host: '127.0.0.1', port: redis.port };
  const made = await openRedisRebuild({ url: `redis://${host}:${port}`, storeTag: tag }, 'deep');
  await made.index.apply(step);
  assert.ok(await made.replace(undefined, step.after));
  await made.close();
  for (const one of [index, late]) {
    await until(async () => {
      const head = await one.head().catch(() => undefined);
      return head?.batch === step.after.batch;
    });
  }
});

run();
