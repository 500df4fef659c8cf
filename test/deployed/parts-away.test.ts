import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { call, put, type Reply } from '../support/rest.ts';
import { packSample } from '../support/service.ts';
import { until } from '../support/until.ts';
import { partsSuite } from './parts-suite.ts';
import { type Deployed, deploy } from './rig.ts';
import { runCommand } from './run-command.ts';

const test = await partsSuite<{ deployed: Deployed }>('a part that is away', { timeoutMs: 90_000 });

test.before(async (rig) => {
  rig.deployed = await deploy(1);
  const packed = await packSample(rig.deployed.folder, {
    name: 'demo',
    version: '1.0.0',
    files: { 'README.md': '# demo\n' },
  });
  const reply = await put(
    { url: rig.deployed.replicas[0]!.url, token: rig.deployed.token },
    packed,
  );
  assert.is(reply.status, 201);
});
test.after((rig) => rig.deployed.end());

type Expected = { status: number; code?: string };
const gone: Expected = { status: 503, code: 'PKG_E_INDEX_UNAVAILABLE' };
const away: Expected = { status: 503, code: 'PKG_E_STORAGE_UNAVAILABLE' };
const fine: Expected = { status: 200 };
const missing: Expected = { status: 404, code: 'PKG_E_NOT_FOUND' };

/** Every route: its answer with Redis away, and with the container registry away. */
const table: [path: string, withoutIndex: Expected, withoutStorage: Expected][] = [
  ['/healthz', fine, fine],
  ['/readyz', { status: 503 }, fine],
  ['/readyz?for=fetches', fine, fine],
  ['/openapi.yaml', fine, fine],
  ['/api/v1/registry', gone, fine],
  ['/api/v1/whoami', fine, fine],
  ['/api/v1/packages', gone, fine],
  ['/api/v1/packages?q=demo', gone, fine],
  ['/api/v1/packages/demo', gone, fine],
  ['/api/v1/packages/demo/1.0.0', fine, fine],
  ['/api/v1/packages/demo/9.9.9', gone, missing],
  ['/api/v1/packages/unknown', gone, missing],
  ['/api/v1/packages/unknown/1.0.0', gone, missing],
  ['/api/v1/packages/unknown/1.0.0/download', gone, missing],
  ['/api/v1/packages/demo/1.0.0/signatures', fine, fine],
  ['/api/v1/packages/demo/1.0.0/readme', fine, away],
  ['/api/v1/packages/demo/1.0.0/download', fine, away],
  ['/api/v1/changes', gone, fine],
  ['/api/v1/index/demo', gone, fine],
];

/** The same of what is asked by POST: path and body. */
const asked: [path: string, body: string, withoutIndex: Expected, withoutStorage: Expected][] = [
  ['/api/v1/index', '{"names":["demo"]}', gone, fine],
  ['/api/v1/resolve', '{"requirements":{"demo":"^1"}}', gone, fine],
];

test('with Redis away exact versions are there, all else that needs it is a clear 503, and service returns with it', async ({
  deployed,
}) => {
  const { url } = deployed.replicas[0]!;
  const before = await exactAnswers(url);
  await deployed.redis.kill();
  for (const [path, expected] of table) {
    const reply = await call(url + path);
    check(path, reply, expected);
    const told = reply.status < 400 ? '' : reply.bytes.toString();
    assert.not.match(told, '127.0.0.1', `${path} tells of no part where it is`);
  }
  for (const [path, body, expected] of asked) check(path, await post(url + path, body), expected);
  assert.equal(await exactAnswers(url), before, 'byte for byte');
  check('publish', await publishNew(deployed, '1.1.0'), gone);
  await deployed.redis.start();
  await until(async () => (await call(`${url}/readyz`)).status === 200);
  for (const [path] of table) {
    const expected = /unknown|9\.9\.9/.test(path) ? 404 : 200;
    assert.is((await call(url + path)).status, expected, path);
  }
  assert.is((await publishNew(deployed, '1.2.0')).status, 201);
});

test('a replica that starts while Redis is away gives exact versions, to whoever has a token or a number too', async ({
  deployed,
}) => {
  const [first] = deployed.replicas;
  const before = await exactAnswers(first!.url);
  const seen = (await call(`${first!.url}/api/v1/packages/demo`)).headers['vitte-sequence'];
  await deployed.redis.kill();
  const late = await deployed.startReplica('late');
  deployed.replicas.push(late);
  assert.equal(await exactAnswers(late.url), before);
  for (const [path, expected] of table) check(path, await call(late.url + path), expected);

  const exact = `${late.url}/api/v1/packages/demo/1.0.0`;
  const headers = { authorization: `Bearer ${deployed.token}`, 'vitte-min-sequence': `${seen}` };
  const reply = await call(exact, { headers });
  check('with a token', reply, fine);
  assert.is(reply.headers['vitte-sequence'], seen);
  const [store, number] = `${seen}`.split(':');
  const beyond = { 'vitte-min-sequence': `${store}:${Number(number) + 1}` };
  check('beyond the journal', await call(exact, { headers: beyond }), { status: 503 });
  const noToken = { authorization: 'Bearer vit_nonsense' };
  check('no token at all', await call(exact, { headers: noToken }), { status: 401 });

  const file = join(deployed.folder, 'fetched.vitmod');
  const words = ['registry', 'fetch', 'demo@1.0.0', '-o', file];
  const said = await runCommand(words, { VITTE_REGISTRY: late.url, VITTE_TOKEN: deployed.token });
  assert.match(said, 'fetched demo@1.0.0');
  await deployed.redis.start();
  for (const { url } of [first!, late]) {
    await until(async () => (await call(`${url}/api/v1/registry`)).status === 200);
  }
});

test('with the storage away metadata answers, downloads and publishes are a clear 503', async ({
  deployed,
}) => {
  const { url } = deployed.replicas[0]!;
  deployed.storage.process?.kill('SIGKILL');
  for (const [path, , expected] of table) check(path, await call(url + path), expected);
  for (const [path, body, , expected] of asked) check(path, await post(url + path, body), expected);
  check('publish', await publishNew(deployed, '1.3.0'), away);
  const { fetches, parts } = (await call(`${url}/readyz`)).json<{
    fetches: boolean;
    parts: { part: string; ok: boolean }[];
  }>();
  assert.is(fetches, false);
  assert.equal(
    parts.map(({ part, ok }) => [part, ok]),
    [
      ['storage', false],
      ['index', true],
      ['journal', true],
    ],
  );
});

/** What is said of one version, links apart, and its bytes. */
async function exactAnswers(url: string) {
  const paths = ['', '/signatures', '/readme', '/download'];
  return Promise.all(
    paths.map(async (path) => {
      const { bytes, headers } = await call(`${url}/api/v1/packages/demo/1.0.0${path}`);
      const { 'vitte-sequence': sequence, 'cache-control': cacheControl } = headers;
      return { text: bytes.toString('latin1').replaceAll(url, ''), sequence, cacheControl };
    }),
  );
}

async function publishNew({ folder, replicas, token }: Deployed, version: string) {
  return put({ url: replicas[0]!.url, token }, await packSample(folder, { name: 'demo', version }));
}

function post(url: string, body: string): Promise<Reply> {
  const headers = { 'content-type': 'application/json' };
  return call(url, { method: 'POST', headers, body });
}

function check(path: string, reply: Reply, expected: Expected) {
  assert.is(reply.status, expected.status, `${path}: ${reply.bytes}`);
  if (expected.code !== undefined) assert.is(reply.json().code, expected.code, path);
  if (expected.status === 503) assert.ok(reply.headers['retry-after'], `${path}: Retry-After`);
}

test.run();
