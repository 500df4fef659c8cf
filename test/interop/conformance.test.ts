// The conformance suite against our own /v2/. Its tables stay in the cache folder, see conformance.ts.
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { runConformance } from './conformance.ts';

type Rig = { folder: string; docker: DockerRegistry; remove(): Promise<void> };
const test = suite<Rig>('the OCI conformance suite', { timeoutMs: 25 * 60_000 });

/** As many as the best small registry has: a blob is not mounted from wherever it may lie. */
const skipsMax = 2;

test.before(async (rig) => {
  const docker = await startDockerRegistry();
  if ('missing' in docker) throw new Error(docker.missing);
  rig.docker = docker;
  const temporary = await temporaryFolder();
  rig.folder = temporary.path;
  rig.remove = temporary.remove;
});
test.after(async (rig) => {
  await rig.docker.stop();
  await rig.remove();
});

test('on the embedded store every test passes', async (rig) => {
  const { counts, folder } = await onServer(join(rig.folder, 'embedded'), {}, (server) =>
    runConformance('embedded', { ...server, strict: true }),
  );
  console.error(`conformance on the embedded store: ${JSON.stringify(counts)}, see ${folder}`);
  assert.is(counts.fail, 0);
  assert.is(counts.error, 0);
  assert.is(counts.disabled, 0);
  assert.ok(counts.skip <= skipsMax, `${counts.skip} skipped`);
  assert.ok(counts.pass > 800, `${counts.pass} passed`);
});

test('in front of docker-registry no test fails that passes there', async (rig) => {
  const direct = await runConformance('docker-registry', { host: new URL(rig.docker.origin).host });
  const env = { VITTE_REGISTRY_STORAGE: rig.docker.storage() };
  const through = await onServer(join(rig.folder, 'through'), env, (server) =>
    runConformance('through', server),
  );
  console.error(
    `conformance of docker-registry: ${JSON.stringify(direct.counts)}, through our /v2/: ${JSON.stringify(through.counts)}, see ${through.folder}`,
  );
  assert.ok(direct.counts.pass > 500, `${direct.counts.pass} passed there`);
  assert.is(through.counts.error, 0);
  const worse = [...direct.outcomes].filter(([name, outcomes]) => {
    const ours = through.outcomes.get(name) ?? [];
    const passes = outcomes.every((outcome) => outcome === 'passed');
    return passes && (ours.length === 0 || ours.some((outcome) => outcome !== 'passed'));
  });
  assert.equal(worse, []);
});

async function onServer<T>(
  folder: string,
  env: Record<string, string>,
  work: (server: { host: string; token: string }) => Promise<T>,
): Promise<T> {
  const server: ServerProcess = await startServer(folder, env);
  try {
    return await work({ host: new URL(server.url).host, token: server.token });
  } finally {
    await server.stop();
  }
}

test.run();
