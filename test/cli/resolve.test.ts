import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readToken } from '../../src/client/credentials.ts';
import { parseRegistryUrl } from '../../src/client/registry-url.ts';
import { type Running, serve } from '../../src/server/serve.ts';
import { type FakeRegistry, json, startFakeRegistry } from '../client/fake-registry.ts';
import { type CliHome, type CliOptions, makeCliHome } from '../support/cli.ts';
import { checkSchema } from '../support/published-schemas.ts';
import { call, put } from '../support/rest.ts';
import { packSample } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Context = {
  cli: CliHome;
  server: Running;
  token: string | undefined;
  fake: FakeRegistry;
  resolve(words: string, options?: CliOptions): ReturnType<CliHome['run']>;
};
const test = suite<Context>('cli: resolving requirements');

/** Versions, and what each depends on. `http` and `json` can not stand together. */
const packages: [name: string, version: string, dependencies: Record<string, unknown>][] = [
  ['base', '1.0.0', {}],
  ['base', '1.1.0', {}],
  ['base', '2.0.0', {}],
  ['http', '1.0.0', { base: '^1' }],
  ['json', '1.0.0', { base: '^2' }],
  ['app', '1.0.0', { http: '^1', beside: { version: '^1', source: 'workspace' } }],
  ['broken', '1.0.0', { nowhere: '*' }],
  ['early', '1.0.0-rc.1', {}],
];

test.before(async (context) => {
  const cli = await makeCliHome();
  const sink = { write: () => true };
  const server = await serve({
    flags: { listen: '127.0.0.1:0', data: join(cli.folder, '.data'), 'log-level': 'silent' },
    env: { HOME: cli.folder, VITTE_HOME: cli.home },
    stdout: sink,
    stderr: sink,
  });
  const token = await readToken(parseRegistryUrl(server.url), { home: cli.home });
  const resolve: Context['resolve'] = (words, options = {}) =>
    cli.run(['registry', 'resolve', ...words.split(' ')], {
      ...options,
      env: { VITTE_REGISTRY: server.url, ...options.env },
    });
  Object.assign(context, { cli, server, token, resolve, fake: await startFakeRegistry() });
  for (const [name, version, dependencies] of packages) {
    const packed = await packSample(cli.folder, { name, version, manifest: { dependencies } });
    const reply = await put({ url: server.url, token }, packed);
    assert.is(reply.status, 201, reply.bytes.toString());
  }
});
test.after(async ({ cli, server, fake }) => {
  await Promise.all([server.close(), fake.close()]);
  await cli.remove();
});

/** Names and versions of tab-separated lines. */
function chosen(stdout: string): string[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t').slice(0, 2).join(' '));
}

test('the graph is the same in lines, as a document, from POST /resolve, and offline', async ({
  resolve,
  server,
}) => {
  const lines = await resolve('app base@>=1');
  assert.is(lines.code, 0, lines.stderr);
  assert.equal(chosen(lines.stdout), ['app 1.0.0', 'base 1.1.0', 'http 1.0.0']);
  assert.match(lines.stdout, /^app\t1\.0\.0\tsha256:[0-9a-f]{64}\n/);
  const { schema, status, ...graph } = JSON.parse(
    (await resolve('app base@>=1 --json --quiet')).stdout,
  );
  assert.equal([schema, status], ['vitte.registry.resolution', 'ok']);
  const reply = await call(`${server.url}/api/v1/resolve`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"requirements":{"app":"*","base":">=1"}}',
  });
  const { schema: _schema, ...answered } = reply.json();
  checkSchema('resolution', reply.json());
  assert.equal(answered, graph);
  const offline = await resolve('app base@>=1 --offline');
  assert.equal([offline.code, offline.stdout, offline.stderr], [0, lines.stdout, '']);
});

test('on a terminal it says who asks for what', async ({ cli, server }) => {
  const { stdout } = await cli.runOnTerminal(['registry', 'resolve', 'app', 'base@>=1'], {
    env: { VITTE_REGISTRY: server.url, NO_COLOR: '1' },
  });
  assert.match(stdout, /NAME +VERSION +REQUIRED BY/);
  assert.match(stdout, /base +1\.1\.0 +you >=1, http \^1/);
});

test('what has no solution is explained line by line, with changes that do help', async ({
  resolve,
}) => {
  const failed = await resolve('http json');
  assert.equal([failed.code, failed.stdout], [1, '']);
  const [head, reason, ...rest] = failed.stderr.trimEnd().split('\n');
  assert.is(head, 'error[PKG_E_RESOLVE_CONFLICT] registry: no versions satisfy what is asked for');
  assert.match(reason ?? '', /^ {2}Because every version of (?:http|json) depends on base \^[12]/);
  assert.match(failed.stderr, 'there is no solution.\n');
  const helps = rest.filter((line) => line.startsWith('  = help: '));
  assert.ok(helps.length >= 2, failed.stderr);
  assert.match(failed.stderr, '(--mode multi)');
  const several = await resolve('http json --mode multi');
  assert.equal(chosen(several.stdout), ['base 1.1.0', 'base 2.0.0', 'http 1.0.0', 'json 1.0.0']);
  const override = /\((--override [^)]+)\)/.exec(failed.stderr)?.[1] ?? 'none';
  assert.is((await resolve(`http json ${override}`)).code, 0, override);
});

test('the same in French, and as a document', async ({ resolve }) => {
  const french = await resolve('http json --json', { env: { LANG: 'fr_FR.UTF-8' } });
  assert.is(french.code, 1);
  assert.match(
    french.stderr,
    'registry: aucune version ne satisfait ce qui est demandé\n  Puisque',
  );
  assert.match(french.stderr, '  = help: ');
  const document = JSON.parse(french.stdout);
  assert.equal(
    [document.schema, document.status, document.code],
    ['vitte.error', 'error', 'PKG_E_RESOLVE_CONFLICT'],
  );
  assert.match(document.message, 'il n’y a pas de solution.');
  checkSchema('explanation', document.data.explanation);
});

const noes: [what: string, words: string, code: number, error: string, text: string][] = [
  [
    'a name on the command line that does not exist',
    'nobody base',
    3,
    'PKG_E_DEPENDENCY_NOT_FOUND',
    'you require nobody * which does not exist',
  ],
  [
    'a dependency that does not exist',
    'broken',
    1,
    'PKG_E_DEPENDENCY_NOT_FOUND',
    'nowhere * which does not exist',
  ],
  [
    'prereleases that nobody asked for',
    'early',
    1,
    'PKG_E_DEPENDENCY_VERSION',
    '(--prerelease early)',
  ],
];
for (const [what, words, code, error, text] of noes) {
  test(`${what}: exit ${code} and ${error}`, async ({ resolve }) => {
    const failed = await resolve(words);
    assert.is(failed.code, code, failed.stderr);
    assert.ok(failed.stderr.startsWith(`error[${error}] registry: `), failed.stderr);
    assert.match(failed.stderr, text);
    assert.is(failed.stdout, '');
  });
}

test('versions are chosen as the options say', async ({ resolve }) => {
  const options = '--prefer minimal --prerelease early --override base@>=1.1 --target x86_64';
  const { code, stdout, stderr } = await resolve(`http early ${options}`);
  assert.is(code, 0, stderr);
  assert.equal(chosen(stdout), ['base 1.1.0', 'early 1.0.0-rc.1', 'http 1.0.0']);
});

test('what an earlier resolve chose stays, though it is yanked since, which is said', async ({
  cli,
  resolve,
  server,
  token,
}) => {
  const minimal = await resolve('http --prefer minimal --json');
  await writeFile(join(cli.folder, 'resolved.json'), minimal.stdout);
  const yank = await call(`${server.url}/api/v1/packages/base/1.0.0/yank`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}` },
  });
  assert.is(yank.status, 200);
  const { code, stdout, stderr } = await resolve('http --locked resolved.json');
  assert.equal([code, chosen(stdout)], [0, ['base 1.0.0', 'http 1.0.0']]);
  assert.match(stderr, 'base@1.0.0 is yanked');
  assert.equal(chosen((await resolve('http')).stdout), ['base 1.1.0', 'http 1.0.0']);
});

test('offline nobody is asked: what is not kept is named, and a damaged file mends online', async ({
  cli,
  fake,
  resolve,
}) => {
  const document = { schema: 'vitte.registry.index.v1', name: 'one', sequence: 1, versions: [] };
  const versions = [{ version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` }];
  fake.answer(json({ documents: [{ ...document, versions }], missing: [], left: [] }));
  const env = { VITTE_REGISTRY: fake.url, VITTE_CACHE_DIR: join(cli.folder, 'cache') };
  const offline = { ...env, VITTE_PACKAGE_OFFLINE: '1' };

  const before = await resolve('one', { env: { ...offline, LANG: 'fr_FR.UTF-8' } });
  assert.is(before.code, 5);
  assert.ok(before.stderr.startsWith('error[PKG_E_OFFLINE] registry: rien n’est conservé de one'));
  assert.match(before.stderr, '  = help: lancez la même commande une fois en ligne');
  assert.is(fake.requests.length, 0);

  const online = await resolve('one', { env });
  assert.is(online.code, 0, online.stderr);
  assert.is(fake.requests.length, 1);
  assert.is((await resolve('one', { env: offline })).stdout, online.stdout);

  const kept = await readdir(join(cli.folder, 'cache'), { recursive: true });
  const file = join(cli.folder, 'cache', kept.find((path) => path.endsWith('one.json')) ?? '');
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 80));
  const damaged = await resolve('one --json', { env: offline });
  assert.is(damaged.code, 5);
  assert.match(damaged.stderr, `what is kept of one is damaged: ${file}`);
  assert.equal(JSON.parse(damaged.stdout).data, { package: 'one', file });
  assert.is(fake.requests.length, 1);
  assert.is((await resolve('one', { env })).code, 0);
  assert.is((await resolve('one', { env: offline })).stdout, online.stdout);
});

test.run();
