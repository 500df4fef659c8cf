import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readToken } from '../../src/client/credentials.ts';
import { parseRegistryUrl } from '../../src/client/registry-url.ts';
import { type Running, serve } from '../../src/server/serve.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { put } from '../support/rest.ts';
import { packSample } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Context = { cli: CliHome; server: Running };
const test = suite<Context>('cli: changing a package');

/** A registry with base, middle (which depends on base) and top (which depends on middle). */
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
  await publish(context, 'base', {});
  await publish(context, 'middle', { base: '^0.1.0' });
  await publish(context, 'top', { middle: '>=0.1, <2' });
});
test.after(async ({ cli, server }) => {
  await server.close();
  await cli.remove();
});

async function publish(
  { cli, server }: Context,
  name: string,
  dependencies: Record<string, string>,
) {
  const token = await readToken(parseRegistryUrl(server.url), { home: cli.home });
  const sample = { name, version: '0.1.0', manifest: { dependencies } };
  const reply = await put({ url: server.url, token }, await packSample(cli.folder, sample));
  assert.is(reply.status, 201, reply.bytes.toString());
}

test('a version is yanked with a reason, is fetched by its number alone, and is brought back', async ({
  cli,
}) => {
  const yanked = await cli.run(['registry', 'yank', 'base@v0.1.0', '--reason', 'loses data']);
  assert.equal([yanked.code, yanked.stdout, yanked.stderr], [0, 'yanked base@0.1.0\n', '']);
  const again = await cli.run(['registry', 'yank', 'base@0.1.0', '--json']);
  const document = JSON.parse(again.stdout);
  assert.equal(
    [document.schema, document.yanked, document.reason, document.changed, document.actor],
    ['vitte.registry.yank', true, 'loses data', false, 'admin'],
  );
  assert.match(again.stderr, 'base@0.1.0 stood so already');

  const info = await cli.run(['registry', 'info', 'base@0.1.0']);
  assert.match(info.stdout, 'yanked\tloses data\n');
  const chosen = await cli.run(['registry', 'fetch', 'base@^0.1']);
  assert.is(chosen.code, 1, chosen.stdout);
  const exact = await cli.run(['registry', 'fetch', 'base@0.1.0', '-o', 'base.vitmod']);
  assert.is(exact.code, 0, exact.stderr);
  assert.match(exact.stderr, 'yanked');

  const back = await cli.run(['registry', 'unyank', 'base@0.1.0', '--reason', 'it did not']);
  assert.equal([back.code, back.stdout], [0, 'unyanked base@0.1.0\n']);
  assert.is((await cli.run(['registry', 'fetch', 'base@^0.1', '-o', 'base.vitmod'])).code, 0);
});

test('a package is deprecated by a message, and no more with --undo', async ({ cli }) => {
  const set = await cli.run(['registry', 'deprecate', 'base', 'use middle']);
  assert.equal([set.code, set.stdout], [0, 'deprecated base\n']);
  assert.match((await cli.run(['registry', 'info', 'base'])).stdout, 'deprecated\tuse middle\n');
  const undone = await cli.run(['registry', 'deprecate', 'base', '--undo', '--json']);
  assert.equal(JSON.parse(undone.stdout), {
    schema: 'vitte.registry.deprecate',
    status: 'ok',
    name: 'base',
    deprecated: false,
    changed: true,
  });
  const plain = await cli.run(['registry', 'deprecate', 'base', '--json']);
  assert.is(JSON.parse(plain.stdout).message, 'this package is deprecated');
});

test('owners are listed, added with a role and removed, the last one never', async ({ cli }) => {
  const added = await cli.run(['registry', 'owner', 'add', 'base', 'bob', '--role', 'maintainer']);
  assert.equal([added.code, added.stdout], [0, 'added base bob maintainer\n']);
  const listed = await cli.run(['registry', 'owner', 'list', 'base']);
  const rows = listed.stdout.trimEnd().split('\n');
  assert.equal(
    rows.map((row) => row.split('\t').slice(0, 2)),
    [
      ['admin', 'owner'],
      ['bob', 'maintainer'],
    ],
  );
  const last = await cli.run(['registry', 'owner', 'remove', 'base', 'admin']);
  assert.is(last.code, 1);
  assert.ok(last.stderr.startsWith('error[PKG_E_OWNER_LAST] registry: '), last.stderr);
  const removed = await cli.run(['registry', 'owner', 'remove', 'base', 'bob']);
  assert.equal([removed.code, removed.stdout], [0, 'removed base bob\n']);
});

test('dependents are told with the requirement that binds, and through others when asked', async ({
  cli,
}) => {
  const direct = await cli.run(['registry', 'dependents', 'base']);
  assert.equal([direct.code, direct.stdout], [0, 'middle\t0.1.0\t^0.1.0\truntime\n']);
  const all = await cli.run(['registry', 'dependents', 'base', '--transitive']);
  assert.is(
    all.stdout,
    'middle\t0.1.0\t^0.1.0\truntime\tbase\t1\ntop\t0.1.0\t>=0.1, <2\truntime\tmiddle\t2\n',
  );
  const some = await cli.run([
    'registry',
    'dependents',
    'base',
    '--transitive',
    '--limit',
    '1',
    '--json',
  ]);
  const document = JSON.parse(some.stdout);
  assert.equal([document.dependents.length, document.complete], [1, false]);
});

const wrong: [string, string[], number, string][] = [
  ['a name without a version', ['yank', 'base'], 2, 'PKG_E_COMMAND'],
  ['a version that is not there', ['yank', 'base@9.9.9'], 3, 'PKG_E_NOT_FOUND'],
  ['two lines', ['yank', 'base@0.1.0', '--reason', 'a\nb'], 2, 'PKG_E_REMARK'],
  ['an empty message', ['deprecate', 'base', ' '], 2, 'PKG_E_COMMAND'],
  ['an address for an account', ['owner', 'add', 'base', 'bob@example.org'], 2, 'PKG_E_ACCOUNT'],
  ['a wrong token', ['yank', 'base@0.1.0', '--token', `vit_${'A'.repeat(49)}`], 4, 'PKG_E_TOKEN'],
];
for (const [title, args, code, error] of wrong) {
  test(`${title} is exit ${code}`, async ({ cli }) => {
    const result = await cli.run(['registry', ...args]);
    assert.is(result.code, code, result.stderr);
    assert.ok(result.stderr.startsWith(`error[${error}] registry: `), result.stderr);
  });
}

test.run();
