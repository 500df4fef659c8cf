import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { PackedArchive } from '../../src/archive/pack.ts';
import { call, feed, put, tally } from '../support/rest.ts';
import { packSample } from '../support/service.ts';
import { partsSuite } from './parts-suite.ts';
import { type Deployed, deploy } from './rig.ts';

const test = await partsSuite<{ deployed: Deployed }>('two replicas on one registry and one Redis');

test.before(async (rig) => {
  rig.deployed = await deploy();
});
test.after((rig) => rig.deployed.end());

test('of 100 contents for one version, half at each, one is published', async ({ deployed }) => {
  const packed = await packAll(deployed, 100, (n) => ({
    name: 'contested',
    version: '1.0.0',
    files: { 'src/content.vit': `${n}` },
  }));
  assert.equal(tally(await publishAll(deployed, packed)), { 201: 1, 409: 99 });
});

test('the same content 100 times is created once', async ({ deployed }) => {
  const [packed] = await packAll(deployed, 1, () => ({ name: 'same', version: '1.0.0' }));
  const statuses = await publishAll(deployed, Array(100).fill(packed));
  assert.equal(tally(statuses), { 200: 99, 201: 1 });
});

test('200 packages at once: one journal without gap or double, the same at both', async ({
  deployed,
}) => {
  const packed = await packAll(deployed, 200, (n) => ({ name: `many-${n}`, version: '1.0.0' }));
  assert.equal(tally(await publishAll(deployed, packed)), { 201: 200 });
  const feeds = await Promise.all(deployed.replicas.map(({ url }) => feed(url)));
  assert.equal(feeds[0], feeds[1]);
  assert.equal(
    feeds[0]?.map((entry) => entry.n),
    feeds[0]?.map((_, index) => index + 1),
  );
  const names = feeds[0]?.flatMap((entry) => (entry.event === 'published' ? entry.package : []));
  assert.is(names?.filter((name) => name?.startsWith('many-')).length, 200);
  assert.is(new Set(names).size, names?.length);
});

test('what one replica answered the other shows, with the number asked for and without', async ({
  deployed,
}) => {
  const [first, second] = deployed.replicas;
  for (let n = 0; n < 10; n++) {
    const [packed] = await packAll(deployed, 1, () => ({ name: 'seen', version: `1.${n}.0` }));
    const reply = await put({ url: first!.url, token: deployed.token }, packed!);
    const sequence = String(reply.headers['vitte-sequence']);
    const place = `${second!.url}/api/v1/packages/seen/1.${n}.0`;
    assert.is((await call(place)).status, 200);
    const there = await call(place, { headers: { 'vitte-min-sequence': sequence } });
    assert.is(there.status, 200);
  }
  const found = await call(`${second!.url}/api/v1/packages?q=seen`);
  assert.match(found.bytes.toString(), /"version":"1\.9\.0"/);
});

test('what one replica published another resolves, and both give the same graph', async ({
  deployed,
}) => {
  const [first, second] = deployed.replicas;
  const [base, top] = await packAll(deployed, 2, (n) =>
    n === 0
      ? { name: 'graph-base', version: '1.0.0' }
      : { name: 'graph-top', version: '1.0.0', manifest: { dependencies: { 'graph-base': '^1' } } },
  );
  await put({ url: first!.url, token: deployed.token }, base!);
  const reply = await put({ url: first!.url, token: deployed.token }, top!);
  const headers = {
    'content-type': 'application/json',
    'vitte-min-sequence': String(reply.headers['vitte-sequence']),
  };
  const body = '{"requirements":{"graph-top":"*"}}';
  const answers = await Promise.all(
    [second!, first!].map(({ url }) =>
      call(`${url}/api/v1/resolve`, { method: 'POST', headers, body }),
    ),
  );
  for (const answer of answers) assert.is(answer.status, 200, answer.bytes.toString());
  assert.equal(answers[0]!.bytes, answers[1]!.bytes);
  assert.is(answers[0]!.json<{ packages: unknown[] }>().packages.length, 2);
});

test('a number that the journal has not reached is a 503 within bounds', async ({ deployed }) => {
  const { url } = deployed.replicas[0]!;
  const { store } = (await call(`${url}/api/v1/registry`)).json<{ store: string }>();
  const headers = { 'vitte-min-sequence': `${store}:999999` };
  const reply = await call(`${url}/api/v1/packages/seen`, { headers });
  assert.is(reply.status, 503);
  assert.is(reply.json().code, 'PKG_E_SEQUENCE');
});

test('without Redis its memory, and after a restart, every answer is byte for byte the same', async ({
  deployed,
}) => {
  const paths = [
    '/packages?limit=100',
    '/packages/seen',
    '/packages?q=many',
    '/changes?limit=1000',
  ];
  const answers = async (url: string) => {
    const bodies: string[] = [];
    for (const path of paths) bodies.push((await call(`${url}/api/v1${path}`)).bytes.toString());
    return bodies;
  };
  const before = await answers(deployed.replicas[0]!.url);
  await deployed.redis.client.flushall();
  const third = await deployed.startReplica('replica-after');
  deployed.replicas.push(third);
  for (const { url } of deployed.replicas) {
    assert.equal(
      (await answers(url)).map((body) => body.replaceAll(url, 'URL')),
      before.map((body) => body.replaceAll(deployed.replicas[0]!.url, 'URL')),
    );
  }
});

type Sample = Parameters<typeof packSample>[1];
let folders = 0;

async function packAll({ folder }: Deployed, count: number, sample: (n: number) => Sample) {
  const packed: PackedArchive[] = [];
  for (let n = 0; n < count; n++) {
    const own = join(folder, `packed-${folders++}`);
    await mkdir(own);
    packed.push(await packSample(own, sample(n)));
  }
  return packed;
}

async function publishAll({ replicas, token }: Deployed, packed: PackedArchive[]) {
  const replies = await Promise.all(
    packed.map((archive, n) => put({ url: replicas[n % 2]!.url, token }, archive)),
  );
  return replies.map((reply) => reply.status);
}

test.run();
