import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { Digest } from '../../src/core/digest.ts';
import type { PackageName } from '../../src/core/name.ts';
import type { Version } from '../../src/core/version.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { openSnapshotStore } from '../../src/storage/snapshots.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { sampleVersion } from '../support/sample-version.ts';
import { suite } from '../support/suite.ts';
import { everything, openReplica } from './replica.ts';
import { openSnapshotReplica, watchedRegistry } from './snapshot-rig.ts';

const test = suite('snapshots of the index');
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

const created = () => ({
  id: randomUUID(),
  actor: 'registry',
  event: 'registry created' as const,
  store: 'f'.repeat(32),
  encoding: 'path' as const,
  profile: 1,
  origin: 'vitte.test/log',
  key: 'a'.repeat(64),
});
const tokenMade = () => ({
  id: randomUUID(),
  actor: 'registry',
  event: 'token made' as const,
  token: 'a1',
  sha256: 'ab'.repeat(32),
  account: 'admin',
  role: 'admin' as const,
});

/** A store with so many packages of one version, the first of them yanked, and a token. */
async function filledStore(packages: number, tidies = false) {
  const registry = createMemoryStore();
  const replica = openSnapshotReplica(registry, { tidies });
  await replica.submit(created());
  await replica.submit(tokenMade());
  await Promise.all(
    range(packages).map((n) =>
      replica.publish(sampleVersion(`package-${n}`, '1.0.0', `${n}`, { other: '^1.0.0' })),
    ),
  );
  await replica.submit(
    yanked('package-0', sampleVersion('package-0', '1.0.0', '0', { other: '^1.0.0' })),
  );
  return { registry, replica };
}

function yanked(name: string, sample: ReturnType<typeof sampleVersion>) {
  const { version, digest } = sample.facts;
  const common = { id: randomUUID(), actor: 'admin', package: name as PackageName };
  return { ...common, event: 'yanked' as const, version, digest, reason: 'broken' };
}

/** What an index says that is filled from a store, and what had to be read for it. */
async function readAnew(registry: Registry, from: 'snapshot' | 'journal') {
  const watched = watchedRegistry(registry);
  const replica =
    from === 'snapshot' ? openSnapshotReplica(watched.registry) : openReplica(watched.registry);
  await replica.journal.catchUp();
  const said = await everything(replica.index);
  const token = (await replica.index.token('ab'.repeat(32))).value;
  const downloads = await replica.index.downloads(['package-1' as PackageName]);
  const { errors } = replica;
  await replica.close();
  return { said, token, downloads, reads: watched.operations, errors };
}

test('an index filled from a snapshot and the tail behind it equals one filled from the journal', async () => {
  const { registry, replica } = await filledStore(150);
  assert.equal(await replica.writer.round(), { wrote: true, more: false });
  await replica.publish(sampleVersion('late', '1.0.0'));
  const live = await everything(replica.index);
  await replica.close();

  const deep = await readAnew(registry, 'journal');
  const fast = await readAnew(registry, 'snapshot');
  assert.equal(deep.said, live);
  assert.equal(fast.said, live);
  assert.equal(fast.token, deep.token);
  const manifests = fast.reads.filter(
    ({ method, repository }) => method === 'manifests.fetch' && repository.startsWith('package-'),
  );
  assert.equal(manifests, [], 'no manifest of a version in the snapshot is read');
  assert.ok(
    fast.reads.filter(({ method }) => /fetch|tags/.test(method)).length < 20,
    'a few requests for all of them',
  );
});

test('a round that finds nothing new writes nothing', async () => {
  const { registry, replica } = await filledStore(3);
  await replica.writer.round();
  const watched = watchedRegistry(registry);
  const other = openSnapshotReplica(watched.registry);
  await other.journal.catchUp();
  assert.equal(await other.writer.round(), { wrote: false, more: false });
  assert.equal(
    watched.operations.filter(({ method }) => /push|tag$|delete/.test(method)),
    [],
  );
  await Promise.all([replica.close(), other.close()]);
});

test('what was written once is not written again, and pieces stay few', async () => {
  const { registry, replica } = await filledStore(1);
  const { snapshots } = replica;
  const sizes: number[] = [];
  for (const n of range(40)) {
    await replica.publish(sampleVersion('growing', `1.${n}.0`, `${n}`));
    await replica.writer.round();
    const snapshot = await snapshots.index();
    const entries = snapshot?.pieces.filter(({ kind }) => kind === 'entries') ?? [];
    sizes.push(entries.length);
    const { sequence } = snapshot!.position;
    assert.is(
      entries.reduce((sum, { rows }) => sum + rows, 0),
      sequence,
    );
  }
  assert.ok(Math.max(...sizes) <= 7, `${sizes}`);
  const deep = await readAnew(registry, 'journal');
  assert.equal((await readAnew(registry, 'snapshot')).said, deep.said);
  await replica.close();
});

test('counters of downloads outlive the index', async () => {
  const { registry, replica } = await filledStore(2);
  const name = 'package-1' as PackageName;
  const count = { name, version: '1.0.0' as Version, count: 7 };
  await replica.index.addDownloads([count]);
  await replica.writer.round();
  assert.equal((await readAnew(registry, 'snapshot')).downloads, [count]);
  await replica.index.addDownloads([count]);
  assert.is((await replica.writer.round()).wrote, true);
  assert.is((await replica.writer.round()).wrote, false);
  assert.equal((await readAnew(registry, 'snapshot')).downloads, [{ ...count, count: 14 }]);
  await replica.close();
});

test('a snapshot whose position is not on the chain is ignored', async () => {
  const { registry, replica } = await filledStore(140);
  await replica.writer.round();
  const snapshot = (await replica.snapshots.index())!;
  const elsewhere = { ...snapshot.position, batch: `sha256:${'0'.repeat(64)}` as Digest };
  await replica.snapshots.writeIndex({ ...snapshot, position: elsewhere });
  const fast = await readAnew(registry, 'snapshot');
  assert.equal(fast.said, await everything(replica.index));
  await replica.writer.round();
  assert.equal((await replica.snapshots.index())?.position, await replica.index.head());
  await replica.close();
});

test('the snapshot of another journal is ignored, though it reads well', async () => {
  const [own, other] = [await filledStore(140), await filledStore(150)];
  await other.replica.writer.round();
  const foreign = (await other.replica.snapshots.index())!;
  const [from, to] = [other, own].map(({ registry }) => registry.repository('vitte-registry'));
  for (const { digest, size } of foreign.pieces) {
    const { body } = (await from!.blobs.fetch(digest))!;
    await to!.blobs.push({ digest, size }, () => body);
  }
  await own.replica.snapshots.writeIndex(foreign);
  const fast = await readAnew(own.registry, 'snapshot');
  assert.equal(fast.said, await everything(own.replica.index));
  await Promise.all([own.replica.close(), other.replica.close()]);
});

test('a snapshot of another schema, or that is no snapshot, is ignored', async () => {
  const { registry, replica } = await filledStore(2);
  await replica.writer.round();
  const { manifests } = registry.repository('vitte-registry');
  const stored = (await manifests.fetch('_index'))!;
  const other = Buffer.from(stored.bytes).toString().replace('vitte.index.v1', 'vitte.index.v9');
  const { mediaType } = stored.descriptor;
  await manifests.push({ mediaType, bytes: Buffer.from(other) }, { tag: '_index' });
  assert.is(await replica.snapshots.index(), undefined);
  assert.equal((await readAnew(registry, 'snapshot')).said, await everything(replica.index));

  const broken = Buffer.from(stored.bytes)
    .toString()
    .replace('snapshot.batch":"sha256:', 'snapshot.batch":"');
  await manifests.push({ mediaType, bytes: Buffer.from(broken) }, { tag: '_index' });
  assert.equal((await readAnew(registry, 'snapshot')).said, await everything(replica.index));
  assert.is((await replica.writer.round()).wrote, true);
  assert.is(
    (await replica.snapshots.index())?.position.sequence,
    (await replica.index.head())?.sequence,
  );
  await replica.close();
});

test('a piece that is gone costs time alone, and the next round makes a whole snapshot again', async () => {
  const { registry, replica } = await filledStore(140);
  await replica.writer.round();
  const [piece] = (await replica.snapshots.index())!.pieces;
  await registry.repository('vitte-registry').blobs.delete(piece!.digest);
  const fast = await readAnew(registry, 'snapshot');
  assert.equal(fast.said, await everything(replica.index));
  assert.is(fast.errors.length, 1, 'it is told');

  await Promise.all(
    range(100).map((n) => replica.publish(sampleVersion(`more-${n}`, '1.0.0', `${n}`))),
  );
  await replica.writer.round();
  assert.is(replica.unread.length, 1, 'the piece could not be joined with what is new');
  const healed = await readAnew(registry, 'snapshot');
  assert.equal(healed.said, await everything(replica.index));
  assert.equal(healed.errors, []);
  await replica.close();
});

test('a version that the index holds as voided does not come back from a snapshot', async () => {
  const { registry, replica } = await filledStore(140);
  await replica.writer.round();
  const lost = sampleVersion('package-3', '1.0.0', '3', { other: '^1.0.0' });
  await registry.repository('package-3').manifests.delete(lost.manifest.digest);
  const deep = openSnapshotReplica(registry);
  await deep.journal.catchUp({ deep: true });
  const [version] = (await deep.index.package('package-3' as PackageName)).value!.versions;
  assert.is(version?.voided, true);
  await deep.writer.round({ fresh: true });
  assert.equal((await readAnew(registry, 'snapshot')).said, await everything(deep.index));
  await Promise.all([replica.close(), deep.close()]);
});

test('a death at any step of a round leaves a store that a start reads as before', async () => {
  const died = new Error('died');
  for (let step = 0; ; step += 1) {
    const { registry, replica } = await filledStore(3, true);
    await replica.writer.round();
    await replica.publish(sampleVersion('late', '1.0.0'));
    let left = step;
    let befell = false;
    const dying = openSnapshotReplica(
      faultRegistry(registry, ({ method }) => {
        if (!/push|tag$|delete/.test(method) || left-- > 0) return 'ok';
        befell = true;
        return { before: died };
      }),
      { tidies: true },
    );
    await dying.journal.catchUp();
    const outcome = await dying.writer.round().catch((error: unknown) => error);
    assert.equal((await readAnew(registry, 'snapshot')).said, await everything(replica.index));
    await Promise.all([replica.close(), dying.close()]);
    if (!befell) {
      assert.equal(outcome, { wrote: true, more: false });
      assert.ok(step >= 4, `${step} writes`);
      return;
    }
  }
});

test('in a storage without a collector nothing is left of old snapshots', async () => {
  const { registry, replica } = await filledStore(5, true);
  for (const n of range(5)) {
    await replica.publish(sampleVersion('growing', `1.${n}.0`, `${n}`));
    await replica.writer.round();
  }
  const snapshot = (await openSnapshotStore(registry).index())!;
  const stored = await registry.repository('vitte-registry').manifests.fetch('_index');
  assert.ok(stored);
  assert.equal(replica.unread, []);
  for (const { digest } of snapshot.pieces) {
    assert.ok(await registry.repository('vitte-registry').blobs.stat(digest));
  }
  await replica.close();
});

test.run();
