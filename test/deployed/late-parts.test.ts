import * as assert from 'uvu/assert';
import { call, put } from '../support/rest.ts';
import { startServer } from '../support/server-process.ts';
import { packSample } from '../support/service.ts';
import { startSpoilingProxy } from '../support/spoiling-proxy.ts';
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

for (const index of ['redis', 'memory']) {
  test(`a replica started while the container registry is away, its index in ${index}, writes once it is there`, async ({
    deployed,
  }) => {
    const { folder, token, storage } = deployed;
    const before = await startSpoilingProxy(storage.origin);
    await before.close();
    const { VITTE_REGISTRY_STORAGE: url = '', ...env } = deployed.env;
    const late = await startServer(`${folder}/late-${index}`, {
      ...env,
      VITTE_REGISTRY_STORAGE: url.replace(new URL(storage.origin).host, before.host),
      ...(index === 'memory' ? { VITTE_REGISTRY_INDEX: 'memory:' } : {}),
    });
    assert.match(
      (await call(`${late.url}/readyz`)).bytes.toString(),
      /"part":"storage","ok":false/,
    );
    const packed = await packSample(folder, { name: `late-${index}`, version: '1.0.0' });
    const publish = async () => (await put({ url: late.url, token }, packed)).status;
    assert.is(await publish(), 503);
    const proxy = await startSpoilingProxy(storage.origin, Number(before.host.split(':')[1]));
    await until(async () => (await publish()) === 201);
    assert.is((await call(`${late.url}/readyz`)).status, 200);
    await late.stop();
    await proxy.close();
  });
}

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
