import { readFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { sha256 } from '../../../src/core/digest.ts';
import { canonicalBytes } from '../../../src/core/json.ts';
import type { PackageName } from '../../../src/core/name.ts';
import type { Version } from '../../../src/core/version.ts';
import { openMemoryIndex } from '../../../src/index/memory.ts';
import type { ApplyStep } from '../../../src/index/port.ts';
import { openRedisRebuild } from '../../../src/index/redis/redis-rebuild.ts';
import {
  attached,
  created,
  openTestJournal,
  type Planned,
  published,
  queueItem,
  registryCreated,
  tokenMade,
  unknown,
  voided,
} from '../../contract/index-journal.ts';
import { everyAnswer } from '../../contract/index-opened.ts';
import { redisSuite } from './own-redis.ts';

const { test, run } = redisSuite('What lies in Redis');
const noWait = { timeoutMs: 0 };

test('A package of many versions answers as in memory, whichever are signed and voided in whatever step', async ({
  open,
}) => {
  const index = await open();
  const memory = openMemoryIndex();
  const both = async (step: ApplyStep) => {
    assert.equal(await index.apply(step), await memory.apply(step));
    assert.equal(
      await everyAnswer(index, ['a', 'base', 'other']),
      await everyAnswer(memory, ['a', 'base', 'other']),
    );
  };
  const journal = openTestJournal();
  const version = (n: number) => `${n % 7}.${n}.0`;
  const publish = (n: number) => {
    const runtime = { base: n % 3 ? '^1.0.0' : '*', ...(n % 5 ? {} : { other: '~1.2' }) };
    return published('a', version(n), { runtime, description: `version ${n}` });
  };
  await both(journal.step([created('a'), ...upTo(0, 5).map(publish)]));
  await both(
    journal.step([
      attached('a', version(2)),
      ...upTo(5, 20).map(publish),
      voided('a', version(19)),
    ]),
  );
  await both(
    journal.step([
      voided('a', version(0)),
      voided('a', version(8)),
      attached('a', version(8)),
      publish(20),
    ]),
  );
  await both(
    journal.step([
      publish(3),
      attached('a', version(16), 'e'),
      publish(21),
      attached('a', version(21), 'e'),
    ]),
  );
  await both(journal.step(upTo(0, 22).map((n) => voided('a', version(n)))));
  await both(journal.step([publish(1), publish(22)]));
  assert.is((await index.packages({ limit: 10 })).value.total, 1);
  await memory.close();
});

test('A full batch of 256 large items goes through queue and step', async ({ open }) => {
  const index = await open();
  const items = upTo(0, 256).map((n) => {
    const item = queueItem(`large-${n}`);
    const description = 'é'.repeat(450); // six bytes each in canonical JSON
    return {
      ...item,
      facts: { ...item.facts!, document: { ...item.facts!.document, description } },
    };
  });
  const bytes = items.reduce((sum, item) => sum + canonicalBytes(item).length, 0);
  assert.ok(bytes > 900_000 && bytes < 1_048_576, `${bytes} bytes`);
  await Promise.all(items.map((item) => index.enqueue(item)));
  const { value } = await index.peek({ itemsMax: 256, bytesMax: 1_048_576 });
  assert.is(value.length, 256);
  const events = value.flatMap(({ event, facts }): Planned[] => [
    created((event as { package: string }).package),
    { event, facts: facts! },
  ]);
  const step = openTestJournal().step(events);
  assert.equal(await index.apply(step), step.after);
  assert.equal((await index.peek({ itemsMax: 256, bytesMax: 1_048_576 })).value, []);
  const outcomes = await Promise.all(items.map(({ id }) => index.outcome(id, noWait)));
  assert.ok(outcomes.every((outcome) => outcome?.status === 'journaled'));
  assert.is((await index.packages({ limit: 1 })).value.total, 256);
});

test('Names and places from outside reach no other key', async ({ redis, open, tag }) => {
  const index = await open();
  const journal = openTestJournal();
  await index.apply(
    journal.step([registryCreated(), created('a'), published('a', '1.0.0'), tokenMade('t')]),
  );
  await index.enqueue(queueItem('b'));
  const before = await everyAnswer(index, ['a']);
  const keysBefore = (await redis.client.keys('*')).sort();
  const set = /\}:3:(\w[\w-]*):feed/.exec(
    keysBefore.find((key) => key.endsWith(':feed') && key.includes(tag)) ?? '',
  )?.[1];
  const hostile = [
    '',
    '*',
    '?',
    '[a]',
    '@',
    '0',
    '>base',
    'a\0',
    'a\0@',
    'a}',
    '{a}',
    '../a',
    'a/../feed',
    `}:3:${set}:feed`,
    'a b',
    'a\r\nFLUSHALL\r\n',
    'é',
    '\ud800',
    'a'.repeat(100_000),
    "');redis.call('FLUSHALL');--",
    '__proto__',
    '-',
    '+',
    '(a',
    '[a',
  ];
  for (const text of hostile) {
    const name = text as PackageName;
    const version = text as Version;
    assert.is((await index.package(name)).value, undefined, text);
    assert.is((await index.token(text)).value, undefined, text);
    assert.equal((await index.dependents(name, { limit: 5 })).value, [], text);
    assert.equal(
      (await index.dependents(name, { limit: 5, after: { name: text, version } })).value,
      [],
    );
    assert.equal((await index.packages({ limit: 5, namespace: text })).value.records, [], text);
    await index.packages({ limit: 5, after: text });
    assert.is(await index.outcome(text, noWait), undefined, text);
    await index.release(text);
  }
  await index.enqueue({ ...queueItem('c'), id: "x' } ]]\0\r\n" });
  assert.equal(await everyAnswer(index, ['a']), before);
  assert.equal((await redis.client.keys('*')).sort(), keysBefore);
});

test('Every key is one that the page names, of the type that it says', async ({
  redis,
  open,
  tag,
}) => {
  const page = await readFile(new URL('../../../spec/redis.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\{vitte:TAG\}:3:[^`]*)` \| (\w+) \|/gm)];
  const forms = rows.map(([, key = '', type]) => {
    const pattern = key
      .replace(/[{}]/g, '\\$&')
      .replace('TAG', tag)
      .replace('MODE', '(snapshots|deep)')
      .replace('SET', '[\\w-]{8}')
      .replace('NAME', '[a-z0-9/-]+')
      .replace('BATCH', '[\\w-]{12}');
    return { form: new RegExp(`^${pattern}$`), type, met: false };
  });
  const index = await open();
  const journal = openTestJournal();
  const runtime = { base: '*' };
  const events = [
    registryCreated(),
    created('n/a'),
    published('n/a', '1.0.0', { runtime }),
    tokenMade('t'),
    unknown('n/a'),
  ];
  const step = journal.step(events);
  await index.apply(step);
  await index.enqueue(queueItem('b'));
  const made = await openRedisRebuild({ url: redis.url, storeTag: tag }, 'deep');
  await made.index.apply(step);
  await index.lease('one', 60_000);
  const downloaded = { name: 'n/a' as PackageName, version: '1.0.0' as Version, count: 1 };
  await index.addDownloads([downloaded]);
  const { name, digest } = { name: downloaded.name, digest: sha256('# a') };
  await index.readmes?.put([{ name, digest, text: '# a' }]);
  for (const key of await redis.client.keys(`*{vitte:${tag}}*`)) {
    const row = forms.find(({ form }) => form.test(key));
    assert.ok(row, `${key} is not on the page`);
    assert.is(await redis.client.type(key), row.type, key);
    row.met = true;
  }
  assert.ok(forms.length >= 10);
  await made.close();
  const missing = forms.filter(({ met }) => !met).map(({ form }) => form.source);
  assert.equal(missing, [], 'the page names keys that there are not');
});

test('What was cleared is removed, and so is what an interrupted clearing left', async ({
  redis,
  open,
  tag,
}) => {
  const index = await open();
  const fill = async (journal = openTestJournal()) => {
    const events = upTo(0, 300).flatMap((n) => [created(`n${n}`), published(`n${n}`, '1.0.0')]);
    await index.apply(journal.step(events));
  };
  const keys = async () => (await redis.client.keys(`*{vitte:${tag}}*`)).sort();
  await index.clear();
  const empty = (await keys()).length;
  await fill();
  await index.clear();
  assert.is((await keys()).length, empty);
  await fill();
  await redis.client.hset(`{vitte:${tag}}:3:meta`, 'set', 'anothern');
  await redis.client.hdel(`{vitte:${tag}}:3:meta`, 'head');
  assert.is(await index.head(), undefined);
  await index.clear();
  assert.is((await keys()).length, empty);
});

test('Another registry on the same Redis is another index', async ({ open }) => {
  const index = await open();
  const other = await open({ storeTag: 'another-one' });
  await index.apply(openTestJournal().step([created('a'), published('a', '1.0.0')]));
  await index.enqueue(queueItem('b'));
  await index.lease('one', 60_000);
  assert.is(await other.head(), undefined);
  assert.equal((await other.peek({ itemsMax: 1, bytesMax: 1 })).value, []);
  assert.is(await other.lease('two', 1_000), true);
  await other.clear();
  assert.is((await index.packages({ limit: 1 })).value.total, 1);
});

test('Outcomes older than 120 s are forgotten at the next step, unless they were decided again', async ({
  open,
}) => {
  let time = Date.parse('2026-11-22T12:00:00.000Z');
  const index = await open({ now: () => time });
  const journal = openTestJournal();
  const outcome = { status: 'refused', code: 'PKG_E_FORBIDDEN', message: 'no' } as const;
  await index.apply(journal.step([created('a')], [{ id: 'x', outcome }]));
  time += 60_000;
  await index.apply(journal.step([], [{ id: 'x', outcome: { ...outcome, message: 'again' } }]));
  time += 60_001;
  assert.ok(await index.outcome('created-a-ann', noWait), 'there was no step');
  await index.apply(journal.step([created('b')]));
  assert.is(await index.outcome('created-a-ann', noWait), undefined);
  assert.equal(await index.outcome('x', noWait), { ...outcome, message: 'again' });
  time += 60_000;
  await index.apply(journal.step([]));
  assert.is(await index.outcome('x', noWait), undefined);
});

test('A lease ends by the clock of Redis where its owner has a wrong one', async ({
  redis,
  open,
  tag,
}) => {
  const ahead = await open({ now: () => Date.now() + 3_600_000 });
  const index = await open();
  assert.is(await ahead.lease('one', 3_000), true);
  assert.is(await index.lease('two', 3_000), false);
  const left = await redis.client.pttl(`{vitte:${tag}}:3:lease`);
  assert.ok(left > 0 && left <= 8_000, `${left} ms`);
});

run();

function upTo(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, n) => from + n);
}
