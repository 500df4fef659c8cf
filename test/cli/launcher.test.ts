import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { binOf, resultOf } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ folder: string }>('cli launcher');

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'vitte-launcher-'));
});
test.after.each(({ folder }) => rm(folder, { recursive: true, force: true }));

/** Makes this Node say that it is an older one, and not the one that it starts. */
const olderNode = [
  '--import',
  'data:text/javascript,Object.defineProperty(process.versions, "node", { value: "20.1.0" })',
];

function start(
  bin: string,
  args: string[],
  options: { node?: string[]; env?: Record<string, string> } = {},
) {
  const { PATH = '' } = process.env;
  return spawn(process.execPath, [...(options.node ?? []), bin, ...args], {
    env: { PATH, HOME: tmpdir(), LANG: 'C', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A package that holds the launchers, a command of the test's own, and the Node that came with it. */
async function fakePackage(folder: string, main: string, withNode: boolean): Promise<string> {
  const bin = join(folder, 'src/cli/bin');
  await mkdir(bin, { recursive: true });
  await mkdir(join(folder, 'dist/bin'), { recursive: true });
  await cp(dirname(binOf()), bin, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module","version":"9.9.9"}');
  await writeFile(join(folder, 'dist/bin/main.js'), main);
  if (withNode) {
    await mkdir(join(folder, 'node_modules/node/bin'), { recursive: true });
    await symlink(process.execPath, join(folder, 'node_modules/node/bin/node'));
  }
  return join(bin, 'vitte-registry.js');
}

const tellArgs = 'export const main = async (args) => console.log(JSON.stringify(args));';

test('an older Node hands over to the one of the package, with arguments and exit code', async () => {
  const version = await resultOf(start(binOf(), ['--version'], { node: olderNode }));
  assert.equal([version.code, version.stderr], [0, '']);
  assert.match(version.stdout, /^vitte \d/);
  const usage = await resultOf(start(binOf('vitte-registry'), ['nonsense'], { node: olderNode }));
  assert.is(usage.code, 2);
  assert.match(usage.stderr, 'error[PKG_E_COMMAND] registry: ');
});

test('an older Node without another one is one clear line and exit 70', async ({ folder }) => {
  const bin = await fakePackage(folder, tellArgs, false);
  const { code, stdout, stderr } = await resultOf(start(bin, ['list'], { node: olderNode }));
  assert.equal([code, stdout], [70, '']);
  assert.is(
    stderr,
    'error[PKG_E_INTERNAL] vitte: needs Node.js 22.19 or newer, and this is 20.1.0\n',
  );
});

test('from a published build the compiled command is loaded', async ({ folder }) => {
  const bin = await fakePackage(folder, tellArgs, true);
  for (const node of [[], olderNode]) {
    const { code, stdout, stderr } = await resultOf(start(bin, ['list', '--x y'], { node }));
    assert.equal([code, stdout, stderr], [0, '["registry","list","--x y"]\n', '']);
  }
});

const untilTold = `
  export const main = async () => {
    const timer = setInterval(() => {}, 1_000);
    process.on('SIGTERM', () => { console.log('told'); clearInterval(timer); process.exitCode = 3; });
    console.log(process.pid);
  };
`;

test('a signal to the launcher reaches the command, and its exit code comes back', async ({
  folder,
}) => {
  const bin = await fakePackage(folder, untilTold, true);
  const child = start(bin, [], { node: olderNode });
  const result = resultOf(child);
  await firstLine(child);
  child.kill('SIGTERM');
  const { code, stdout } = await result;
  assert.is(code, 3);
  assert.match(stdout, 'told');
});

test('a command dies with the launcher that is killed', async ({ folder }) => {
  const bin = await fakePackage(folder, untilTold, true);
  const child = start(bin, [], { node: olderNode });
  const ended = resultOf(child);
  assert.is.not(Number(await firstLine(child)), child.pid);
  child.kill('SIGKILL');
  // Its output is closed only when the last process that holds it has ended.
  assert.is((await ended).code, null);
});

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((done) => {
    let text = '';
    child.stdout?.on('data', (piece) => {
      text += piece;
      if (text.includes('\n')) done(text.slice(0, text.indexOf('\n')));
    });
  });
}

test.run();
