// A registry whose storage allow-lists types makes its manifests by profile 2: the command follows.
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = { cli: CliHome; server: ServerProcess; remove(): Promise<void> };
const test = suite<Rig>('cli with a registry of profile 2');

test.before(async (rig) => {
  const temporary = await temporaryFolder();
  rig.remove = temporary.remove;
  rig.server = await startServer(temporary.path, { VITTE_REGISTRY_STORAGE_PROFILE: '2' });
  rig.cli = await makeCliHome();
});
test.after(async (rig) => {
  await rig.server.stop();
  await rig.cli.remove();
  await rig.remove();
});

test('what is signed is the manifest that the registry makes, at publish, at fetch and without it', async (rig) => {
  const said = runnerOf(rig);
  await said('key generate -o dev.json');
  await said('package init demo --lib');
  const published = await said('registry publish demo --key dev.json');
  const [, digest] = /^published demo@0\.1\.0 (sha256:[0-9a-f]{64})$/m.exec(published) ?? [];
  assert.ok(digest, published);
  assert.match(await said('registry fetch demo --bundle'), /^signed /m);
  const online = await said('package verify demo@0.1.0 --json');
  const offline = await said('package verify demo-0.1.0.vitmod --json', {
    VITTE_REGISTRY: 'http://127.0.0.1:1',
  });
  for (const text of [online, offline]) {
    const verdict = JSON.parse(text) as { digest: string; signed: boolean };
    assert.equal([verdict.digest, verdict.signed], [digest, true]);
  }
});

test('a version is packed and signed for such a registry without asking it', async (rig) => {
  const said = runnerOf(rig);
  await said('key generate -o other.json');
  await said('package init ahead --lib');
  const pack = async (more = '') => {
    const text = await said(`package pack --path ahead ${more} --json`);
    return (JSON.parse(text) as { digest: string }).digest;
  };
  const [first, second] = [await pack('--profile 1'), await pack('--profile 2')];
  assert.is(await pack(), first);
  assert.is.not(first, second);
  await said('key sign ahead-0.1.0.vitmod --version-manifest --key other.json --profile 2');
  const file = 'ahead-0.1.0.vitmod';
  const published = await said(`registry publish ${file} --signature ${file}.bundle`);
  assert.match(published, `published ahead@0.1.0 ${second}`);
});

/** Runs a command that must succeed, and gives what it printed. */
function runnerOf({ cli, server }: Rig) {
  return async (line: string, env: Record<string, string> = {}) => {
    const home = { VITTE_HOME: join(server.home), VITTE_REGISTRY: server.url };
    const { code, stdout, stderr } = await cli.run(line.split(' ').filter(Boolean), {
      env: { ...home, ...env },
    });
    assert.is(code, 0, `${line}: ${stderr}`);
    return stdout;
  };
}

test.run();
