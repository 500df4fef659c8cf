import { getEventListeners } from 'node:events';
import * as assert from 'uvu/assert';
import { openWaiters } from '../../src/index/waiters.ts';
import { suite } from '../support/suite.ts';

const test = suite('waiters');

test('A value wakes all who wait for its key, and nobody else', async () => {
  const waiters = openWaiters<number>();
  const waits = [
    waiters.wait('a', { timeoutMs: 60_000 }),
    waiters.wait('a', { timeoutMs: 60_000 }),
    waiters.wait('b', { timeoutMs: 5 }),
  ];
  waiters.wake('a', 1);
  assert.equal(await Promise.all(waits), [1, 1, undefined]);
});

test('A value that comes before anybody waits is not kept', async () => {
  const waiters = openWaiters<number>();
  waiters.wake('a', 1);
  assert.is(await waiters.wait('a', { timeoutMs: 5 }), undefined);
});

test('A wait longer than a timer can count does not end at once', async () => {
  const waiters = openWaiters<number>();
  const wait = waiters.wait('a', { timeoutMs: Number.MAX_SAFE_INTEGER });
  assert.is(await waiters.wait('b', { timeoutMs: 5 }), undefined);
  waiters.wake('a', 1);
  assert.is(await wait, 1);
});

test('Nothing is left at a signal once a wait has ended', async () => {
  const waiters = openWaiters<number>();
  const { signal } = new AbortController();
  const wait = waiters.wait('a', { timeoutMs: 60_000, signal });
  assert.is(getEventListeners(signal, 'abort').length, 1);
  waiters.wake('a', 1);
  await wait;
  assert.is(getEventListeners(signal, 'abort').length, 0);
});

test.run();
