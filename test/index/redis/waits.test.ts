import * as assert from 'uvu/assert';
import type { Outcome } from '../../../src/index/port.ts';
import { openWaits, type Seen } from '../../../src/index/redis/waits.ts';
import { suite } from '../../support/suite.ts';

const test = suite('waiting on Redis');

const long = { timeoutMs: 600_000 };
const outcome: Outcome = { status: 'journaled', n: 1, at: '2026-11-22T10:00:01.000Z' };

/** Waits on a Redis whose answers the test gives one by one. */
function openAsked() {
  const asked: {
    ids: string[];
    answer: (seen: Partial<Seen>) => void;
    fail: (error: Error) => void;
  }[] = [];
  const waits = openWaits((ids) => {
    const { promise, resolve, reject } = Promise.withResolvers<Seen>();
    const answer = (seen: Partial<Seen>) =>
      resolve({ sequence: 0, item: false, outcomes: new Map(), ...seen });
    asked.push({ ids, answer, fail: reject });
    return promise;
  });
  return { asked, waits };
}

test('Redis is asked when a wait begins and when a message comes, not a timer later', async () => {
  const { asked, waits } = openAsked();
  const wait = waits.outcome('x', long);
  assert.equal(
    asked.map(({ ids }) => ids),
    [['x']],
  );
  asked[0]!.answer({});
  await settled();
  waits.heard();
  assert.equal(
    asked.map(({ ids }) => ids),
    [['x'], ['x']],
  );
  asked[1]!.answer({ outcomes: new Map([['x', outcome]]) });
  assert.equal(await wait, outcome);
});

test('A message that comes while Redis is asked is a question more, however many come', async () => {
  const { asked, waits } = openAsked();
  const wait = waits.item(long);
  asked[0]!.answer({});
  await settled();
  for (let turn = 0; turn < 5; turn += 1) waits.heard();
  assert.is(asked.length, 2);
  asked[1]!.answer({});
  await settled();
  assert.is(asked.length, 3);
  asked[2]!.answer({ item: true });
  await wait;
});

test('A message while nobody waits asks nothing', () => {
  const { asked, waits } = openAsked();
  waits.heard();
  assert.is(asked.length, 0);
});

test('What came between the question and its answer is not missed', async () => {
  const { asked, waits } = openAsked();
  const wait = waits.outcome('x', long);
  waits.heard();
  asked[1]!.answer({ outcomes: new Map([['x', outcome]]) });
  await settled();
  asked[0]!.answer({});
  assert.equal(await wait, outcome);
});

test('A wait whose first question fails ends with that error; one that stands outlasts a failed look', async () => {
  const { asked, waits } = openAsked();
  const first = waits.outcome('x', long).catch((error: unknown) => error);
  const error = new Error('away');
  asked[0]!.fail(error);
  assert.is(await first, error);
  const second = waits.outcome('y', long);
  asked[1]!.answer({});
  await settled();
  waits.heard();
  asked[2]!.fail(error);
  await settled();
  waits.heard();
  asked[3]!.answer({ outcomes: new Map([['y', outcome]]) });
  assert.equal(await second, outcome);
});

test.run();

/** Lets everything run that waits for no timer. */
function settled() {
  return new Promise((done) => setImmediate(done));
}
