import { createPublicKey, verify } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readKeyFile } from '../../src/signing/key-file.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ cli: CliHome }>('cli key');

test.before.each(async (context) => {
  context.cli = await makeCliHome();
});
test.after.each(({ cli }) => cli.remove());

test('generate writes a key of its own that only its user reads, and never replaces one', async ({
  cli,
}) => {
  const args = ['key', 'generate', '--algo', 'ed25519', '--output', 'dev.json'];
  const { code, stdout } = await cli.run([...args, '--json']);
  assert.is(code, 0);
  const file = join(cli.folder, 'dev.json');
  const { kid, ...document } = JSON.parse(stdout);
  assert.equal(
    [document.schema, document.algo, document.file, document.encrypted],
    ['vitte.key.generate', 'ed25519', file, false],
  );
  assert.is((await readKeyFile(file)).key.kid, kid);
  assert.is((await stat(file)).mode & 0o777, 0o600);
  const before = await readFile(file, 'utf8');
  assert.not.match(stdout, JSON.parse(before).secret);
  const again = await cli.run(args);
  assert.is(again.code, 1);
  assert.ok(again.stderr.startsWith('error[PKG_E_ALREADY_EXISTS] key: '), again.stderr);
  assert.is(await readFile(file, 'utf8'), before);
});

test('generate without --output keeps the key in VITTE_HOME', async ({ cli }) => {
  const { code, stdout } = await cli.run(['key', 'generate']);
  assert.is(code, 0);
  const file = join(cli.home, 'keys/dev.json');
  const { key } = await readKeyFile(file);
  assert.is(stdout, `${key.kid}\t${file}\n`);
  assert.is((await stat(join(cli.home, 'keys'))).mode & 0o777, 0o700);
});

test('export gives the public key in each form, and the secret one only when asked', async ({
  cli,
}) => {
  await cli.run(['key', 'generate', '--output', 'dev.json']);
  const { key } = await readKeyFile(join(cli.folder, 'dev.json'));
  const exported = async (...args: string[]) =>
    (await cli.run(['key', 'export', '--key', 'dev.json', ...args])).bytes;
  const pem = await exported();
  assert.equal(pem, await exported('--format', 'pem'));
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  assert.ok((await exported('--format', 'der')).equals(spki));
  assert.match((await exported('--format', 'openssh')).toString(), /^ssh-ed25519 /);
  assert.match(
    (await exported('--format', 'base58')).toString(),
    /^[1-9A-HJ-NP-Za-km-z]{43,44}\n$/,
  );
  assert.match((await exported('--secret')).toString(), '-----BEGIN PRIVATE KEY-----');

  await cli.run(['key', 'export', '--key', 'dev.json', '--secret', '--output', 'dev.pem']);
  assert.is((await stat(join(cli.folder, 'dev.pem'))).mode & 0o777, 0o600);
  const again = await readKeyFile(join(cli.folder, 'dev.pem'));
  assert.is(again.key.kid, key.kid);
  const json = JSON.parse((await exported('--json', '--format', 'der')).toString());
  assert.equal(
    [json.schema, json.kid, json.base64],
    ['vitte.key.export', key.kid, spki.toString('base64')],
  );
});

test('binary output is not written to a terminal', async ({ cli }) => {
  await cli.run(['key', 'generate', '--output', 'dev.json']);
  const args = ['key', 'export', '--key', 'dev.json', '--format', 'der'];
  const { code, stdout } = await cli.runOnTerminal(args);
  assert.is(code, 2);
  assert.match(stdout, 'PKG_E_COMMAND');
});

test('a file that was signed verifies; changed, or by another key, the answer is no', async ({
  cli,
}) => {
  await writeFile(join(cli.folder, 'notes.txt'), 'hello');
  await cli.run(['key', 'generate', '--output', 'dev.json']);
  await cli.run(['key', 'generate', '--output', 'other.json']);
  await cli.run(['key', 'export', '--key', 'dev.json', '--output', 'dev.pub']);
  const { kid } = (await readKeyFile(join(cli.folder, 'dev.json'))).key;
  const signed = await cli.run(['key', 'sign', 'notes.txt', '--key', 'dev.json']);
  assert.equal([signed.code, signed.stdout], [0, 'notes.txt.sig\n']);

  const verifyBy = (...args: string[]) => cli.run(['key', 'verify', 'notes.txt', ...args]);
  for (const args of [
    [],
    ['--sig', 'notes.txt.sig'],
    ['--key', 'dev.json'],
    ['--key', 'dev.pub'],
  ]) {
    const { code, stdout, stderr } = await verifyBy(...args);
    assert.equal([code, stdout], [0, `signed ${kid}\n`], stderr);
    assert.is(stderr === '', args.includes('--key'), stderr);
  }
  const other = await verifyBy('--key', 'other.json');
  assert.is(other.code, 1);
  assert.ok(other.stderr.startsWith('error[PKG_E_SIGNATURE_INVALID] key: '), other.stderr);
  await writeFile(join(cli.folder, 'notes.txt'), 'hullo');
  assert.is((await verifyBy('--key', 'dev.json')).code, 1);
  assert.is((await verifyBy('--sig', 'nowhere.sig')).code, 1);
  await writeFile(join(cli.folder, 'notes.txt.sig'), '{}');
  const unsound = await verifyBy();
  assert.ok(unsound.stderr.startsWith('error[PKG_E_SIGNATURE_FORMAT] key: '), unsound.stderr);
});

test('an encrypted key opens by its passphrase from a file or the environment', async ({ cli }) => {
  await writeFile(join(cli.folder, 'pass'), 'correct horse\n');
  await writeFile(join(cli.folder, 'notes.txt'), 'hello');
  const args = ['key', 'generate', '--output', 'dev.json', '--passphrase-file', 'pass'];
  const made = await cli.run([...args, '--json']);
  assert.is(JSON.parse(made.stdout).encrypted, true);
  assert.not.match(await readFile(join(cli.folder, 'dev.json'), 'utf8'), '"secret"');
  const sign = ['key', 'sign', 'notes.txt', '--key', 'dev.json'];
  const rows: [string[], Record<string, string>, number][] = [
    [[...sign, '--passphrase-file', 'pass'], {}, 0],
    [sign, { VITTE_KEY_PASSPHRASE: 'correct horse' }, 0],
    [sign, { VITTE_KEY_PASSPHRASE: 'wrong' }, 1],
    [sign, {}, 1],
    [[...sign, '--passphrase-file', 'nowhere'], {}, 1],
  ];
  for (const [command, env, expected] of rows) {
    const { code, stderr } = await cli.run(command, { env });
    assert.is(code, expected, stderr);
  }
});

test('a secret key that others may read is used with a warning', async ({ cli }) => {
  await writeFile(join(cli.folder, 'notes.txt'), 'hello');
  await cli.run(['key', 'generate', '--output', 'dev.json']);
  await chmod(join(cli.folder, 'dev.json'), 0o644);
  const { code, stderr } = await cli.run(['key', 'sign', 'notes.txt', '--key', 'dev.json']);
  assert.is(code, 0);
  assert.match(stderr, 'chmod 600');
});

test('signing a version writes a bundle file, and signing again the same bytes', async ({
  cli,
}) => {
  await cli.run(['key', 'generate', '--output', 'dev.json']);
  await cli.run(['package', 'init', 'demo']);
  await cli.run(['package', 'pack', '--path', 'demo']);
  const args = ['key', 'sign', 'demo-0.1.0.vitmod', '--version-manifest', '--key', 'dev.json'];
  const { code, stdout } = await cli.run([...args, '--json']);
  assert.is(code, 0);
  const { schema, signature, digest } = JSON.parse(stdout);
  assert.equal(
    [schema, signature],
    ['vitte.key.sign', join(cli.folder, 'demo-0.1.0.vitmod.bundle')],
  );
  assert.match(digest, /^sha256:/);
  const bytes = await readFile(signature);
  await cli.run([...args, '--output', 'again.bundle']);
  assert.ok((await readFile(join(cli.folder, 'again.bundle'))).equals(bytes));
  const offline = await cli.run([
    'package',
    'verify',
    'demo-0.1.0.vitmod',
    '--registry',
    'http://127.0.0.1:9',
  ]);
  assert.is(offline.code, 0, offline.stderr);
  const verdict = JSON.parse(offline.stdout);
  assert.is(verdict.digest, digest);
  assert.is(verdict.signatures_from, signature);
});

test('a key file that is none is refused by its code, and nothing is written', async ({ cli }) => {
  await writeFile(join(cli.folder, 'bad.json'), '{"schema":"vitte.key.v1"}');
  await writeFile(join(cli.folder, 'notes.txt'), 'hello');
  const { code, stderr } = await cli.run(['key', 'sign', 'notes.txt', '--key', 'bad.json']);
  assert.is(code, 1);
  assert.ok(stderr.startsWith('error[PKG_E_KEY_FORMAT] key: '), stderr);
  assert.equal((await readdir(cli.folder)).sort(), ['.vitte-home', 'bad.json', 'notes.txt']);
});

test("the platform's own crypto reads an exported key and verifies what it signed", async ({
  cli,
}) => {
  await writeFile(join(cli.folder, 'notes.txt'), 'hello');
  await cli.run(['key', 'generate', '--output', 'dev.json']);
  await cli.run(['key', 'sign', 'notes.txt', '--key', 'dev.json']);
  const { stdout: pem } = await cli.run(['key', 'export', '--key', 'dev.json']);
  const bundle = JSON.parse(await readFile(join(cli.folder, 'notes.txt.sig'), 'utf8'));
  const signature = Buffer.from(bundle.messageSignature.signature, 'base64');
  assert.ok(verify(null, Buffer.from('hello'), createPublicKey(pem), signature));
});

test.run();
