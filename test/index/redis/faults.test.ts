import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { isVitteError } from '../../../src/core/errors.ts';
import type { PackageName } from '../../../src/core/name.ts';
import type { Version } from '../../../src/core/version.ts';
import type { Index, Outcome } from '../../../src/index/port.ts';
import { packOutcome } from '../../../src/index/redis/records.ts';
import { created, openTestJournal, published, queueItem } from '../../contract/index-journal.ts';
import { allEntries, everyAnswer, refused } from '../../contract/index-opened.ts';
import { freePort, startRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';
import { redisSuite, withIndexes } from './own-redis.ts';

const { test, run } = redisSuite('Redis that fails');
const unavailable = 'PKG_E_INDEX_UNAVAILABLE';
const noWait = { timeoutMs: 0 };
const long = { timeoutMs: 600_000 };

test('While Redis is away every call fails with its code, and works when it is back', async ({
  redis,
  open,
}) => {
  const index = await open();
  await index.apply(openTestJournal().step([created('a')]));
  await redis.kill();
  for (const call of everyCall(index)) await refused(call(), unavailable);
  await redis.start();
  await until(() => works(index));
  assert.is(await index.head(), undefined, 'it kept nothing');
  for (const call of everyCall(index)) await call();
});

test('An index opened while Redis is away comes up with it', async () => {
  const port = await freePort();
  const away = { url: `redis://127.0.0.1:${port}` };
  await withIndexes(away as Parameters<typeof withIndexes>[0], async ({ open }) => {
    const index = await open();
    await refused(index.head(), unavailable);
    const redis = await startRedis({ port });
    try {
      await until(() => works(index));
    } finally {
      await redis.stop();
    }
  });
});

test('A Redis that does not answer costs two seconds a call, and works when it goes on', async ({
  redis,
  open,
}) => {
  const index = await open();
  redis.pause();
  try {
    await Promise.all(everyCall(index).map((call) => refused(call(), unavailable)));
  } finally {
    redis.resume();
  }
  await until(() => works(index));
});

test('Waits outlast a short absence, and end with the code after a long one', async ({
  redis,
  open,
  tag,
}) => {
  const [index, peer] = [await open(), await open()];
  const step = openTestJournal().step([created('a')]);
  const wait = index.outcome('created-a-ann', long);
  const connections = async () => String(await redis.client.client('LIST')).split('vitte-registry');
  const before = (await connections()).length;
  await redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await until(async () => (await connections()).length === before);
  await peer.apply(step);
  assert.is((await wait)?.status, 'journaled', tag);

  const waits = [index.outcome('never', long), index.queued(long), index.moved(99, long)];
  const ends = waits.map((waiting) => refused(waiting, unavailable));
  await redis.kill();
  await Promise.all(ends);
  await redis.start();
});

test('A count whose answer was lost is sent again and counted once', async ({ redis, open }) => {
  const line = await openLossyLine(redis.port);
  const index = await open({ url: `redis://127.0.0.1:${line.port}` });
  try {
    await index.addDownloads([downloaded]);
    line.loseNextAnswer();
    await index.addDownloads([{ ...downloaded, count: 10 }]);
    assert.is(line.lost(), 1);
    assert.equal(await index.downloads([downloaded.name]), [{ ...downloaded, count: 11 }]);
  } finally {
    line.close();
  }
});

test('A message that is lost costs a look: outcome and item are found all the same', async ({
  redis,
  open,
  tag,
}) => {
  const index = await open();
  const base = `{vitte:${tag}}:3:`;
  const outcome: Outcome = { status: 'journaled', n: 1, at: '2026-11-22T10:00:01.000Z' };
  const waits = [index.outcome('x', long), index.queued(long)] as const;
  await index.head();
  await redis.client.hset(`${base}outcomes`, 'x', packOutcome(outcome, Date.now()));
  assert.equal(await waits[0], outcome);
  await redis.client.zadd(`${base}ages`, Date.now(), 'y');
  await waits[1];
});

test('Queueing an item and a step each send one message', async ({ redis, open, tag }) => {
  const index = await open();
  const subscriber = redis.client.duplicate();
  const heard: string[] = [];
  try {
    subscriber.on('message', (_channel, message) => heard.push(message));
    await subscriber.subscribe(`{vitte:${tag}}:3:wake`);
    await index.enqueue(queueItem('a'));
    await index.enqueue(queueItem('a'));
    await index.apply(openTestJournal().step([created('a'), created('b')]));
    await index.apply(openTestJournal().step([created('c')]));
    await until(() => heard.length >= 2);
    assert.equal(heard, ['item', 'step']);
  } finally {
    subscriber.disconnect();
  }
});

test('FLUSHALL between any two calls leaves an empty index, never a part of one', async ({
  redis,
  open,
}) => {
  const [index, peer] = [await open(), await open()];
  let doubts = 0;
  index.onDoubt?.(() => {
    doubts += 1;
  });
  for (let round = 0; round < 40; round += 1) {
    const journal = openTestJournal();
    const flushed = (async () => {
      for (let turn = 0; turn < round; turn += 1) await Promise.resolve();
      if (round % 3 === 0) await delay(round / 10);
      await redis.client.flushall();
    })();
    let head: unknown;
    for (let n = 0; n < 4; n += 1) {
      const events = [created(`p${n}`), published(`p${n}`, '1.0.0', { runtime: { base: '*' } })];
      const step = journal.step(events);
      const who = n % 2 ? index : peer;
      head = await who.apply(step);
      if (head !== undefined) assert.equal(head, step.after);
    }
    await flushed;
    const found = await everyAnswer(index, ['base']);
    const entries = found.head?.sequence ?? 0;
    assert.is(found.feed.length, entries);
    assert.is(found.packages.length, entries / 2);
    const { dependents } = found.about.base as { dependents: unknown[] };
    assert.is(dependents.length, entries / 2);
    await redis.client.flushall();
    await until(async () => (await index.head()) === undefined);
  }
  assert.ok(doubts >= 40, `${doubts} doubts`);
});

test('After FLUSHALL there is no head, and a step that began before it changes nothing', async ({
  redis,
  open,
}) => {
  const index = await open();
  const journal = openTestJournal();
  await index.apply(journal.step([created('a'), published('a', '1.0.0')]));
  await index.enqueue(queueItem('b'));
  await index.lease('one', 3_000);
  await redis.client.flushall();
  assert.is(await index.apply(journal.step([created('b')])), undefined);
  assert.is(await index.head(), undefined);
  assert.equal(await allEntries(index, 10), []);
  assert.equal((await index.peek({ itemsMax: 9, bytesMax: 9_999 })).value, []);
  assert.is(await index.lease('two', 3_000), true);
  await index.enqueue(queueItem('b'));
});

test('The identity changes with FLUSHALL, a restart, and clearing, and who listens is told', async ({
  redis,
  open,
}) => {
  const [index, peer] = [await open(), await open()];
  let told = 0;
  peer.onDoubt?.(() => {
    told += 1;
  });
  const seen = new Set([await index.identity()]);
  const differs = async (what: string) => {
    const before = seen.size;
    assert.is(await peer.identity(), await index.identity(), what);
    assert.is(seen.add(await index.identity()).size, before + 1, what);
    assert.is(await index.identity(), await index.identity(), what);
  };
  await redis.client.flushall();
  await differs('FLUSHALL');
  assert.is(told, 1);
  await index.clear();
  await differs('clear');
  assert.is(told, 2);
  await redis.kill();
  await redis.start();
  await until(async () => (await works(index)) && (await works(peer)));
  await differs('restart');
  assert.is(told, 3);
  await index.apply(openTestJournal().step([created('a')]));
  await index.lease('one', 3_000);
  await index.identity();
  assert.is(told, 3, 'what changes nothing of this is no doubt');
});

test('Who clears is not told of a doubt, the others are', async ({ open }) => {
  const [index, peer] = [await open(), await open()];
  const told: string[] = [];
  index.onDoubt?.(() => told.push('index'));
  peer.onDoubt?.(() => told.push('peer'));
  await index.clear();
  await index.head();
  assert.equal(told, []);
  await peer.head();
  assert.equal(told, ['peer']);
});

test('A restart with an older data set is a doubt, told before the lower head is', async ({
  redis,
  open,
}) => {
  const index = await open();
  const journal = openTestJournal();
  const first = journal.step([created('a')]);
  const second = journal.step([created('b')]);
  await index.apply(first);
  await redis.client.save();
  await index.apply(second);
  const order: string[] = [];
  index.onDoubt?.(() => order.push('doubt'));
  await redis.kill();
  await redis.start();
  await until(async () => {
    const head = await index.head().catch(() => 'away' as const);
    if (head !== 'away') order.push(`head ${head?.sequence}`);
    return head !== 'away';
  });
  assert.equal(order, ['doubt', 'head 1']);
  assert.equal(await index.apply(journal.step([created('c')])), first.after);
  assert.equal(await index.apply(second), second.after);
});

test('A server that forgot the scripts is sent them again', async ({ redis, open }) => {
  const index = await open();
  const journal = openTestJournal();
  for (const call of everyCall(index)) {
    await redis.client.script('FLUSH');
    await call();
  }
  await redis.client.script('FLUSH');
  const step = journal.step([created('a')]);
  await index.clear();
  assert.equal(await index.apply(step), step.after);
});

test('A Redis without memory refuses whole steps, and answers reads', async ({ redis, open }) => {
  const index = await open();
  const journal = openTestJournal();
  await index.apply(journal.step([created('a'), published('a', '1.0.0')]));
  await index.enqueue(queueItem('b'));
  const before = await everyAnswer(index, ['a', 'b', 'base']);
  await redis.client.config('SET', 'maxmemory', '1');
  const step = journal.step(
    [created('b'), published('b', '1.0.0', { runtime: { base: '*' } })],
    [{ id: 'x', outcome: { status: 'refused', code: 'PKG_E_FORBIDDEN', message: 'no' } }],
  );
  try {
    const error = await index.apply(step).catch((reason: unknown) => reason);
    assert.ok(isVitteError(error, unavailable));
    assert.match(error.message, 'out of memory');
    assert.match(String((error.cause as Error).cause), 'OOM');
    await refused(index.enqueue(queueItem('c')), unavailable);
    assert.equal(await everyAnswer(index, ['a', 'b', 'base']), before);
    assert.is(await index.outcome('x', noWait), undefined);
    assert.is((await index.peek({ itemsMax: 9, bytesMax: 99_999 })).value.length, 1);
  } finally {
    await redis.client.config('SET', 'maxmemory', '0');
  }
  assert.equal(await index.apply(step), step.after);
});

test('A server that became a replica is not read from, and works again as a master', async ({
  redis,
  open,
}) => {
  const index = await open();
  const other = await startRedis();
  try {
    await redis.client.call('REPLICAOF', '127.0.0.1', other.port);
    await until(async () =>
      isVitteError(await index.lease('one', 10).catch((e: unknown) => e), unavailable),
    );
    await refused(index.head(), unavailable);
    await redis.client.call('REPLICAOF', 'NO', 'ONE');
    await until(() => works(index));
    await index.apply(openTestJournal().step([created('a')]));
  } finally {
    await redis.client.call('REPLICAOF', 'NO', 'ONE');
    await other.stop();
  }
});

test('A signal ends a call that is on its way with its reason, and closing ends it with its code', async ({
  redis,
  open,
}) => {
  const index = await open();
  const reason = new Error('the client left');
  redis.pause();
  try {
    const controller = new AbortController();
    const call = index.head({ signal: controller.signal }).catch((error: unknown) => error);
    controller.abort(reason);
    assert.is(await call, reason);
    const calls = everyCall(index).map((each) => refused(each(), 'PKG_E_SHUTTING_DOWN'));
    await index.close();
    await Promise.all(calls);
  } finally {
    redis.resume();
  }
});

test('Two indexes that race with whole batches: one step wins each time, and both learn which', async ({
  open,
}) => {
  const writers = [await open(), await open(), await open()];
  const journal = openTestJournal();
  let head = journal.head();
  for (let round = 0; round < 15; round += 1) {
    const events = (writer: number) =>
      Array.from({ length: 20 }, (_, k) => [
        created(`r${round}w${writer}n${k}`),
        published(`r${round}w${writer}n${k}`, '1.0.0', { runtime: { base: '*' } }),
      ]).flat();
    const steps = writers.map((_, writer) => {
      const step = openTestJournal().step(events(writer));
      const base = head?.sequence ?? 0;
      const entries = step.entries.map((applied) => ({
        ...applied,
        entry: { ...applied.entry, n: base + applied.entry.n },
      }));
      const after = {
        ...step.after,
        sequence: base + 40,
        ordinal: round,
        term: `${round}-${writer}`,
      };
      return { ...step, before: head, after, entries };
    });
    const given = await Promise.all(steps.map((step, writer) => writers[writer]!.apply(step)));
    head = await writers[0]!.head();
    assert.is(steps.filter(({ after }) => after.term === head?.term).length, 1);
    for (const answer of given) assert.equal(answer, head);
  }
  const { value } = await writers[1]!.packages({ limit: 1 });
  const dependents = await writers[2]!.dependents('base' as PackageName, { limit: 1_000 });
  assert.is(value.total, 15 * 20);
  assert.is(dependents.value.length, 15 * 20);
  assert.is((await allEntries(writers[0]!, 1_000)).length, 15 * 40);
});

run();

/** A way to Redis that can be told to break off between a command and its answer. */
async function openLossyLine(redisPort: number) {
  let losing = false;
  let lost = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(redisPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    let isCount = false;
    client.on('data', (bytes) => {
      isCount = bytes.includes('counted-');
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (!losing || !isCount) return void client.write(bytes);
      losing = false;
      lost += 1;
      client.destroy();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    loseNextAnswer: () => {
      losing = true;
    },
    lost: () => lost,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A call of each method that asks Redis. */
function everyCall(index: Index): (() => Promise<unknown>)[] {
  const name = 'a' as PackageName;
  return [
    () => index.identity(),
    () => index.head(),
    () => index.enqueue(queueItem('a')),
    () => index.peek({ itemsMax: 1, bytesMax: 1 }),
    () => index.outcome('x', noWait),
    () => index.queued({ timeoutMs: 1 }),
    () => index.lease('one', 3_000),
    () => index.release('one'),
    () => index.apply(openTestJournal().step([created('a')])),
    () => index.clear(),
    () => index.store(),
    () => index.token('x'),
    () => index.package(name),
    () => index.packages({ limit: 1 }),
    () => index.dependents(name, { limit: 1 }),
    () => index.feed({ since: 0, limit: 1 }),
    () => index.moved(99, { timeoutMs: 1 }),
    () => index.addDownloads([downloaded]),
    () => index.restoreDownloads([downloaded]),
    () => index.downloads([name]),
  ];
}

const downloaded = { name: 'a' as PackageName, version: '1.0.0' as Version, count: 1 };

async function works(index: Index): Promise<boolean> {
  return index.head().then(
    () => true,
    () => false,
  );
}
