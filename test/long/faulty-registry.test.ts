// Publishes and fetches on a container registry that resets, stalls, refuses and truncates.
import * as assert from 'uvu/assert';
import { missingParts } from '../deployed/faults/deployment.ts';
import { faultyText, runFaultyRegistry } from '../deployed/faults/faulty-registry.ts';
import { shareOf } from '../support/long-share.ts';
import { seedOfRun } from '../support/seeded-random.ts';
import { suite } from '../support/suite.ts';

const test = suite('a faulty container registry', { timeoutMs: 19 * 60_000 });
const missing = await missingParts();
if (missing !== undefined) console.log(`skipped: ${missing}`);
const tried = missing === undefined ? test : test.skip;

tried('publishes and fetches end in success or a coded error, and none is lost', async () => {
  const scale = { publishes: shareOf(2_000), fetches: shareOf(2_000), perSecond: 20 };
  const run = await runFaultyRegistry(scale, seedOfRun('faulty registry'));
  if ('missing' in run) throw new Error(run.missing);
  console.log(faultyText(run));
  assert.equal(run.findings, []);
});

test.run();
