import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { PackedArchive } from '../../src/archive/pack.ts';
import { call, feed, put, type RestService, serveStore, tally } from '../support/rest.ts';
import { packSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = { service: RestService; folder: string; end(): Promise<void> };
const test = suite<Rig>('publishing at the same time');

test.before.each(async (rig) => {
  const temporary = await temporaryFolder();
  rig.folder = temporary.path;
  const service = await serveStore(join(temporary.path, 'store'));
  rig.service = service;
  rig.end = async () => {
    await service.stop();
    await temporary.remove();
  };
});
test.after.each((rig) => rig.end());

test('of 100 contents for one version one is published and 99 are refused', async (rig) => {
  const packed = await packAll(rig, 100, (n) => ({
    name: 'demo',
    version: '1.0.0',
    files: { 'src/content.vit': `${n}` },
  }));
  const statuses = await statusesOf(rig, packed);
  assert.equal(tally(statuses), { 201: 1, 409: 99 });
  assert.is(await publishedEntries(rig), 1);
});

test('the same content 100 times is created once and answered 99 times', async (rig) => {
  const [packed] = await packAll(rig, 1, () => ({ name: 'demo', version: '1.0.0' }));
  const replies = await Promise.all(Array.from({ length: 100 }, () => put(rig.service, packed!)));
  assert.equal(tally(replies.map((reply) => reply.status)), { 200: 99, 201: 1 });
  assert.is(new Set(replies.map((reply) => reply.bytes.toString('utf8'))).size, 1);
  assert.is(await publishedEntries(rig), 1);
});

test('200 packages at once: numbers without gap or double, each once, in few batches', async (rig) => {
  const packed = await packAll(rig, 200, (n) => ({ name: `package-${n}`, version: '1.0.0' }));
  assert.equal(tally(await statusesOf(rig, packed)), { 201: 200 });
  const entries = await feed(rig.service.url);
  assert.equal(
    entries.map((entry) => entry.n),
    entries.map((_, index) => index + 1),
  );
  const published = entries.filter((entry) => entry.event === 'published');
  assert.is(new Set(published.map((entry) => entry.package)).size, 200);
  const { total } = (await call(`${rig.service.url}/api/v1/packages`)).json<{ total: number }>();
  assert.is(total, 200);
});

type Sample = Parameters<typeof packSample>[1];

async function packAll(rig: Rig, count: number, sample: (n: number) => Sample) {
  const packed: PackedArchive[] = [];
  for (let n = 0; n < count; n++) {
    const folder = join(rig.folder, `${n}`);
    await mkdir(folder);
    packed.push(await packSample(folder, sample(n)));
  }
  return packed;
}

async function statusesOf(rig: Rig, packed: PackedArchive[]) {
  const replies = await Promise.all(packed.map((archive) => put(rig.service, archive)));
  return replies.map((reply) => reply.status);
}

async function publishedEntries(rig: Rig): Promise<number> {
  return (await feed(rig.service.url)).filter((entry) => entry.event === 'published').length;
}

test.run();
