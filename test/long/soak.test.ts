// A deployed registry under an even load for twenty minutes: nothing is lost, and what its replicas hold is told.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { missingParts, startDeployment } from '../deployed/faults/deployment.ts';
import { auditChain, auditReplica } from '../support/answer-audit.ts';
import { createAnswerChecker } from '../support/answer-checker.ts';
import { startLoad } from '../support/load.ts';
import { shareOf } from '../support/long-share.ts';
import { seedOfRun } from '../support/seeded-random.ts';
import { suite } from '../support/suite.ts';

const lastMs = shareOf(20 * 60_000);
const looksMax = 10;
const test = suite('a soak', { timeoutMs: lastMs + 5 * 60_000 });
const missing = await missingParts();
if (missing !== undefined) console.log(`skipped: ${missing}`);
const tried = missing === undefined ? test : test.skip;

tried('nothing is lost or refused', async () => {
  const deployment = await startDeployment();
  if ('missing' in deployment) throw new Error(deployment.missing);
  const { replicas, token, storage } = deployment;
  const checker = createAnswerChecker();
  const rates = { publishesPerSecond: 5, readsPerSecond: 50, answerMsMax: 30_000 };
  const load = startLoad({ targets: replicas, token, checker, seed: seedOfRun('soak'), ...rates });
  try {
    for (let look = 0; look < looksMax; look += 1) {
      await delay(lastMs / looksMax);
      const held = await Promise.all(replicas.map(({ pid }) => residentMegabytes(pid)));
      console.log(`  ${checker.published.size} versions, replicas at ${held.join(' and ')} MB`);
    }
    await load.stop();
    const [feed = [], other] = await Promise.all(
      replicas.map(({ url }) => auditReplica(url, checker)),
    );
    assert.equal(other, feed);
    await auditChain(storage, feed, checker);
    const failed = [...load.tally].filter(([what]) => /(?:50\d|broken|timed out)/.test(what));
    assert.equal(failed, []);
    assert.equal(checker.findings, []);
  } finally {
    await load.stop();
    await load.close();
    await deployment.stop();
  }
});

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

test.run();
