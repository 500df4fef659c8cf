// Faults of the deployed form and of its container registry, each once, under load. `test/long` has the full counts.
import * as assert from 'uvu/assert';
import { missingParts } from '../deployed/faults/deployment.ts';
import { faultNames, reportText, runFaults } from '../deployed/faults/faults.ts';
import { faultyText, runFaultyRegistry } from '../deployed/faults/faulty-registry.ts';
import { seedOfRun } from '../support/seeded-random.ts';
import { suite } from '../support/suite.ts';

const timeoutMs = 4 * 60_000;
const scale = {
  instants: 1,
  publishesPerSecond: 20,
  readsPerSecond: 60,
  calmMs: [500, 2_000] as [number, number],
  redisAwayMs: 4_000,
  writerStopMs: 8_000,
  answerMsMax: 75_000,
};
const test = suite('faults of the deployed form', { timeoutMs });
const missing = await missingParts();
if (missing !== undefined) console.log(`skipped: ${missing}`);
const tried = missing === undefined ? test : test.skip;

tried('nothing that was answered is lost, and full service comes back', async () => {
  const report = await runFaults(faultNames, scale, seedOfRun('faults'));
  if ('missing' in report) throw new Error(report.missing);
  console.log(reportText(report));
  assert.equal(report.findings, []);
});

tried(
  '150 publishes and fetches through a faulty registry end in success or a coded error',
  async () => {
    const scale = { publishes: 150, fetches: 150, perSecond: 20 };
    const run = await runFaultyRegistry(scale, seedOfRun('faulty registry'));
    if ('missing' in run) throw new Error(run.missing);
    console.log(faultyText(run));
    assert.equal(run.findings, []);
  },
);

test.run();
