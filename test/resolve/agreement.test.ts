import * as assert from 'uvu/assert';
import { seedOfRun } from '../support/seeded-random.ts';
import { suite } from '../support/suite.ts';
import { checkAgreement } from './agreement.ts';

const test = suite('solver and brute force');

/** test/long goes through 10,000 more. */
const graphs = 1_500;

test('On random graphs both find the same best versions, and every sentence of an explanation is so', async () => {
  const first = seedOfRun('graphs');
  const counts = { solvable: 0, unsolvable: 0 };
  for (let seed = first; seed < first + graphs; seed += 1) counts[await checkAgreement(seed)] += 1;
  assert.ok(counts.solvable > graphs / 5, `${counts.solvable} solvable`);
  assert.ok(counts.unsolvable > graphs / 5, `${counts.unsolvable} unsolvable`);
});

test.run();
