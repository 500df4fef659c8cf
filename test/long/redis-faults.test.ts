// Redis filled, failed over and slowed under 200 requests a second. TEST_SEED gives the instants of a run again.
import * as assert from 'uvu/assert';
import { missingParts } from '../deployed/faults/deployment.ts';
import { redisFaultNames, runRedisFaults } from '../deployed/faults/redis-faults.ts';
import { reportText } from '../deployed/faults/scenario.ts';
import { shareOf } from '../support/long-share.ts';
import { seedOfRun } from '../support/seeded-random.ts';
import { suite } from '../support/suite.ts';

const timeoutMs = 19 * 60_000;
const scale = {
  instants: shareOf(4),
  publishesPerSecond: 5,
  readsPerSecond: shareOf(200, 60),
  calmMs: [200, shareOf(4_000, 600)] as [number, number],
  badMs: shareOf(12_000, 2_700),
  // A publish waits 60 s for the writer, a read two seconds for an index and longer for a storage.
  answerMsMax: 90_000,
  readMsMax: 20_000,
  exactAlways: true,
};
const test = suite('Redis under faults', { timeoutMs });
const missing = await missingParts();
if (missing !== undefined) console.log(`skipped: ${missing}`);
const tried = missing === undefined ? test : test.skip;

tried('exact fetches go on, no answer is wrong, and full service comes back', async () => {
  const report = await runRedisFaults(redisFaultNames, scale, seedOfRun('redis-faults'));
  if ('missing' in report) throw new Error(report.missing);
  console.log(reportText(report));
  assert.equal(report.findings, []);
});

test.run();
