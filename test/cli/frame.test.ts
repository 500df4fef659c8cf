import { readFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { commands } from '../../src/cli/commands.ts';
import { settings } from '../../src/server/config.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ cli: CliHome }>('cli frame');

test.before(async (context) => {
  context.cli = await makeCliHome();
});
test.after(({ cli }) => cli.remove());

test('--version prints the version of package.json, under every name', async ({ cli }) => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const rows: [string, string[]][] = [
    ['vitte', ['--version']],
    ['vitte', ['-V']],
    ['vitte-key', ['--version']],
    ['vitte-registry', ['--version']],
  ];
  for (const [program, args] of rows) {
    const { code, stdout, stderr } = await cli.run(args, { program });
    assert.equal({ code, stdout, stderr }, { code: 0, stdout: `vitte ${version}\n`, stderr: '' });
  }
});

test('every command explains itself, with its options and an example', async ({ cli }) => {
  await inTurns(commands, async (command) => {
    const { code, stdout, stderr } = await cli.run([...command.path.split(' '), '--help']);
    assert.is(code, 0, command.path);
    assert.is(stderr, '', command.path);
    assert.ok(stdout.startsWith(`vitte ${command.path}: `), stdout);
    for (const { name } of command.options) assert.match(stdout, `--${name}`);
    assert.ok(command.examples.length > 0, command.path);
    for (const example of command.examples) assert.match(stdout, example);
  });
});

test('the overview names every command, and a group those of the group', async ({ cli }) => {
  const { code, stdout } = await cli.run([]);
  assert.is(code, 0);
  for (const { path } of commands) assert.match(stdout, `vitte ${path} `);
  const group = await cli.run(['--help'], { program: 'vitte-key' });
  assert.is(group.code, 0);
  assert.match(group.stdout, 'vitte key generate');
  assert.not.match(group.stdout, 'vitte registry');
});

test('a command, a group and an error code can be looked up with help', async ({ cli }) => {
  const help = await cli.run(['help', 'registry', 'fetch']);
  const option = await cli.run(['registry', 'fetch', '--help']);
  assert.is(help.stdout, option.stdout);
  assert.match((await cli.run(['help', 'key'])).stdout, 'vitte key export');
  assert.match((await cli.run(['help', 'PKG_E_TOKEN'])).stdout, 'exit code 4');
  assert.is((await cli.run(['help', 'PKG_E_NONE'])).code, 2);
  assert.is((await cli.run(['help', 'nonsense'])).code, 2);
});

test('an alias is its group: vitte-package init is vitte package init', async ({ cli }) => {
  const { code, stdout } = await cli.run(['init', 'by-alias'], { program: 'vitte-package' });
  assert.is(code, 0);
  assert.is(JSON.parse(stdout).schema, 'vitte.package.init');
});

test('switches of every command may stand before it', async ({ cli }) => {
  const { code, stdout } = await cli.run(['--json', 'help', 'key']);
  assert.is(code, 0);
  assert.is(JSON.parse(stdout).schema, 'vitte.help');
  assert.match((await cli.run(['-h', 'key', 'sign'])).stdout, 'vitte key sign: ');
  assert.match((await cli.run(['key', '-h', 'sign'])).stdout, 'vitte key sign: ');
});

test('French is spoken where the locale says so, and the forms stay', async ({ cli }) => {
  const rows: [Record<string, string>, boolean][] = [
    [{ LANG: 'fr_FR.UTF-8' }, true],
    [{ LANG: 'en_US.UTF-8', LC_MESSAGES: 'fr_CA' }, true],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'fr' }, true],
    [{ LANG: 'fr_FR.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'frr_DE.UTF-8' }, false],
    [{ LANG: '' }, false],
  ];
  for (const [env, french] of rows) {
    const { code, stderr } = await cli.run(['registry', 'lits'], { env });
    assert.is(code, 2);
    assert.ok(stderr.startsWith('error[PKG_E_COMMAND] registry: '), stderr);
    assert.is(stderr.includes('il n’y a pas de commande'), french, JSON.stringify(env));
    assert.match(stderr, '\n  = help: ');
  }
});

test('every setting of the service is an option of serve, and no other', () => {
  const serve = commands.find(({ path }) => path === 'registry serve');
  const options = serve?.options.map(({ name }) => name).filter((name) => name !== 'print-config');
  assert.equal(options?.sort(), settings.map(({ flag }) => flag as string).sort());
});

test('spec/cli.md names every command and every option', async () => {
  const page = await readFile('spec/cli.md', 'utf8');
  for (const { path, options } of commands) {
    const at = page.indexOf(`\`vitte ${path}`);
    assert.ok(at >= 0, path);
    for (const { name } of options) assert.match(page, `--${name}`);
  }
});

/** A few at a time, so that a machine with two cores is not asked for all at once. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>) {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}

test.run();
