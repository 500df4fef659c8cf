import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { bestOf } from '../../src/index/best.ts';
import { openSortedList } from '../../src/index/sorted-list.ts';
import { suite } from '../support/suite.ts';

const test = suite('sorted lists and best items');
const byNumber = (a: number, b: number) => a - b;
const numbers = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 120 });

test('A sorted list answers as an array that is sorted each time', () => {
  const rounds = fc.array(fc.tuple(numbers, numbers, fc.nat({ max: 200 })), { maxLength: 4 });
  fc.assert(
    fc.property(rounds, fc.nat({ max: 50 }), (steps, limit) => {
      const list = openSortedList(byNumber);
      const model = new Set<number>();
      for (const [added, deleted, cursor] of steps) {
        for (const n of added) {
          if (!model.has(n)) list.add(n);
          model.add(n);
        }
        for (const n of deleted) {
          list.delete(n);
          model.delete(n);
        }
        const sorted = [...model].sort(byNumber);
        assert.is(list.size, sorted.length);
        const behind = sorted.filter((n) => n > cursor);
        assert.equal(
          list.from((n) => n > cursor, limit),
          behind.slice(0, limit),
        );
        assert.is(
          list.countUntil((n) => n > cursor),
          sorted.length - behind.length,
        );
      }
    }),
  );
});

test('The best of many are the first of the sorted', () => {
  fc.assert(
    fc.property(numbers, fc.nat({ max: 130 }), (items, count) => {
      assert.equal(bestOf(items, count, byNumber), items.toSorted(byNumber).slice(0, count));
    }),
  );
});

test.run();
