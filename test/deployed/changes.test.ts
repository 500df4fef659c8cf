import * as assert from 'uvu/assert';
import { openEvents } from '../support/events.ts';
import { call, feed, put } from '../support/rest.ts';
import { packSample } from '../support/service.ts';
import { until } from '../support/until.ts';
import { partsSuite } from './parts-suite.ts';
import { type Deployed, deploy } from './rig.ts';

const test = await partsSuite<{ deployed: Deployed }>('changes at two replicas');

test.before(async (rig) => {
  rig.deployed = await deploy();
});
test.after((rig) => rig.deployed.end());

async function publish({ folder, replicas, token }: Deployed, name: string, version: string) {
  const packed = await packSample(folder, { name, version });
  const reply = await put({ url: replicas[0]!.url, token }, packed);
  assert.is(reply.status, 201);
  return reply;
}

function change(
  { replicas, token }: Deployed,
  at: number,
  method: 'PUT' | 'DELETE',
  path: string,
  body: object = {},
) {
  return call(`${replicas[at]!.url}/api/v1/packages/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

test('a stream at one replica tells what is changed at the other, in order, without gap or double', async ({
  deployed,
}) => {
  const urls = deployed.replicas.map(({ url }) => `${url}/api/v1/changes?since=1`);
  const streams = await Promise.all(urls.map((url) => openEvents(url)));
  await publish(deployed, 'streamed', '1.0.0');
  for (let n = 0; n < 10; n += 1) {
    const method = n % 2 ? 'DELETE' : 'PUT';
    const reply = await change(deployed, n % 2, method, 'streamed/1.0.0/yank', { reason: `${n}` });
    assert.is(reply.status, 200);
  }
  await change(deployed, 1, 'PUT', 'streamed/-/deprecation', { message: 'use another' });
  const entries = (await feed(deployed.replicas[0]!.url)).slice(1);
  assert.is(entries.at(-1)?.event, 'deprecated');
  for (const stream of streams) {
    const events = await stream.take(entries.length);
    assert.equal(
      events.map(({ data }) => JSON.parse(data)),
      entries,
    );
    stream.leave();
  }
  const last = await openEvents(urls[1]!, { 'Last-Event-ID': `${entries.at(-2)?.n}` });
  assert.is((await last.take(1))[0]?.id, `${entries.at(-1)?.n}`);
  last.leave();
});

test('an index document that a replica keeps is dropped by what another writes, message or not', async ({
  deployed,
}) => {
  await publish(deployed, 'kept', '1.0.0');
  const path = `${deployed.replicas[1]!.url}/api/v1/index/kept`;
  const yanked = async (headers: Record<string, string> = {}) => {
    const reply = await call(path, { headers });
    return reply.json<{ versions: { yanked: boolean }[] }>().versions[0]?.yanked;
  };
  for (const [round, method] of (['PUT', 'DELETE', 'PUT'] as const).entries()) {
    const before = await call(path);
    const known = { headers: { 'if-none-match': String(before.headers.etag) } };
    assert.is((await call(path, known)).status, 304);
    // The last time no message tells of the change: Redis drops those who listen.
    if (round === 2) await deployed.redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    const reply = await change(deployed, 0, method, 'kept/1.0.0/yank');
    const sequence = String(reply.headers['vitte-sequence']);
    assert.is(await yanked({ 'vitte-min-sequence': sequence }), method === 'PUT');
    await until(async () => (await yanked()) === (method === 'PUT'));
    assert.is((await call(path, known)).status, 200);
  }
  const first = await call(`${deployed.replicas[0]!.url}/api/v1/index/kept`);
  assert.equal(first.bytes, (await call(path)).bytes);
});

test('downloads at a replica that stops are counted at the others, and a stream there ends whole', async ({
  deployed,
}) => {
  await publish(deployed, 'counted', '1.0.0');
  const third = await deployed.startReplica('replica-third');
  const events = await openEvents(`${third.url}/api/v1/changes?since=1`);
  for (let n = 0; n < 3; n += 1) {
    await call(`${third.url}/api/v1/packages/counted/1.0.0/download`);
  }
  await third.stop();
  assert.is(await events.ended, 'whole');
  const { url } = deployed.replicas[0]!;
  const document = (await call(`${url}/api/v1/packages/counted?downloads=true`)).json();
  assert.is(document.downloads, 3);
});

test.run();
