// The writer of the deployed form, stopped for a minute in the middle of its work, at ten instants.
import * as assert from 'uvu/assert';
import { missingParts } from '../deployed/faults/deployment.ts';
import { runFaults } from '../deployed/faults/faults.ts';
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
  redisAwayMs: 0,
  writerStopMs: shareOf(60_000, 10_000),
  answerMsMax: 150_000,
};
const test = suite('the writer stopped for a minute', { timeoutMs });
const missing = await missingParts();
if (missing !== undefined) console.log(`skipped: ${missing}`);
const tried = missing === undefined ? test : test.skip;

tried('another replica writes on, and nothing that was answered is lost', async () => {
  const report = await runFaults(['the writer stopped and continued'], scale, seedOfRun('writer'));
  if ('missing' in report) throw new Error(report.missing);
  console.log(reportText(report));
  assert.equal(report.findings, []);
});

test.run();
