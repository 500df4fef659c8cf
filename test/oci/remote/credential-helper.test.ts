import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import * as assert from 'uvu/assert';
import { askCredentialHelper } from '../../../src/oci/remote/credential-helper.ts';
import { dockerCredentials } from '../../../src/oci/remote/docker-config.ts';
import { rejectsWith } from '../../contract/oci-support.ts';
import { inFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';

const test = suite('programs that keep credentials');

const host = 'registry.example:5000';
const limits = { timeoutMs: 20_000, outputBytesMax: 1000 };
const path = process.env.PATH;

/** Runs a test with `docker-credential-test` on PATH, a shell script with these lines. */
function withHelper(script: string, work: (folder: string) => Promise<void>) {
  return () =>
    inFolder(async (folder) => {
      const program = join(folder, 'docker-credential-test');
      await writeFile(program, `#!/bin/sh\n${script}\n`);
      await chmod(program, 0o755);
      process.env.PATH = `${folder}${delimiter}${path}`;
      try {
        await work(folder);
      } finally {
        process.env.PATH = path;
      }
    });
}

const ask = (bounds = limits) => askCredentialHelper('test', host, bounds);
const printing = (username: string, secret: string) =>
  `echo '${JSON.stringify({ ServerURL: host, Username: username, Secret: secret })}'`;

test(
  'a helper is run with `get`, and told the server on its standard input',
  withHelper(`read server; echo "{\\"Username\\":\\"$1\\",\\"Secret\\":\\"$server\\"}"`, async () =>
    assert.equal(await ask(), { username: 'get', password: host }),
  ),
);

test(
  'the user name <token> means that the secret is an identity token',
  withHelper(printing('<token>', 'refresh'), async () =>
    assert.equal(await ask(), { identityToken: 'refresh' }),
  ),
);

test(
  'a helper that does not know the server leaves us anonymous',
  withHelper('echo credentials not found in native keychain; exit 1', async () =>
    assert.is(await ask(), undefined),
  ),
);

test(
  'an empty secret is none',
  withHelper(printing('', ''), async () => assert.is(await ask(), undefined)),
);

for (const [what, script] of [
  ['fails', 'echo geheim; exit 3'],
  ['prints no JSON', 'echo geheim'],
  ['prints a list', 'echo [\\"geheim\\"]'],
  ['prints no secret', 'echo "{\\"Username\\":\\"geheim\\"}"'],
  ['prints without end', 'while :; do echo geheimgeheimgeheimgeheimgeheim; done'],
] as const) {
  test(
    `a helper that ${what} is PKG_E_STORAGE_UNAVAILABLE, and nothing of what it printed is told`,
    withHelper(script, async () => {
      const error = await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', ask());
      assert.match(error.message, 'docker-credential-test');
      assert.not.match(`${error.stack} ${error.cause}`, /geheim/);
      if (what === 'prints without end') assert.match(error.message, '1000 bytes');
    }),
  );
}

test(
  'a helper that takes too long is ended, though what it started holds its output open',
  withHelper('sleep 30', async () => {
    const asking = ask({ ...limits, timeoutMs: 50 });
    const error = await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', asking);
    assert.match(error.message, '50 ms');
  }),
);

test('a helper that is not installed, or whose name is a path, is PKG_E_CONFIG', async () => {
  const error = await rejectsWith('PKG_E_CONFIG', askCredentialHelper('missing-one', host));
  assert.match(error.message, 'docker-credential-missing-one');
  for (const name of ['../test', '/bin/sh', '', 'a b', '-x']) {
    const refused = await rejectsWith('PKG_E_CONFIG', askCredentialHelper(name, host));
    assert.match(refused.message, 'has the name');
  }
});

test(
  'a configuration runs the helper that it names',
  withHelper(printing('me', 'secret'), async (folder) => {
    const config = join(folder, 'config.json');
    await writeFile(config, JSON.stringify({ credHelpers: { [host]: 'test' } }));
    assert.equal(await dockerCredentials(config)(host), { username: 'me', password: 'secret' });
  }),
);

test.run();
