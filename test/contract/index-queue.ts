import * as assert from 'uvu/assert';
import { canonicalBytes } from '../../src/core/json.ts';
import type { Index, QueueItem } from '../../src/index/port.ts';
import { suite } from '../support/suite.ts';
import type { OpenIndex } from './index.ts';
import { openTestJournal, queueItem } from './index-journal.ts';
import { refused, withIndex } from './index-opened.ts';

const roomy = { itemsMax: 1_000, bytesMax: 10_000_000 };
const refusal = { status: 'refused', code: 'PKG_E_FORBIDDEN', message: 'no' } as const;

/** The queue and the lease. */
export function queueContract(name: string, open: OpenIndex) {
  const test = suite(`${name}: queue and lease`);

  test(
    'Items are peeked in the order they were queued, whole, and stay in the queue',
    withIndex(open, async ({ index, peer }) => {
      const items = ['b', 'a', 'c'].map((name) => queueItem(name));
      for (const item of items) await index.enqueue(item);
      assert.equal((await peer.peek(roomy)).value, items);
      assert.equal((await index.peek(roomy)).value, items);
    }),
  );

  test(
    'An id is queued once while it waits, in the place and with the content of the first time',
    withIndex(open, async ({ index, peer }) => {
      await index.enqueue(queueItem('a', '1.0.0', 'one'));
      await index.enqueue(queueItem('b'));
      await peer.enqueue(queueItem('z', '9.0.0', 'one'));
      const { value } = await index.peek(roomy);
      assert.equal(value, [queueItem('a', '1.0.0', 'one'), queueItem('b')]);
    }),
  );

  test(
    'An id that has an outcome is not queued again',
    withIndex(open, async ({ index, peer }) => {
      const journal = openTestJournal();
      const { facts, ...refusedItem } = queueItem('b');
      await index.enqueue(refusedItem);
      const { id, event, facts: journaledFacts } = queueItem('a');
      const outcomes = [{ id: refusedItem.id, outcome: refusal }];
      await index.apply(journal.step([{ event, facts: journaledFacts! }], outcomes));
      await peer.enqueue(queueItem('a', '1.0.0', id));
      await peer.enqueue(refusedItem);
      assert.equal((await index.peek(roomy)).value, []);
    }),
  );

  test(
    'Peek gives at most so many items',
    withIndex(open, async ({ index }) => {
      for (const name of ['a', 'b', 'c']) await index.enqueue(queueItem(name));
      assert.equal(await peekedNames(index, { itemsMax: 2, bytesMax: 1_000_000 }), ['a', 'b']);
      assert.equal(await peekedNames(index, { itemsMax: 3, bytesMax: 1_000_000 }), ['a', 'b', 'c']);
    }),
  );

  test(
    'Peek counts bytes of canonical JSON, gives at least one item and passes none over',
    withIndex(open, async ({ index }) => {
      const items = [queueItem('a'), large(queueItem('b')), queueItem('c')];
      for (const item of items) await index.enqueue(item);
      const two = canonicalBytes(items[0]).length + canonicalBytes(items[1]).length;
      assert.equal(await peekedNames(index, { itemsMax: 9, bytesMax: two }), ['a', 'b']);
      assert.equal(await peekedNames(index, { itemsMax: 9, bytesMax: two - 1 }), ['a']);
      assert.equal(await peekedNames(index, { itemsMax: 9, bytesMax: 1 }), ['a']);
    }),
  );

  test(
    'Items older than 60 s are dropped, and may be queued again',
    withIndex(open, async ({ index, pass }) => {
      await index.enqueue(queueItem('a'));
      pass(30_000);
      await index.enqueue(queueItem('b'));
      pass(30_000);
      assert.equal(await peekedNames(index, roomy), ['a', 'b']);
      pass(1);
      assert.equal(await peekedNames(index, roomy), ['b']);
      await index.enqueue(queueItem('a'));
      assert.equal(await peekedNames(index, roomy), ['b', 'a']);
    }),
  );

  test(
    'An item that became too old is queued anew without a peek between',
    withIndex(open, async ({ index, pass }) => {
      await index.enqueue(queueItem('a'));
      pass(60_001);
      await index.enqueue(queueItem('a'));
      pass(60_000);
      assert.equal(await peekedNames(index, roomy), ['a']);
    }),
  );

  test(
    'A queue of 10,000 items refuses more, but not an id that waits already nor once items are too old',
    withIndex(open, async ({ index, pass }) => {
      const item = queueItem('a');
      const numbered = (n: number): QueueItem => ({ ...item, id: `${n}` });
      for (let n = 0; n < 10_000; n += 500) {
        await Promise.all(Array.from({ length: 500 }, (_, k) => index.enqueue(numbered(n + k))));
      }
      await refused(index.enqueue(numbered(10_000)), 'PKG_E_RATE_LIMIT');
      await index.enqueue(numbered(7));
      pass(60_001);
      await index.enqueue(numbered(10_000));
      const { value } = await index.peek(roomy);
      assert.equal(value, [numbered(10_000)]);
    }),
  );

  test(
    'A step takes what it decided out of the queue and leaves the rest in order',
    withIndex(open, async ({ index }) => {
      for (const name of ['a', 'b', 'c', 'd']) await index.enqueue(queueItem(name));
      const journaled = queueItem('c');
      const step = openTestJournal().step(
        [{ event: journaled.event, facts: journaled.facts! }],
        [{ id: queueItem('a').id, outcome: refusal }],
      );
      await index.apply(step);
      assert.equal(await peekedNames(index, roomy), ['b', 'd']);
    }),
  );

  test(
    'The lease belongs to one owner until it ends or is given back',
    withIndex(open, async ({ index, peer, pass }) => {
      assert.is(await index.lease('one', 3_000), true);
      assert.is(await peer.lease('two', 3_000), false);
      pass(2_999);
      assert.is(await peer.lease('two', 3_000), false);
      pass(1);
      assert.is(await peer.lease('two', 3_000), true, 'it ended');
      assert.is(await index.lease('one', 3_000), false);
      await index.release('one');
      assert.is(await index.lease('one', 3_000), false, 'only its owner gives it back');
      await peer.release('two');
      assert.is(await index.lease('one', 3_000), true, 'it was given back');
    }),
  );

  test(
    'The owner extends the lease from now on',
    withIndex(open, async ({ index, pass }) => {
      await index.lease('one', 3_000);
      pass(2_000);
      assert.is(await index.lease('one', 3_000), true);
      pass(2_999);
      assert.is(await index.lease('two', 3_000), false);
      pass(1);
      assert.is(await index.lease('two', 3_000), true);
    }),
  );

  test(
    'What is given in or out is not the queue itself',
    withIndex(open, async ({ index }) => {
      const item = queueItem('a');
      await index.enqueue(item);
      item.readAt = 99;
      const [peeked] = (await index.peek(roomy)).value;
      try {
        peeked!.readAt = 98;
      } catch {
        // frozen
      }
      assert.equal((await index.peek(roomy)).value, [queueItem('a')]);
    }),
  );

  test.run();
}

async function peekedNames(index: Index, limits: { itemsMax: number; bytesMax: number }) {
  const { value } = await index.peek(limits);
  return value.map(({ event }) => ('package' in event ? event.package : undefined));
}

function large(item: QueueItem): QueueItem {
  const description = 'é'.repeat(1_000); // six bytes each in canonical JSON
  return { ...item, facts: { ...item.facts!, document: { ...item.facts!.document, description } } };
}
