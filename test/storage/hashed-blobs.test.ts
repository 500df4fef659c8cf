// Which archives are hashed again when they are passed on.
import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { digestOfHex } from '../../src/core/digest.ts';
import { isVitteError, VitteError } from '../../src/core/errors.ts';
import type { PackageName } from '../../src/core/name.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { BlobReadOptions, BlobStore, Registry } from '../../src/oci/port.ts';
import { openVersionStore } from '../../src/storage/version-store.ts';
import { suite } from '../support/suite.ts';

const test = suite('hashing what is passed on');
const name = 'demo' as PackageName;
const bytes = Buffer.alloc(3_000_000, 'archive');
const digest = digestOfHex(createHash('sha256').update(bytes).digest('hex'));
const relayed = { bytes: bytes.length };

test('what was published here is not hashed again', async () => {
  const { store, asked } = watchedStore();
  await publish(store);
  await readThrough(store);
  assert.equal(asked, [true]);
});

test('what another replica published is hashed once, when it was read to its end', async () => {
  const { store, asked, blobs } = watchedStore();
  await blobs.push({ digest, size: bytes.length }, bytes);
  const leaving = await store.openArchive(name, digest, { relayed });
  for await (const _piece of leaving!.body) break;
  await readThrough(store);
  await readThrough(store);
  assert.equal(asked, [false, false, true]);
});

test('a part does not count', async () => {
  const { store, asked, blobs } = watchedStore();
  await blobs.push({ digest, size: bytes.length }, bytes);
  await readThrough(store, { range: { first: 1 } });
  await readThrough(store);
  assert.equal(asked, [false, false]);
});

test('what was written anew is hashed anew', async () => {
  const rig = watchedStore();
  await rig.blobs.push({ digest, size: bytes.length }, bytes);
  rig.stamp = 'one';
  await readThrough(rig.store);
  await readThrough(rig.store);
  rig.stamp = 'two';
  await readThrough(rig.store);
  assert.equal(rig.asked, [false, true, false]);
});

test('what does not verify is not noted', async () => {
  const rig = watchedStore();
  await rig.blobs.push({ digest, size: bytes.length }, bytes);
  rig.damaged = true;
  for (let times = 0; times < 2; times += 1) {
    const error = await readThrough(rig.store).catch((reason: unknown) => reason);
    assert.ok(isVitteError(error, 'PKG_E_INTEGRITY'));
  }
  assert.equal(rig.asked, [false, false]);
});

test('who checks nothing always gets it verified, and may keep it', async () => {
  const { store, options } = watchedStore();
  await publish(store);
  const read = await store.openArchive(name, digest);
  for await (const _piece of read!.body);
  assert.is(options.at(-1)?.transient, undefined);
  assert.is(options.at(-1)?.hashed, undefined);
});

test('a small archive takes no memory that is used again', async () => {
  const { store, options } = watchedStore();
  await publish(store);
  for (const size of [1024 * 1024, 1024 * 1024 - 1]) {
    for await (const _piece of (await store.openArchive(name, digest, {
      relayed: { bytes: size },
    }))!.body);
  }
  assert.equal(
    options.map(({ transient }) => transient),
    [true, false],
  );
});

test.run();

type Store = ReturnType<typeof openVersionStore>;

/** A store over a storage that tells which reads were told to be hashed already. */
function watchedStore() {
  const inner = createMemoryStore();
  const blobs = inner.repository('demo').blobs;
  const rig = {
    asked: [] as boolean[],
    options: [] as BlobReadOptions[],
    stamp: undefined as string | undefined,
    damaged: false,
    blobs,
  };
  const fetch: BlobStore['fetch'] = async (wanted, options = {}) => {
    rig.options.push(options);
    rig.asked.push(options.hashed?.(rig.stamp) ?? false);
    const read = await blobs.fetch(wanted, options);
    const body = rig.damaged ? failing() : read?.body;
    return read && body && { ...read, body, ...(rig.stamp ? { stamp: rig.stamp } : {}) };
  };
  const registry: Registry = {
    ...inner,
    repository(of) {
      const repository = inner.repository(of);
      return { ...repository, blobs: { ...repository.blobs, fetch } };
    },
  };
  return Object.assign(rig, { store: openVersionStore(registry) });
}

// biome-ignore lint/correctness/useYield: it fails before it has anything to give
async function* failing(): AsyncGenerator<Uint8Array> {
  throw new VitteError('PKG_E_INTEGRITY', 'damaged');
}

async function publish(store: Store) {
  async function* source() {
    yield bytes;
  }
  const staged = await store.stageArchive(name, source());
  await staged.commit();
}

async function readThrough(store: Store, options: BlobReadOptions = {}) {
  const { range } = options;
  const read = await store.openArchive(name, digest, { relayed, ...(range ? { range } : {}) });
  for await (const _piece of read!.body);
}
