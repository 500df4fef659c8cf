// The faults of the deployed form, ten instants each. TEST_SEED gives the instants of a run again.
import * as assert from 'uvu/assert';
import { missingParts } from '../deployed/faults/deployment.ts';
import { type FaultName, faultNames, runFaults } from '../deployed/faults/faults.ts';
import { reportText } from '../deployed/faults/scenario.ts';
import { shareOf } from '../support/long-share.ts';
import { seedOfRun } from '../support/seeded-random.ts';
import { suite } from '../support/suite.ts';

const timeoutMs = 19 * 60_000;
const scale = {
  instants: shareOf(10),
  publishesPerSecond: shareOf(50, 15),
  readsPerSecond: shareOf(200, 60),
  calmMs: [1_000, 5_000] as [number, number],
  redisAwayMs: 10_000,
  writerStopMs: 60_000,
  answerMsMax: 150_000,
};
/** Ten stops of a minute are a file of their own: `deployed-writer.test.ts`. */
const apart: FaultName = 'the writer stopped and continued';
const test = suite('ten instants of each fault of the deployed form', { timeoutMs });
const missing = await missingParts();
if (missing !== undefined) console.log(`skipped: ${missing}`);
const tried = missing === undefined ? test : test.skip;
const seed = seedOfRun('faults');

for (const name of faultNames.filter((name) => name !== apart)) {
  tried(`nothing that was answered is lost: ${name}`, async () => {
    const report = await runFaults([name], scale, seed);
    if ('missing' in report) throw new Error(report.missing);
    console.log(reportText(report));
    assert.equal(report.findings, []);
  });
}

test.run();
