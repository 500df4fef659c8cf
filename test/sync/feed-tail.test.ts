import * as assert from 'uvu/assert';
import { VitteError } from '../../src/core/errors.ts';
import type { Entry } from '../../src/core/journal-entry.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import type { Index } from '../../src/index/port.ts';
import { type FeedTail, freshMsMax, openFeedTail } from '../../src/sync/feed-tail.ts';
import type { Reader } from '../../src/sync/reader.ts';
import { created, openTestJournal } from '../contract/index-journal.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';

type Rig = {
  index: Index;
  tail: FeedTail;
  told: Entry[];
  /** Puts so many more entries into the index. */
  grow(count: number): Promise<void>;
  pass(ms: number): void;
  /** What reading throws; undefined: it works. */
  broken: Error | undefined;
};
const test = suite<Rig>('the end of the feed');
const long = { timeoutMs: 600_000 };

test.before.each((rig) => {
  const index = openMemoryIndex();
  const journal = openTestJournal();
  let time = 0;
  let names = 0;
  const read: Reader['read'] = async (query, options) => {
    if (rig.broken) throw rig.broken;
    const { head, value } = await query(index, options?.signal ? { signal: options.signal } : {});
    return { sequence: head?.sequence ?? 0, value };
  };
  rig.index = index;
  rig.tail = openFeedTail(index, { read }, () => time);
  rig.told = [];
  rig.tail.onEntries((entries) => rig.told.push(...entries));
  rig.pass = (ms) => {
    time += ms;
  };
  rig.grow = async (count) => {
    const events = Array.from({ length: count }, () => created(`n${names++}`));
    await index.apply(journal.step(events));
  };
  rig.broken = undefined;
});
test.after.each(async ({ tail, index }) => {
  await tail.close();
  await index.close();
});

const numbers = (entries: readonly Entry[] | undefined) => entries?.map(({ n }) => n);

test('it begins where the feed ends at the first question, and then tells each entry once, in order', async ({
  tail,
  told,
  grow,
}) => {
  await grow(3);
  assert.is(tail.freshSequence(), undefined);
  await until(() => tail.freshSequence() === 3);
  assert.equal(told, []);
  await grow(2);
  await grow(1);
  assert.is(await tail.beyond(5, long), true);
  assert.equal(numbers(told), [4, 5, 6]);
  await until(() => tail.freshSequence() === 6);
});

test('who listens hears of entries before their number counts', async ({ tail, told, grow }) => {
  await until(() => tail.freshSequence() === 0);
  const seen: (number | undefined)[] = [];
  const end = tail.onEntries(() => seen.push(tail.freshSequence()));
  await grow(1);
  assert.is(await tail.beyond(0, long), true);
  end();
  await grow(1);
  assert.is(await tail.beyond(1, long), true);
  assert.equal(seen, [0]);
  assert.is(told.length, 2);
});

test('what it has seen lately can be asked for, and of what was before it says that it does not know', async ({
  tail,
  grow,
}) => {
  await grow(3);
  assert.is(tail.recent(3, 10), undefined);
  await until(() => tail.freshSequence() === 3);
  assert.is(tail.recent(2, 10), undefined);
  assert.equal(tail.recent(3, 10), []);
  await grow(1_500);
  assert.is(await tail.beyond(1_502, long), true);
  assert.equal(numbers(tail.recent(1_500, 10)), [1_501, 1_502, 1_503]);
  assert.equal(numbers(tail.recent(1_500, 2)), [1_501, 1_502]);
  assert.equal(tail.recent(1_503, 2), []);
  assert.equal(tail.recent(9_999, 2), []);
  assert.is(tail.recent(3, 10), undefined, 'too long ago');
});

test('who waits from the beginning is told of what was there before it looked', async ({
  tail,
  grow,
}) => {
  const wait = tail.beyond(2, long);
  await grow(3);
  assert.is(await wait, true);
});

test('a wait ends with an entry, its time or its signal', async ({ tail, grow }) => {
  assert.is(await tail.beyond(0, { timeoutMs: 1 }), false);
  const leaving = new AbortController();
  const left = tail.beyond(0, { ...long, signal: leaving.signal }).catch((error) => error);
  const waits = [tail.beyond(0, long), tail.beyond(1, long)];
  leaving.abort(new Error('left'));
  assert.is((await left).message, 'left');
  await until(() => tail.freshSequence() === 0);
  await grow(2);
  assert.equal(await Promise.all(waits), [true, true]);
  assert.is(await tail.beyond(1, { timeoutMs: 0 }), true);
});

test('it is stale a second after its last look, while the index is away, and fresh when it is back', async (rig) => {
  const { tail, grow, pass, told } = rig;
  await until(() => tail.freshSequence() === 0);
  rig.broken = new VitteError('PKG_E_INDEX_UNAVAILABLE', 'away');
  await grow(1);
  pass(freshMsMax - 1);
  assert.is(tail.freshSequence(), 0);
  pass(1);
  assert.is(tail.freshSequence(), undefined);
  assert.equal(told, []);
  rig.broken = undefined;
  await until(() => tail.freshSequence() === 1);
  assert.equal(numbers(told), [1]);
});

test.run();
