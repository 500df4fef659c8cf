import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import { isVitteError } from '../../../src/core/errors.ts';
import { openRedisIndex, type RedisIndexOptions } from '../../../src/index/redis/redis-index.ts';
import { checkServer } from '../../../src/index/redis/server.ts';
import { created, openTestJournal } from '../../contract/index-journal.ts';
import { inFolder } from '../../support/folders.ts';
import { freePort, startRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';
import { redisSuite } from './own-redis.ts';

const { test, skip, run } = redisSuite('Redis as it is set up');
const password = 'pass-ẃord/@';

test('A password is asked for: the right one opens, others are a setting that is wrong, told nowhere', async () => {
  const user = `:${encodeURIComponent(password)}`;
  const server = await startRedis({ settings: ['--requirepass', password], user: `:${password}` });
  const at = (userInfo: string) => `redis://${userInfo}127.0.0.1:${server.port}`;
  try {
    const index = await openRedisIndex({ url: at(`${user}@`) });
    await index.apply(openTestJournal().step([created('a')]));
    await index.close();
    const refusals = [
      ['', 'asks for a password'],
      [`:${encodeURIComponent(`${password}!`)}@`, 'refuses the user name or password'],
      [`nobody${user}@`, 'refuses the user name or password'],
    ] as const;
    for (const [userInfo, why] of refusals) {
      const error = await refusal({ url: at(userInfo) });
      assert.match(error.message, why);
      const whole = inspect(error, { depth: 20, showHidden: true });
      assert.not.match(whole, password);
      assert.not.match(whole, encodeURIComponent(password));
    }
  } finally {
    await server.stop();
  }
});

test('A user who may not run what is needed is told what is missing', async ({ redis }) => {
  await redis.client.call(
    'ACL',
    'SETUSER',
    'poor',
    'on',
    '>x',
    '~*',
    '&*',
    '+@connection',
    '+info',
  );
  const { message } = await refusal({ url: `redis://poor:x@127.0.0.1:${redis.port}` });
  assert.match(message, 'refuses a command or key to this user');
});

test('A user with no more rights than the page names has enough', async ({ redis, open, tag }) => {
  const page = await readFile(new URL('../../../spec/redis.md', import.meta.url), 'utf8');
  const [, rule = ''] = /^ACL SETUSER vitte (.*)$/m.exec(page) ?? [];
  const rights = rule.replaceAll('TAG', tag).replace('>PASSWORD', '>x').split(' ');
  await redis.client.call('ACL', 'SETUSER', 'vitte', 'reset', ...rights);
  const index = await open({ url: `redis://vitte:x@127.0.0.1:${redis.port}` });
  const step = openTestJournal().step([created('a')]);
  assert.equal(await index.apply(step), step.after);
  const wait = index.outcome('x', { timeoutMs: 600_000 });
  await index.clear();
  await index.lease('one', 10);
  const outcome = { status: 'refused', code: 'PKG_E_FORBIDDEN', message: 'no' } as const;
  await index.apply({ ...openTestJournal().step([]), outcomes: [{ id: 'x', outcome }] });
  assert.equal(await wait, outcome);
});

test('A Redis that drops keys when its memory is full is refused', async ({ redis }) => {
  await redis.client.config('SET', 'maxmemory', '100mb');
  try {
    for (const policy of ['allkeys-lru', 'allkeys-random']) {
      await redis.client.config('SET', 'maxmemory-policy', policy);
      assert.match((await refusal({ url: redis.url })).message, `maxmemory-policy ${policy}`);
    }
    await redis.client.config('SET', 'maxmemory-policy', 'volatile-lru');
    await (await openRedisIndex({ url: redis.url })).close();
  } finally {
    await redis.client.config('SET', 'maxmemory', '0');
    await redis.client.config('SET', 'maxmemory-policy', 'noeviction');
  }
});

test('A Redis before 7.0 is refused by its version', async () => {
  const server = (version: string) => ({
    set: 'x',
    runId: 'y',
    info: new Map(Object.entries({ redis_version: version, role: 'master', maxmemory: '0' })),
  });
  for (const version of ['2.8.24', '6.2.14', 'of no version', '']) {
    try {
      checkServer(server(version), 'single', 'Redis at h:1');
      assert.unreachable(version);
    } catch (error) {
      assert.ok(isVitteError(error, 'PKG_E_CONFIG'), inspect(error));
    }
  }
  for (const version of ['7.0.0', '7.2.4', '8.0.1', '10.1.0']) {
    checkServer(server(version), 'single', 'Redis at h:1');
  }
});

test('A node of a Cluster, and a server that is none, are told apart by their URLs', async ({
  redis,
}) => {
  const { message } = await refusal({ url: `redis+cluster://127.0.0.1:${redis.port}` });
  assert.match(message, 'is no Cluster: its URL begins with redis://');
  const node = await startRedis({
    settings: ['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`],
  });
  try {
    await node.client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await until(async () => String(await node.client.cluster('INFO')).includes('cluster_state:ok'));
    assert.match((await refusal({ url: node.url })).message, 'belongs to a Cluster');
  } finally {
    await node.stop();
  }
});

const openssl = spawnSync('openssl', ['version']).status === 0;
const tlsTest = openssl ? test : (title: string) => skip(`${title} (no openssl on PATH)`);

tlsTest('TLS is spoken, and a certificate that nobody vouches for is not taken', async () => {
  await inFolder(async (folder) => {
    const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`];
    const subject = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...made, ...subject, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    const tlsPort = await freePort();
    const tls = ['--tls-port', `${tlsPort}`, '--tls-auth-clients', 'no'];
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    const server = await startRedis({ settings: [...tls, ...files] });
    const url = `rediss://127.0.0.1:${tlsPort}`;
    try {
      const trusting = await openRedisIndex({ url, ca: await readFile(cert, 'utf8') });
      assert.is(await trusting.head(), undefined);
      await trusting.close();
      const wary = await openRedisIndex({ url });
      const error = await wary.head().catch((reason: unknown) => reason);
      assert.ok(isVitteError(error, 'PKG_E_INDEX_UNAVAILABLE'));
      assert.match(String((error.cause as Error).cause), 'self-signed certificate');
      await wary.close();
    } finally {
      await server.stop();
    }
  });
});

test('A server that is loading its data is away until it has done so', async ({ redis, open }) => {
  const index = await open();
  const step = openTestJournal().step([created('a')]);
  await index.apply(step);
  const pipeline = redis.client.pipeline();
  for (let n = 0; n < 2_000; n += 1) pipeline.set(`other:${n}`, 'x'.repeat(2_000));
  await pipeline.exec();
  await redis.client.save();
  await redis.kill();
  const slow = ['--key-load-delay', '200', '--loading-process-events-interval-bytes', '1024'];
  const started = redis.start(slow);
  const seen = new Set<string>();
  await until(async () => {
    const head = await index.head().catch((error: unknown) => error);
    if (isVitteError(head)) seen.add(head.code);
    else assert.equal(head, step.after);
    return !isVitteError(head);
  });
  await started;
  assert.equal([...seen], ['PKG_E_INDEX_UNAVAILABLE']);
});

run();

async function refusal(options: RedisIndexOptions) {
  const error = await openRedisIndex(options).then(
    (index) => index.close(),
    (reason: unknown) => reason,
  );
  assert.ok(isVitteError(error, 'PKG_E_CONFIG'), `expected PKG_E_CONFIG, got ${inspect(error)}`);
  return error;
}
