// The OCI client against a faulty network, at full length.
import * as assert from 'uvu/assert';
import { dockerRegistryMissing } from '../support/docker-registry.ts';
import { shareOf } from '../support/long-share.ts';
import { ociFaultsText, runOciFaults } from '../support/oci-faults.ts';
import { seedOfRun } from '../support/seeded-random.ts';
import { suite } from '../support/suite.ts';

const test = suite('the OCI client behind a faulty proxy', { timeoutMs: 15 * 60_000 });
const missing = await dockerRegistryMissing();
if (missing !== undefined) console.log(`skipped: ${missing}`);
const tried = missing === undefined ? test : test.skip;

tried(
  'operations end in success or a coded error, and nothing wrong is stored or given',
  async () => {
    const run = await runOciFaults(shareOf(2_000), seedOfRun('OCI faults'));
    if ('missing' in run) throw new Error(run.missing);
    console.log(ociFaultsText(run));
    assert.equal(run.findings, []);
  },
);

test.run();
