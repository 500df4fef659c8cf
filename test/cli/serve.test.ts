import type { ChildProcess } from 'node:child_process';
import * as assert from 'uvu/assert';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ cli: CliHome }>('cli serve');

test.before.each(async (context) => {
  context.cli = await makeCliHome();
});
test.after.each(({ cli }) => cli.remove());

const settings = ['--data', 'store', '--log-level', 'error'];

test('serve leaves its first token for the next command, and stops at Ctrl-C with 0', async ({
  cli,
}) => {
  const { server, url, ended } = await startServer(cli);
  const env = { VITTE_REGISTRY: url };
  assert.is((await cli.run(['registry', 'whoami'], { env })).stdout, 'admin\tadmin\n');
  await cli.run(['package', 'init', 'demo']);
  assert.is((await cli.run(['registry', 'publish', 'demo'], { env })).code, 0);
  const second = await cli.run(['registry', 'serve', '--listen', '127.0.0.1:0', ...settings]);
  assert.is(second.code, 5);
  assert.ok(second.stderr.startsWith('error[PKG_E_STORE_LOCKED] registry: '), second.stderr);
  const rebuild = await cli.run(['registry', 'rebuild', ...settings]);
  assert.is(rebuild.code, 5);
  server.kill('SIGINT');
  assert.is(await ended, 0);

  const rebuilt = await cli.run(['registry', 'rebuild', ...settings, '--json']);
  assert.is(rebuilt.code, 0, rebuilt.stderr);
  const { schema, status, packages, sequence, store } = JSON.parse(rebuilt.stdout);
  assert.equal([schema, status, packages], ['vitte.registry.rebuild', 'ok', 1]);
  assert.match(store, /^[0-9a-f]{32}$/);
  const lines = await cli.run(['registry', 'rebuild', ...settings]);
  assert.is(lines.stdout, `store\t${store}\nentries\t${sequence}\npackages\t1\n`);
});

test('SIGTERM stops it with 0 as well', async ({ cli }) => {
  const { server, ended } = await startServer(cli);
  server.kill('SIGTERM');
  assert.is(await ended, 0);
});

test('a setting that is wrong stops the start with one line and exit 2', async ({ cli }) => {
  const rows: [string[], Record<string, string>, string][] = [
    [['--listen', 'nowhere'], {}, '--listen'],
    [[], { VITTE_REGISTRY_LISTEN: 'nowhere' }, 'VITTE_REGISTRY_LISTEN'],
    [[], { VITTE_REGISTRY_COLOUR: 'blue' }, 'VITTE_REGISTRY_COLOUR'],
  ];
  for (const [args, env, named] of rows) {
    const { code, stdout, stderr } = await cli.run(['registry', 'serve', ...settings, ...args], {
      env,
    });
    assert.equal([code, stdout], [2, '']);
    assert.ok(stderr.startsWith('error[PKG_E_CONFIG] registry: '), stderr);
    assert.match(stderr, named);
  }
});

test('--print-config prints the settings and stops; rebuild without a store is exit 3', async ({
  cli,
}) => {
  const printed = await cli.run(['registry', 'serve', '--print-config', '--listen', '127.0.0.1:1']);
  assert.is(printed.code, 0, printed.stderr);
  assert.match(printed.stdout, '127.0.0.1:1');
  const rebuild = await cli.run(['registry', 'rebuild', ...settings]);
  assert.is(rebuild.code, 3);
  assert.ok(rebuild.stderr.startsWith('error[PKG_E_STORE_MISSING] registry: '), rebuild.stderr);
});

test('long work shows its progress on a terminal, and --quiet keeps it away', async ({ cli }) => {
  const { server, url, ended } = await startServer(cli);
  await cli.run(['package', 'init', 'demo']);
  const env = { VITTE_REGISTRY: url, NO_COLOR: '1' };
  const shown = await cli.runOnTerminal(['registry', 'publish', 'demo'], { env });
  for (const word of ['packing ', 'sending ', '100 %']) assert.match(shown.stdout, word);
  assert.match(shown.stdout, /published demo@0\.1\.0 sha256:[0-9a-f]{64}\r\n$/);
  const quiet = await cli.runOnTerminal(['registry', 'fetch', 'demo', '-q'], { env });
  assert.is(quiet.stdout, 'fetched demo@0.1.0 demo-0.1.0.vitmod\r\nunsigned\r\n');
  server.kill('SIGTERM');
  await ended;
});

type Started = { server: ChildProcess; url: string; ended: Promise<unknown> };

function startServer(cli: CliHome): Promise<Started> {
  const server = cli.start(['registry', 'serve', '--listen', '127.0.0.1:0', ...settings]);
  const ended = new Promise((done) => server.on('close', done));
  return new Promise((done, fail) => {
    let text = '';
    const read = (piece: Buffer) => {
      text += piece;
      const [, url] = /^vitte-registry listening on (\S+)\n/m.exec(text) ?? [];
      if (url) done({ server, url, ended });
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    server.on('close', () => fail(new Error(text)));
  });
}

test.run();
