import * as assert from 'uvu/assert';
import { sha256 } from '../../../src/core/digest.ts';
import type { PackageName } from '../../../src/core/name.ts';
import type { ReadmeText } from '../../../src/index/search-port.ts';
import { redisSuite } from './own-redis.ts';

const { test, run } = redisSuite('READMEs in Redis');

const row = (name: string, text: string): ReadmeText => ({
  name: name as PackageName,
  digest: sha256(`README of ${name}: ${text}`),
  text,
});

test('Words of READMEs are read back by every replica, as long as the README is the same', async ({
  open,
}) => {
  const index = await open();
  const peer = await open();
  const [a, b] = [row('a', 'exact numbers'), row('team/b', 'géométrie 数学 😀')];
  await index.readmes?.put([a, b]);
  assert.equal(await peer.readmes?.get([b, row('c', ''), a]), [b, a]);
  assert.equal(await peer.readmes?.get([row('a', 'other')]), []);
  const later = row('a', 'other');
  await peer.readmes?.put([later]);
  assert.equal(await index.readmes?.get([a, later]), [later]);
  assert.equal(await index.readmes?.get([]), []);
  await index.readmes?.put([]);
});

test('They outlive a clearing, and what cannot be read is not there', async ({
  open,
  redis,
  tag,
}) => {
  const index = await open();
  const [a, b] = [row('a', 'exact numbers'), row('b', 'others')];
  await index.readmes?.put([a, b]);
  await index.clear();
  assert.equal(await index.readmes?.get([a, b]), [a, b]);
  const key = `{vitte:${tag}}:3:readmes`;
  for (const broken of [
    '',
    'x',
    Buffer.concat([Buffer.from(a.digest.slice(7), 'hex'), Buffer.from('no deflate')]),
  ]) {
    await redis.client.hset(key, 'a', broken);
    assert.equal(await index.readmes?.get([a, b]), [b]);
  }
});

test('A thousand at once are kept and read', async ({ open }) => {
  const index = await open();
  const rows = Array.from({ length: 1_000 }, (_, n) => row(`lib-${n}`, `words of ${n}`));
  await index.readmes?.put(rows);
  assert.equal(await index.readmes?.get(rows), rows);
});

run();
