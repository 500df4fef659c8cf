// The README's tour, word for word, on a copy of the tree with a free port and a home of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { temporaryFolder } from './service.ts';
import { suite } from './suite.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

type Rig = {
  folder: string;
  env: NodeJS.ProcessEnv;
  server: ChildProcess;
  endSettings(): Promise<void>;
  remove(): Promise<void>;
};
/** A suite that runs the tour. `settings` gives the server's further variables, and ends what it started. */
export function tourSuite(
  name: string,
  settings: () => Promise<{ env: Record<string, string>; end(): Promise<void> }>,
): void {
  const test = suite<Rig>(name, { timeoutMs: 120_000 });

  test.before(async (rig) => {
    const { env: serverEnv, end } = await settings();
    rig.endSettings = end;
    const temporary = await temporaryFolder();
    rig.remove = temporary.remove;
    rig.folder = join(temporary.path, 'vitte-registry');
    await cp(root, rig.folder, { recursive: true, filter: isSource });
    await symlink(join(root, 'node_modules'), join(rig.folder, 'node_modules'));
    const home = join(temporary.path, 'home');
    await mkdir(home);
    const { VITTE_TOKEN, VITTE_REGISTRY, VITTE_HOME, VITTE_CACHE_DIR, ...others } = process.env;
    const { XDG_DATA_HOME, XDG_CACHE_HOME, ...env } = others;
    rig.env = { ...env, HOME: home, LANG: 'C.UTF-8', VITTE_REGISTRY_LISTEN: '127.0.0.1:0' };
    Object.assign(rig.env, serverEnv);
    rig.server = spawn('npm', ['start'], { cwd: rig.folder, env: rig.env, detached: true });
    rig.env.VITTE_REGISTRY = await printedUrl(rig.server);
    for (const variable of ['VITTE_REGISTRY_LISTEN', ...Object.keys(serverEnv)]) {
      delete rig.env[variable];
    }
  });

  test.after(async (rig) => {
    const ended = new Promise((done) => rig.server.on('close', done));
    if (rig.server.pid) process.kill(-rig.server.pid, 'SIGTERM');
    await ended;
    await rig.endSettings();
    await rig.remove();
  });

  test('works word for word', async (rig) => {
    const [start, ...lines] = await tourLines();
    assert.is(start, 'npm ci && npm start');
    const outputs = new Map<string, string>();
    for (const line of lines) outputs.set(line, await shell(rig, line));
    const said = (part: string) =>
      [...outputs].find(([line]) => line.includes(part))?.[1] ?? `no line has ${part}`;

    assert.match(said('publish demo-lib'), /^published demo-lib@0\.1\.0 sha256:[0-9a-f]{64}$/m);
    const [listed, found] = said('registry list').split('\n');
    assert.match(listed ?? '', /^demo-lib\t0\.1\.0\t/);
    assert.is(found, listed);
    assert.match(said('registry resolve'), /^demo-lib\t0\.1\.0\tsha256:[0-9a-f]{64}$/m);
    const key = JSON.parse(await readFile(join(rig.folder, 'dev.json'), 'utf8')) as { kid: string };
    assert.match(said('registry fetch'), new RegExp(key.kid));
    assert.ok((await stat(join(rig.folder, 'demo-lib-0.1.0.vitmod'))).size > 0);
    assert.match(said('package verify'), new RegExp(key.kid));

    assert.match(
      await shell(rig, 'npx vitte registry publish vitte-math --key dev.json'),
      /^published roussov\/vitte-math@0\.1\.0 sha256:/m,
    );
    await shell(rig, 'npx vitte registry fetch roussov/vitte-math@^0.1');
    assert.ok((await stat(join(rig.folder, 'roussov-vitte-math-0.1.0.vitmod'))).size > 0);
  });

  test.run();
}

/** The commands of the README's first block that begins with the set-up, without their comments. */
async function tourLines(): Promise<string[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [, block = ''] = /## The tour\s+```sh\n([\s\S]*?)```/.exec(readme) ?? [];
  return block
    .trim()
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, ''));
}

async function shell(rig: Rig, line: string): Promise<string> {
  const { stdout, stderr } = await run('sh', ['-ec', line], { cwd: rig.folder, env: rig.env });
  return stdout + stderr;
}

function printedUrl(server: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk;
      const [, url] = /^vitte-registry listening on (\S+)$/m.exec(output) ?? [];
      if (url) done(url);
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    server.on('close', () => fail(new Error(`the server ended: ${output}`)));
  });
}

function isSource(path: string): boolean {
  const [first = ''] = relative(root, path).split('/');
  return !['node_modules', '.git', 'dist'].includes(first);
}
