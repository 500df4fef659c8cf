import * as assert from 'uvu/assert';
import { resolverBounds } from '../../src/server/resolver-bounds.ts';
import { suite } from '../support/suite.ts';

const test = suite('what the threads that resolve may use');
const mib = 1024 * 1024;

test('all of them together stay within half of the memory, and one processor is left', () => {
  const rows: [memoryMib: number, processors: number, workers: number, each: number][] = [
    [512, 1, 1, 128],
    [512, 2, 1, 128],
    [2_048, 4, 3, 170],
    [64 * 1024, 2, 1, 1024],
    [64 * 1024, 64, 4, 1024],
    [128, 2, 1, 32],
    [512, 8, 4, 32],
    [256, 8, 2, 32],
    [128, 8, 1, 32],
  ];
  for (const [memory, processors, workers, each] of rows) {
    const bounds = resolverBounds(memory * mib, processors);
    assert.equal([bounds.workersMax, bounds.memoryMib], [workers, each], `${memory} ${processors}`);
    const words = bounds.limits?.wordsMax ?? 0;
    assert.ok(words > 0 && workers * (each * mib + words * 4) <= (memory * mib) / 2);
  }
});

test('without anything said they are those of this machine', () => {
  const { workersMax = 0, memoryMib = 0 } = resolverBounds();
  assert.ok(workersMax >= 1 && memoryMib >= 64);
});

test.run();
