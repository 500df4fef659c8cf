// Blobs of a layout that are passed on: read into memory that is used again.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { hexOf } from '../../src/core/digest.ts';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import type { BlobStore, Registry } from '../../src/oci/port.ts';
import { randomBlob, rejectsWith } from '../contract/oci-support.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = {
  folder: string;
  registry: Registry;
  blobs: BlobStore;
  remove(): Promise<void>;
};
const test = suite<Rig>('blobs of a layout that are passed on');
const { target, bytes } = randomBlob(2_000_000);
const { digest } = target;

test.before.each(async (rig) => {
  const { path, remove } = await temporaryFolder();
  rig.folder = path;
  rig.remove = remove;
  rig.registry = await openOciLayoutStore(path);
  rig.blobs = rig.registry.repository('demo').blobs;
  await rig.blobs.push(target, bytes);
});
test.after.each(async ({ registry, remove }) => {
  await registry.close();
  await remove();
});

test('it comes whole or in part, hashed or not, whoever reads beside', async ({ blobs }) => {
  const all = Array.from({ length: 40 }, (_, n) => {
    const range = n % 3 === 0 ? { first: n, last: 1_500_000 } : undefined;
    return read(blobs, n % 2 === 0, range);
  });
  for (const [n, got] of (await Promise.all(all)).entries()) {
    const expected = n % 3 === 0 ? bytes.subarray(n, 1_500_001) : bytes;
    assert.ok(got.bytes.equals(expected), `${n}`);
  }
});

test('its pieces share one memory, but for the copy of the last one that is hashed', async ({
  blobs,
}) => {
  assert.is((await read(blobs, true)).memories, 1);
  assert.is((await read(blobs, false)).memories, 2);
  const kept = await blobs.fetch(digest);
  const memories = new Set<ArrayBufferLike>();
  for await (const piece of kept!.body) memories.add(piece.buffer);
  assert.ok(memories.size > 2, 'who may keep them gets pieces of their own');
});

test('its stamp is another one once something else was written in its place', async (rig) => {
  const { blobs, folder } = rig;
  const first = (await blobs.fetch(digest))?.stamp;
  assert.is((await blobs.fetch(digest))?.stamp, first);
  const asked: unknown[] = [];
  await read(blobs, (stamp) => asked.push(stamp) > 0);
  assert.equal(asked, [first]);
  const damaged = Buffer.from(bytes);
  damaged[5]! ^= 1;
  await writeFile(join(folder, 'demo/blobs/sha256', hexOf(digest)), damaged);
  assert.is.not((await blobs.fetch(digest))?.stamp, first);
  await rejectsWith(
    'PKG_E_INTEGRITY',
    read(blobs, (stamp) => stamp === first),
  );
});

test('what a reader left behind is not used again while it may be on its way', async ({
  blobs,
}) => {
  const found = await blobs.fetch(digest, { transient: true });
  let left: Uint8Array = Buffer.alloc(0);
  for await (const piece of found!.body) {
    left = piece;
    break;
  }
  const was = Buffer.from(left);
  for (let times = 0; times < 40; times += 1) await read(blobs, true, { first: 999 });
  assert.ok(was.equals(left));
});

test('an abort ends the reading with its reason', async ({ blobs }) => {
  const leaving = new AbortController();
  const reason = new Error('enough');
  const found = await blobs.fetch(digest, { transient: true, signal: leaving.signal });
  const consume = async () => {
    for await (const _piece of found!.body) leaving.abort(reason);
  };
  assert.is(await consume().catch((error) => error), reason);
});

test.run();

async function read(
  blobs: BlobStore,
  hashed: boolean | ((stamp: string | undefined) => boolean),
  range?: { first: number; last?: number },
) {
  const ask = typeof hashed === 'boolean' ? () => hashed : hashed;
  const options = { transient: true, hashed: ask, ...(range ? { range } : {}) };
  const found = await blobs.fetch(digest, options);
  const pieces: Buffer[] = [];
  const memories = new Set<ArrayBufferLike>();
  for await (const piece of found!.body) {
    pieces.push(Buffer.from(piece));
    memories.add(piece.buffer);
    await new Promise((done) => setImmediate(done));
  }
  return { bytes: Buffer.concat(pieces), memories: memories.size };
}
