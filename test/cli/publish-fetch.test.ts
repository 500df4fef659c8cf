import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Running, serve } from '../../src/server/serve.ts';
import { readKeyFile } from '../../src/signing/key-file.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

type Context = { cli: CliHome; server: Running; kid: string };
const test = suite<Context>('cli publish and fetch');

/** A registry in this process, which leaves its first token in the home of the commands. */
test.before(async (context) => {
  const cli = await makeCliHome();
  const sink = { write: () => true };
  context.cli = cli;
  context.server = await serve({
    flags: { listen: '127.0.0.1:0', data: join(cli.folder, '.data'), 'log-level': 'silent' },
    env: { HOME: cli.folder, VITTE_HOME: cli.home },
    stdout: sink,
    stderr: sink,
  });
  const run = cli.run;
  cli.run = (args, options = {}) =>
    run(args, { ...options, env: { VITTE_REGISTRY: context.server.url, ...options.env } });
  await cli.run(['key', 'generate', '--output', 'dev.json']);
  await cli.run(['key', 'generate', '--output', 'second.json']);
  context.kid = (await readKeyFile(join(cli.folder, 'dev.json'))).key.kid;
});
test.after(async ({ cli, server }) => {
  await server.close();
  await cli.remove();
});

async function init(cli: CliHome, name: string, ...args: string[]) {
  const { code, stderr } = await cli.run(['package', 'init', name, ...args]);
  assert.is(code, 0, stderr);
}

const publishedForm = /^published (\S+)@(\S+) (sha256:[0-9a-f]{64})\n$/;

test('what was published is found, fetched and verified', async ({ cli, kid, server }) => {
  await init(cli, 'demo-lib');
  const published = await cli.run(['registry', 'publish', 'demo-lib', '--key', 'dev.json']);
  assert.is(published.code, 0, published.stderr);
  const [, name, version, digest] = publishedForm.exec(published.stdout) ?? [];
  assert.equal([name, version], ['demo-lib', '0.1.0']);

  for (const args of [['list'], ['search', 'demo'], ['list', '--namespace', 'nobody']]) {
    const { stdout } = await cli.run(['registry', ...args]);
    assert.is(stdout.includes('demo-lib\t0.1.0\t'), !args.includes('nobody'), args.join(' '));
  }
  const info = await cli.run(['registry', 'info', 'demo-lib']);
  assert.match(info.stdout, 'latest\t0.1.0\n');
  const row = info.stdout.split('\n').find((line) => line.startsWith('version\t'));
  assert.equal(row?.split('\t').slice(0, 3), ['version', '0.1.0', digest]);
  assert.is(row?.split('\t')[4], kid);
  const one = JSON.parse((await cli.run(['registry', 'info', 'demo-lib@^0.1', '--json'])).stdout);
  assert.equal(
    [one.schema, one.digest, one.document.kind],
    ['vitte.registry.info', digest, 'binary'],
  );

  const fetched = await cli.run(['registry', 'fetch', 'demo-lib@0.1.0']);
  assert.is(fetched.stdout, `fetched demo-lib@0.1.0 demo-lib-0.1.0.vitmod\nsigned ${kid}\n`);
  const verified = await cli.run(['package', 'verify', 'demo-lib-0.1.0.vitmod']);
  assert.is(verified.code, 0, verified.stderr);
  const verdict = JSON.parse(verified.stdout);
  assert.equal(
    [verdict.digest, verdict.signed, verdict.signatures, verdict.signatures_from],
    [digest, true, [{ kid }], server.url],
  );
  const remote = await cli.runOnTerminal(['package', 'verify', 'demo-lib@0.1.0'], {
    env: { VITTE_REGISTRY: server.url, NO_COLOR: '1' },
  });
  assert.match(remote.stdout, `verified demo-lib@0.1.0 ${digest}\r\nsigned ${kid}\r\n`);
  assert.not.match((await readdir(cli.folder)).join(' '), '.part');
});

test('a namespaced package has its namespace in the name of its file', async ({ cli }) => {
  await init(cli, 'vitte-math', '--namespace', 'roussov', '--lib');
  const { stdout } = await cli.run(['registry', 'publish', 'vitte-math']);
  assert.match(stdout, /^published roussov\/vitte-math@0\.1\.0 /);
  const fetched = await cli.run(['registry', 'fetch', 'roussov/vitte-math']);
  assert.is(
    fetched.stdout,
    'fetched roussov/vitte-math@0.1.0 roussov-vitte-math-0.1.0.vitmod\nunsigned\n',
  );
  const verified = await cli.run(['package', 'verify', 'roussov-vitte-math-0.1.0.vitmod']);
  assert.is(verified.code, 0);
  assert.is(JSON.parse(verified.stdout).signed, false);
});

test('the same content again is the same line, and other content is refused', async ({ cli }) => {
  await init(cli, 'again');
  const first = await cli.run(['registry', 'publish', 'again', '--key', 'dev.json']);
  const second = await cli.run(['registry', 'publish', 'again', '--key', 'dev.json']);
  assert.equal([second.code, second.stdout], [0, first.stdout]);
  assert.match(second.stderr, 'stood there already');
  await writeFile(join(cli.folder, 'again/src/main.vit'), 'proc main() -> int {\n  give 1;\n}\n');
  const third = await cli.run(['registry', 'publish', 'again', '--key', 'dev.json']);
  assert.is(third.code, 1);
  assert.ok(third.stderr.startsWith('error[PKG_E_VERSION_EXISTS] registry: '), third.stderr);
});

test('package publish answers as a document, with registry publish as the other form', async ({
  cli,
  server,
}) => {
  await init(cli, 'as-package');
  const { code, stdout, stderr } = await cli.run(['publish', '--path', 'as-package']);
  assert.is(code, 0, stderr);
  const document = JSON.parse(stdout);
  assert.equal(
    [document.schema, document.status, document.name, document.created, document.registry],
    ['vitte.package.publish', 'ok', 'as-package', true, server.url],
  );
  const again = await cli.run(['registry', 'publish', 'as-package', '--json']);
  const other = JSON.parse(again.stdout);
  assert.equal(
    [other.schema, other.created, other.digest],
    ['vitte.registry.publish', false, document.digest],
  );
});

test('several people sign: bundle files made apart are sent with the archive', async ({
  cli,
  kid,
}) => {
  await init(cli, 'by-two');
  await cli.run(['package', 'pack', '--path', 'by-two']);
  const archive = 'by-two-0.1.0.vitmod';
  for (const [key, out] of [
    ['dev.json', 'one.bundle'],
    ['second.json', 'two.bundle'],
  ] as const) {
    await cli.run(['key', 'sign', archive, '--version-manifest', '--key', key, '--output', out]);
  }
  const signatures = ['--signature', 'one.bundle', '--signature', 'two.bundle'];
  const wrong = await cli.run(['registry', 'publish', 'demo-lib', ...signatures]);
  assert.is(wrong.code, 1);
  assert.ok(wrong.stderr.startsWith('error[PKG_E_SIGNATURE_SUBJECT] registry: one.bundle: '));
  const published = await cli.run(['registry', 'publish', archive, ...signatures]);
  assert.is(published.code, 0, published.stderr);
  const fetched = await cli.run([
    'registry',
    'fetch',
    'by-two',
    '-o',
    'b.vitmod',
    '--bundle',
    '--json',
  ]);
  const { signatures: found, file, schema } = JSON.parse(fetched.stdout);
  assert.equal([schema, file], ['vitte.registry.fetch', join(cli.folder, 'b.vitmod')]);
  assert.is(found.length, 2);
  assert.ok(found.some((row: { kid: string }) => row.kid === kid));
  const verdict = await cli.run([
    'package',
    'verify',
    'b.vitmod',
    '--registry',
    'http://127.0.0.1:9',
  ]);
  assert.is(JSON.parse(verdict.stdout).signatures.length, 2);
});

test('a changed archive does not verify: exit 1, with its bundle and with the registry', async ({
  cli,
}) => {
  await init(cli, 'tampered');
  await cli.run(['registry', 'publish', 'tampered', '--key', 'dev.json']);
  await cli.run(['registry', 'fetch', 'tampered', '-o', 'good.vitmod', '--bundle']);
  await writeFile(
    join(cli.folder, 'tampered/src/main.vit'),
    'proc main() -> int {\n  give 9;\n}\n',
  );
  await cli.run(['package', 'pack', '--path', 'tampered', '-o', 'evil.vitmod']);
  const byRegistry = await cli.run(['package', 'verify', 'evil.vitmod']);
  assert.is(byRegistry.code, 1);
  assert.ok(byRegistry.stderr.startsWith('error[PKG_E_INTEGRITY] package: '), byRegistry.stderr);
  await rename(join(cli.folder, 'good.vitmod.bundle'), join(cli.folder, 'evil.vitmod.bundle'));
  const byBundle = await cli.run(['package', 'verify', 'evil.vitmod']);
  assert.is(byBundle.code, 1);
  assert.is(byBundle.stdout, '');
  const broken = await readFile(join(cli.folder, 'good.vitmod'));
  await writeFile(join(cli.folder, 'short.vitmod'), broken.subarray(0, -1));
  assert.is((await cli.run(['package', 'verify', 'short.vitmod'])).code, 1);
  assert.is((await cli.run(['package', 'verify', 'nowhere.vitmod'])).code, 1);
  assert.is((await cli.run(['package', 'verify', 'good.vitmod'])).code, 0);
});

test('an archive that nobody published verifies as unsigned, and says so', async ({ cli }) => {
  await init(cli, 'unpublished');
  await cli.run(['package', 'pack', '--path', 'unpublished']);
  const { code, stdout, stderr } = await cli.run(['package', 'verify', 'unpublished-0.1.0.vitmod']);
  assert.is(code, 0);
  const { signed, published } = JSON.parse(stdout);
  assert.equal([signed, published], [false, false]);
  assert.match(stderr, 'is not published');
});

test('fetch writes to a file, to standard output, and through what is no file', async ({ cli }) => {
  await init(cli, 'targets');
  await cli.run(['registry', 'publish', 'targets']);
  const target = join(cli.folder, 'kept.vitmod');
  await writeFile(target, 'old');
  assert.is((await cli.run(['registry', 'fetch', 'targets', '-o', 'kept.vitmod'])).code, 0);
  const bytes = await readFile(target);
  const piped = await cli.run(['registry', 'fetch', 'targets', '-o', '-']);
  assert.is(piped.code, 0, piped.stderr);
  assert.ok(piped.bytes.equals(bytes));
  assert.match(piped.stderr, 'unsigned');
  const pipe = join(cli.folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const [through, read] = await Promise.all([
    cli.run(['registry', 'fetch', 'targets', '-o', 'pipe']),
    readFile(pipe),
  ]);
  assert.is(through.code, 0, through.stderr);
  assert.ok(read.equals(bytes));
  assert.ok((await stat(pipe)).isFIFO());
  await mkdir(join(cli.folder, 'folder'));
  const folder = await cli.run(['registry', 'fetch', 'targets', '-o', 'folder']);
  assert.is(folder.code, 1);
  assert.ok(folder.stderr.startsWith('error[PKG_E_FILE] registry: '), folder.stderr);
  const nowhere = await cli.run(['registry', 'fetch', 'targets', '-o', 'no/such/folder/x']);
  assert.is(nowhere.code, 1);
});

test('what is not there is exit 3, and what nothing satisfies exit 1', async ({ cli }) => {
  await init(cli, 'versions');
  await cli.run(['registry', 'publish', 'versions']);
  const rows: [string[], number][] = [
    [['registry', 'fetch', 'nobody-made-this'], 3],
    [['registry', 'fetch', 'versions@0.2.0'], 3],
    [['registry', 'info', 'nobody/made-this'], 3],
    [['registry', 'fetch', 'versions@^0.2'], 1],
    [['registry', 'fetch', 'versions@=0.1.0', '-o', 'v1'], 0],
    [['registry', 'fetch', 'versions@v0.1.0', '-o', 'v2'], 0],
    [['registry', 'fetch', 'versions@>=0.1, <0.2', '-o', 'v3'], 0],
    [['package', 'verify', 'versions@0.2.0'], 1],
  ];
  for (const [args, expected] of rows) {
    const { code, stderr } = await cli.run(args);
    assert.is(code, expected, `${args.join(' ')}: ${stderr}`);
  }
});

test('whoami says the account behind the token; a wrong token is exit 4', async ({ cli }) => {
  assert.is((await cli.run(['registry', 'whoami'])).stdout, 'admin\tadmin\n');
  const wrong = await cli.run(['registry', 'whoami', '--token', `vit_${'A'.repeat(49)}`]);
  assert.is(wrong.code, 4);
  await init(cli, 'denied');
  const env = { VITTE_TOKEN: `vit_${'B'.repeat(49)}` };
  const { code, stderr } = await cli.run(['registry', 'publish', 'denied'], { env });
  assert.is(code, 4);
  assert.ok(stderr.startsWith('error[PKG_E_TOKEN] registry: '), stderr);
  assert.not.match(stderr, 'BBBB');
});

test('the next command asks for what the last one saw', async ({ cli, server }) => {
  const { registries } = JSON.parse(await readFile(join(cli.home, 'sequences.json'), 'utf8'));
  assert.match(registries[server.url].store, /^[0-9a-f]{32}$/);
  assert.ok(registries[server.url].sequence > 1);
});

test.run();
