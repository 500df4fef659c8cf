import * as assert from 'uvu/assert';
import { checkAgreement } from '../resolve/agreement.ts';
import { checkModes } from '../resolve/mode-agreement.ts';
import { shareOf } from '../support/long-share.ts';
import { seedOfRun } from '../support/seeded-random.ts';
import { suite } from '../support/suite.ts';

const test = suite('solver and brute force, at length', { timeoutMs: 15 * 60_000 });

const graphs = shareOf(10_000);

test('On random graphs both find the same best versions, and every explanation is so', async () => {
  const first = seedOfRun('graphs');
  const counts = { solvable: 0, unsolvable: 0 };
  for (let seed = first; seed < first + graphs; seed += 1) counts[await checkAgreement(seed)] += 1;
  assert.is(counts.solvable + counts.unsolvable, graphs);
});

test('So they do on as many with features, optional dependencies and several versions of a name', async () => {
  const first = seedOfRun('graphs with features');
  const counts = { solvable: 0, unsolvable: 0 };
  for (let seed = first; seed < first + graphs; seed += 1) counts[await checkModes(seed)] += 1;
  assert.is(counts.solvable + counts.unsolvable, graphs);
});

test.run();
