import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type CliHome, type CliResult, makeCliHome, resultOf } from '../support/cli.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { fail, startForeignRegistry } from '../support/foreign-registry.ts';
import { suite } from '../support/suite.ts';

type Check = { check: string; status: string; needed: boolean; message: string; finding: string };
type Document = {
  schema: string;
  status: string;
  storage: string;
  checks: Check[];
  leftovers?: { repository: string; tags: string[]; manifests: number; blobs: number };
};

const test = suite<{ cli: CliHome }>('cli registry doctor');
test.before(async (context) => {
  context.cli = await makeCliHome();
});
test.after(({ cli }) => cli.remove());

const all = [
  'reach',
  'auth',
  'push',
  'chunks',
  'read',
  'referrers',
  'overwrite',
  'new-tags',
  'overwritten-tags',
  'tags',
  'delete',
];

const docker = await startDockerRegistry();
const keeping = await startDockerRegistry({ deletes: false });
if ('missing' in docker) test.skip(docker.missing);
else withDocker(docker, keeping as DockerRegistry);

function withDocker(deleting: DockerRegistry, keeping: DockerRegistry) {
  test.after(async () => {
    await deleting.stop();
    await keeping.stop();
  });

  test('docker-registry is fit, says in a pipe what is slower, and holds nothing afterwards', async ({
    cli,
  }) => {
    const storage = deleting.storage();
    const { code, stdout, stderr } = await cli.run(['registry', 'doctor', '--storage', storage]);
    assert.is(code, 0, stderr);
    assert.is(stderr, '');
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    assert.equal(
      rows.map(([name]) => name),
      all,
    );
    assert.ok(rows.every((cells) => cells.length === 3 && cells[2] !== ''));
    const slower = rows.flatMap(([name, status]) => (status === 'ok' ? [] : [[name, status]]));
    assert.equal(slower, [
      ['referrers', 'slower'],
      ['delete', 'slower'],
    ]);
    const list = `${deleting.origin}/v2/${new URL(storage.replace('oci+', '')).pathname.slice(1)}/vitte-registry/doctor/tags/list`;
    assert.equal(((await (await fetch(list)).json()) as { tags: unknown }).tags ?? [], []);
  });

  test('without deletion it is fit, says what is missing, and names what it could not delete', async ({
    cli,
  }) => {
    const storage = keeping.storage();
    const result = await cli.run(['registry', 'doctor', '--json', '--storage', storage]);
    assert.is(result.code, 0, result.stderr);
    const document: Document = JSON.parse(result.stdout);
    assert.equal([document.schema, document.status], ['vitte.registry.doctor', 'ok']);
    assert.equal(
      document.checks.map(({ check }) => check),
      all,
    );
    const gone = document.checks.filter(({ status }) => status === 'missing');
    assert.equal(
      gone.map(({ check, needed }) => [check, needed]),
      [['delete', false]],
    );
    assert.is(document.leftovers?.repository, 'vitte-registry/doctor');
    assert.is(document.leftovers?.tags.length, 102);
    assert.match(result.stderr, '! could not be deleted in vitte-registry/doctor: 102 tags');
  });
}

test('the settings of the service are the doctor’s too, by variable, and it speaks French', async ({
  cli,
}) => {
  const foreign = await startForeignRegistry({ access: 'basic' });
  const env = { VITTE_REGISTRY_STORAGE: foreign.url, LANG: 'fr_FR.UTF-8' };
  const { code, stdout } = await cli.run(['registry', 'doctor', '--json'], { env });
  await foreign.close();
  assert.is(code, 1);
  const document: Document = JSON.parse(stdout);
  assert.is(document.storage, env.VITTE_REGISTRY_STORAGE);
  assert.match(messageOf(document, 'auth'), /^il refuse ces identifiants/);
  const wrong = { ...env, VITTE_REGISTRY_NOPE: '1' };
  assert.is((await cli.run(['registry', 'doctor'], { env: wrong })).code, 2);
});

test('a folder is tried without a trace, also while a server has it open', async ({ cli }) => {
  const data = join(cli.folder, 'a', 'new', 'folder');
  const fresh = await cli.run(['registry', 'doctor', '--json', '--data', data]);
  assert.is(fresh.code, 0, fresh.stderr);
  const document: Document = JSON.parse(fresh.stdout);
  assert.is(document.storage, `layout:${data}`);
  assert.ok(document.checks.every(({ status }) => status === 'ok'));
  assert.not((await readdir(cli.folder)).includes('a'));

  await mkdir(data, { recursive: true });
  const args = ['--listen', '127.0.0.1:0', '--data', data, '--log-level', 'error'];
  const server = cli.start(['registry', 'serve', ...args]);
  const ended = resultOf(server);
  await new Promise((listening) => server.stdout?.once('data', listening));
  const before = await readdir(data);
  const held = await cli.run(['registry', 'doctor', '--data', data]);
  assert.is(held.code, 0, held.stderr);
  assert.equal(await readdir(data), before);
  server.kill('SIGINT');
  await ended;
});

test('a registry that refuses pushes is exit 1, with the whole document and one line that names it', async ({
  cli,
}) => {
  const foreign = await startForeignRegistry();
  foreign.hook(({ method }, response) => method === 'POST' && fail(response, 405, 'UNSUPPORTED'));
  const args = ['registry', 'doctor', '--storage', foreign.url, '--json'];
  const { code, stdout, stderr } = await cli.run(args);
  await foreign.close();
  assert.is(code, 1);
  const said =
    /^error\[PKG_E_STORAGE_UNFIT\] registry: this storage cannot hold a registry: push\n {2}= help: /;
  assert.match(stderr, said);
  const document: Document = JSON.parse(stdout);
  assert.equal([document.schema, document.status], ['vitte.registry.doctor', 'error']);
  assert.equal(
    document.checks.map(({ check }) => check),
    all,
  );
  assert.match(messageOf(document, 'push'), /405 UNSUPPORTED$/);
  assert.is(messageOf(document, 'tags'), 'not tried, since this failed: push');
});

test('a registry that forgets the second writing of a tag is exit 1', async ({ cli }) => {
  const foreign = await startForeignRegistry({ referrers: true });
  foreign.hook(({ method, path }, response, message) => {
    const [, name, tag] = /^\/v2\/(.+)\/manifests\/(_doctor-[^:]*-\d+)$/.exec(path) ?? [];
    if (method !== 'PUT' || !foreign.manifests.has(`${name} ${tag}`)) return false;
    message.resume();
    response.writeHead(201).end();
    return true;
  });
  const { code, stdout } = await cli.run(['registry', 'doctor', '--storage', foreign.url]);
  await foreign.close();
  assert.is(code, 1);
  assert.match(stdout, /^new-tags\tok\t/m);
  assert.match(stdout, /^overwritten-tags\tfailed\t100 of 100 were not read back/m);
  assert.is(foreign.manifests.size, 0, 'what it made is deleted all the same');
});

test('wrong credentials are exit 1, and an address where nobody listens is 5', async ({ cli }) => {
  const foreign = await startForeignRegistry({ access: 'basic' });
  const denied = await cli.run(['registry', 'doctor', '--storage', foreign.url]);
  await foreign.close();
  assert.is(denied.code, 1);
  assert.match(denied.stdout, /^auth\tfailed\tit refuses these credentials/m);
  const away = await cli.run(['registry', 'doctor', '--storage', foreign.url, '--json']);
  assert.is(away.code, 5);
  assert.is(JSON.parse(away.stdout).code, 'PKG_E_STORAGE_UNAVAILABLE');
});

test('on a terminal it is a table, with what is wanting in full below it', async ({ cli }) => {
  const foreign = await startForeignRegistry({ quirks: ['delete-405'] });
  const args = ['registry', 'doctor', '--storage', foreign.url];
  const { stdout } = await cli.runOnTerminal(args, { columns: 60 });
  await foreign.close();
  assert.match(stdout, /CHECK +RESULT +DETAIL/);
  assert.match(stdout, /new tags +ok/);
  assert.match(stdout, 'trying: push');
  assert.match(
    stdout,
    '- referrers: it has no Referrers API: each signature takes three more requests',
  );
  assert.match(stdout, 'this storage has what a registry needs; 2 things are slower or missing');
});

test('Ctrl-C ends it with 130, and leaves nothing that it can delete', async ({ cli }) => {
  const foreign = await startForeignRegistry({ referrers: true });
  const child = cli.start(['registry', 'doctor', '--storage', foreign.url]);
  foreign.hook(({ method, path }) => {
    if (method === 'PUT' && path.endsWith('-20')) child.kill('SIGINT');
    return false;
  });
  const { code, stdout, stderr }: CliResult = await resultOf(child);
  await foreign.close();
  assert.is(code, 130);
  assert.is(stdout, '');
  assert.is(stderr, 'vitte: interrupted\n');
  assert.equal([...foreign.manifests.keys(), ...foreign.blobs.keys()], []);
});

function messageOf({ checks }: Document, name: string): string {
  return checks.find(({ check }) => check === name)?.message ?? '';
}

test.run();
