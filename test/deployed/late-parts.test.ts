import * as assert from 'uvu/assert';
import { call } from '../support/rest.ts';
import { startServer } from '../support/server-process.ts';
import { until } from '../support/until.ts';
import { partsSuite } from './parts-suite.ts';
import { type Deployed, deploy } from './rig.ts';
import { runCommand } from './run-command.ts';

const test = await partsSuite<{ deployed: Deployed }>('parts that come late', {
  timeoutMs: 90_000,
});

test.before(async (rig) => {
  rig.deployed = await deploy(1);
});
test.after((rig) => rig.deployed.end());

test('a replica started while Redis is away says so, and serves once it is there', async ({
  deployed,
}) => {
  await deployed.redis.kill();
  const late = await deployed.startReplica('late');
  deployed.replicas.push(late);
  const ready = await call(`${late.url}/readyz`);
  assert.is(ready.status, 503);
  assert.match(ready.bytes.toString(), /"part":"index","ok":false/);
  assert.is((await call(`${late.url}/api/v1/registry`)).json().code, 'PKG_E_INDEX_UNAVAILABLE');
  await deployed.redis.start();
  await until(async () => (await call(`${late.url}/api/v1/registry`)).status === 200);
  assert.is((await call(`${late.url}/readyz`)).status, 200);
});

test('a server with its index in memory stops once another writes to its storage', async ({
  deployed,
}) => {
  const env: Record<string, string> = { ...deployed.env, VITTE_REGISTRY_INDEX: 'memory:' };
  env.VITTE_REGISTRY_STORAGE = deployed.storage.storage();
  const first = await startServer(`${deployed.folder}/memory-1`, env);
  const second = await startServer(`${deployed.folder}/memory-2`, env);
  const words = ['registry', 'token', 'create', '--local', '--role', 'admin'];
  await runCommand(words, { ...env, VITTE_REGISTRY_LOG_LEVEL: 'error' });
  for (const server of [first, second]) assert.is(await server.ended, 5);
  assert.match(first.output(), /PKG_E_JOURNAL_TERM.*another process writes/);
});

test.run();
