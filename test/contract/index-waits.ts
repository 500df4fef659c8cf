import * as assert from 'uvu/assert';
import type { Index, Outcome } from '../../src/index/port.ts';
import { suite } from '../support/suite.ts';
import type { OpenIndex } from './index.ts';
import {
  created,
  openTestJournal,
  published,
  queueItem,
  registryCreated,
} from './index-journal.ts';
import { refused, withIndex } from './index-opened.ts';

/** Longer than any test runs: a wait that ends earlier was woken. */
const long = { timeoutMs: 600_000 };
const short = { timeoutMs: 5 };

/** Outcomes, and everything that waits. */
export function waitContract(name: string, open: OpenIndex) {
  const test = suite(`${name}: outcomes and waits`);

  test(
    'A step tells each id what became of it, to those who waited before it and those who ask after it',
    withIndex(open, async ({ index, peer }) => {
      const step = openTestJournal().step(
        [created('a'), published('a', '1.0.0')],
        [
          { id: 'again', outcome: { status: 'existing', n: 1, at: '2026-11-22T10:00:01.000Z' } },
          { id: 'no', outcome: refusal },
        ],
      );
      const expected: Record<string, Outcome> = {
        'created-a-ann': { status: 'journaled', n: 1, at: '2026-11-22T10:00:01.000Z' },
        'published-a-1.0.0': { status: 'journaled', n: 2, at: '2026-11-22T10:00:02.000Z' },
        again: { status: 'existing', n: 1, at: '2026-11-22T10:00:01.000Z' },
        no: refusal,
      };
      const ids = Object.keys(expected);
      const before = [index, peer, index].map((which) => outcomes(which, ids));
      await index.apply(step);
      for (const waited of before) assert.equal(await waited, expected);
      for (const which of [index, peer]) assert.equal(await outcomes(which, ids), expected);
    }),
  );

  test(
    'An entry outweighs another outcome of its id',
    withIndex(open, async ({ index }) => {
      const step = openTestJournal().step(
        [created('a')],
        [{ id: 'created-a-ann', outcome: refusal }],
      );
      await index.apply(step);
      assert.is((await index.outcome('created-a-ann', short))?.status, 'journaled');
    }),
  );

  test(
    'Waiting for an outcome ends after its time',
    withIndex(open, async ({ index }) => {
      await index.enqueue(queueItem('a'));
      assert.is(await index.outcome(queueItem('a').id, short), undefined);
      assert.is(await index.outcome('never heard of', { timeoutMs: 0 }), undefined);
    }),
  );

  test(
    'Outcomes are kept for 120 s',
    withIndex(open, async ({ index, pass }) => {
      const journal = openTestJournal();
      await index.apply(journal.step([created('a')]));
      pass(120_000);
      await index.apply(journal.step([created('b')]));
      assert.is((await index.outcome('created-a-ann', short))?.status, 'journaled');
    }),
  );

  test(
    'Changing an outcome that was given out changes nothing',
    withIndex(open, async ({ index }) => {
      await index.apply(openTestJournal().step([created('a')]));
      const given = await index.outcome('created-a-ann', short);
      try {
        Object.assign(given!, { n: 99 });
      } catch {
        // frozen
      }
      const again = await index.outcome('created-a-ann', short);
      assert.is(again?.status === 'journaled' && again.n, 1);
    }),
  );

  test(
    'Waiting for an item ends when one is queued, and at once where one waits',
    withIndex(open, async ({ index, peer }) => {
      const waits = [index.queued(long), peer.queued(long)];
      await index.enqueue(queueItem('a'));
      await Promise.all(waits);
      await index.queued(long);
      await peer.queued(long);
    }),
  );

  test(
    'Waiting for an item ends after its time; items that are too old do not count',
    withIndex(open, async ({ index, pass }) => {
      await index.queued(short);
      await index.enqueue(queueItem('a'));
      pass(60_001);
      let over = false;
      const wait = index.queued(long).then(() => {
        over = true;
      });
      await index.outcome('some other', short);
      assert.is(over, false);
      await index.enqueue(queueItem('b'));
      await wait;
    }),
  );

  test(
    'A signal ends the wait it was given to with its reason, and no other',
    withIndex(open, async ({ index }) => {
      const controller = new AbortController();
      const reason = new Error('the client left');
      const waits = [
        index.outcome('created-a-ann', { ...long, signal: controller.signal }),
        index.queued({ ...long, signal: controller.signal }),
      ];
      const other = index.outcome('created-a-ann', long);
      controller.abort(reason);
      for (const wait of waits) assert.is(await rejection(wait), reason);
      await index.apply(openTestJournal().step([created('a')]));
      assert.is((await other)?.status, 'journaled');
    }),
  );

  test(
    'A call with a signal that was aborted before changes nothing',
    withIndex(open, async ({ index }) => {
      const signal = AbortSignal.abort(new Error('too late'));
      const calls = [
        index.enqueue(queueItem('a'), { signal }),
        index.apply(openTestJournal().step([created('a')]), { signal }),
        index.lease('one', 3_000, { signal }),
        index.outcome('id', { ...long, signal }),
        index.queued({ ...long, signal }),
        index.feed({ since: 0, limit: 1 }, { signal }),
      ];
      for (const call of calls) assert.is(await rejection(call), signal.reason);
      assert.equal((await index.peek({ itemsMax: 9, bytesMax: 9_000 })).value, []);
      assert.is(await index.head(), undefined);
      assert.is(await index.lease('two', 3_000), true);
    }),
  );

  test(
    'Clearing leaves those who wait waiting until the journal is applied again',
    withIndex(open, async ({ index, peer }) => {
      const journal = openTestJournal();
      const first = journal.step([registryCreated()]);
      await index.apply(first);
      const wait = peer.outcome('created-a-ann', long);
      await index.clear();
      await index.apply(first);
      await index.apply(journal.step([created('a')]));
      assert.is((await wait)?.status, 'journaled');
    }),
  );

  test(
    'Closing ends every wait, and every later call, with an error that says so',
    withIndex(open, async ({ index }) => {
      const waits = [index.outcome('id', long), index.queued(long)].map(rejection);
      await index.close();
      for (const wait of waits) await refused(wait.then(throwIt), 'PKG_E_SHUTTING_DOWN');
      await refused(index.head(), 'PKG_E_SHUTTING_DOWN');
      await refused(index.enqueue(queueItem('a')), 'PKG_E_SHUTTING_DOWN');
      await refused(index.outcome('id', long), 'PKG_E_SHUTTING_DOWN');
      await index.close();
    }),
  );

  test(
    'Who waits for the head to move is told by every step that moves it, and at once where it has moved',
    withIndex(open, async ({ index, peer }) => {
      const journal = openTestJournal();
      const waits = [index.moved(0, long), peer.moved(0, long), peer.moved(1, long)];
      assert.is(await index.moved(0, short), false);
      assert.is(await index.moved(0, { timeoutMs: 0 }), false);
      await index.apply(journal.step([created('a')]));
      assert.equal(await Promise.all(waits.slice(0, 2)), [true, true]);
      assert.is(await peer.moved(0, { timeoutMs: 0 }), true);
      assert.is(await peer.moved(1, short), false);
      await index.apply(journal.step([created('b')]));
      assert.is(await waits[2], true);
    }),
  );

  test(
    'Who waits for the head to move ends with the signal, and with the index',
    withIndex(open, async ({ index, peer }) => {
      const leaving = new AbortController();
      const left = peer.moved(5, { ...long, signal: leaving.signal }).catch((error) => error);
      leaving.abort(new Error('left'));
      assert.is((await left).message, 'left');
      const wait = index.moved(5, long);
      wait.catch(() => {});
      await index.close();
      await refused(wait, 'PKG_E_SHUTTING_DOWN');
    }),
  );

  test.run();
}

const refusal: Outcome = {
  status: 'refused',
  code: 'PKG_E_FORBIDDEN',
  message: 'a is not yours',
  data: { package: 'a' },
};

async function outcomes(index: Index, ids: string[]) {
  const found = await Promise.all(ids.map(async (id) => [id, await index.outcome(id, long)]));
  return Object.fromEntries(found);
}

function rejection(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => assert.unreachable('expected an error'),
    (reason: unknown) => reason,
  );
}

function throwIt(error: unknown): never {
  throw error;
}
