import * as assert from 'uvu/assert';
import { backoffMs, type Outcome, retryAfterMs, withRetries } from '../../src/client/retry.ts';
import { suite } from '../support/suite.ts';

const policy = { tries: 5, baseMs: 0, waitTotalMs: 1_000 };
const failed = (n: number): Outcome<string> => ({ again: new Error(`failure ${n}`) });

const test = suite('client retry');

test('the first result ends the tries', async () => {
  const seen: number[] = [];
  const result = await withRetries(policy, undefined, async (index) => {
    seen.push(index);
    return index === 2 ? { done: 'yes' } : failed(index);
  });
  assert.is(result, 'yes');
  assert.equal(seen, [0, 1, 2]);
});

test('after five tries the last failure is thrown', async () => {
  let tries = 0;
  try {
    await withRetries(policy, undefined, async () => failed(tries++));
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'failure 4');
  }
  assert.is(tries, 5);
});

test('a wait that passes the limit of all waits is not begun', async () => {
  let tries = 0;
  try {
    await withRetries(policy, undefined, async () => {
      tries += 1;
      return { again: new Error('later'), retryAfterMs: 1_001 };
    });
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'later');
  }
  assert.is(tries, 1);
});

test('a signal ends a wait with its reason', async () => {
  const reason = new Error('enough');
  const controller = new AbortController();
  try {
    await withRetries({ ...policy, waitTotalMs: 1e9 }, controller.signal, async () => {
      queueMicrotask(() => controller.abort(reason));
      return { again: new Error('later'), retryAfterMs: 1e8 };
    });
    assert.unreachable();
  } catch (error) {
    assert.is(error, reason);
  }
});

test('an error thrown by a try is not repeated', async () => {
  let tries = 0;
  try {
    await withRetries(policy, undefined, async () => {
      tries += 1;
      throw new Error('final');
    });
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'final');
  }
  assert.is(tries, 1);
});

test('waits double from 250 ms within a tenth', () => {
  for (let index = 0; index < 5; index += 1) {
    const exact = 250 * 2 ** index;
    for (let n = 0; n < 100; n += 1) {
      const ms = backoffMs({ ...policy, baseMs: 250 }, index);
      assert.ok(ms >= exact * 0.9 && ms <= exact * 1.1, `${ms} after try ${index}`);
    }
  }
});

test('Retry-After is read in both of its forms', () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  const rows: [string | undefined, number | undefined][] = [
    ['0', 0],
    ['7', 7_000],
    ['Fri, 02 Jan 2026 03:04:15 GMT', 10_000],
    ['Fri, 02 Jan 2026 03:04:00 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
  ];
  for (const [header, ms] of rows) assert.is(retryAfterMs(header, now), ms, String(header));
});

test.run();
