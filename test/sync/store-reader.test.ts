import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import { VitteError } from '../../src/core/errors.ts';
import type { JournalEvent } from '../../src/core/journal-entry.ts';
import type { PackageName } from '../../src/core/name.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { openJournalStore } from '../../src/storage/journal-store.ts';
import { openSnapshotStore } from '../../src/storage/snapshots.ts';
import { openVersionStore } from '../../src/storage/version-store.ts';
import { openStoreReader } from '../../src/sync/store-reader.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { sampleVersion } from '../support/sample-version.ts';
import { suite } from '../support/suite.ts';
import { openReplica } from './replica.ts';
import { losableIndex, openSnapshotReplica, watchedRegistry } from './snapshot-rig.ts';

const test = suite('packages as the store tells them');
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const demo = 'demo' as PackageName;

const created: JournalEvent = {
  id: randomUUID(),
  actor: 'registry',
  event: 'registry created',
  store: 'f'.repeat(32),
  encoding: 'path',
  profile: 1,
  origin: 'vitte.test/log',
  key: 'a'.repeat(64),
};

/** A replica with an index, and a reader without one that looks at the store again whenever it is asked. */
async function openRig(registry: Registry = createMemoryStore()) {
  const index = losableIndex();
  let time = 0;
  const replica = openSnapshotReplica(registry, { index, now: () => time });
  await replica.submit({ ...created, id: randomUUID() });
  const watched = watchedRegistry(registry);
  const journal = openJournalStore(watched.registry);
  const versions = openVersionStore(watched.registry);
  const snapshots = { store: openSnapshotStore(watched.registry), onUnread: () => {} };
  const reader = openStoreReader({ journal, versions, snapshots }, () => time);
  return {
    replica,
    reader,
    asked: watched.operations,
    pass: (ms: number) => {
      time += ms;
    },
    async close() {
      reader.close();
      await replica.close();
      await index.close();
    },
  };
}

test('a package is told by the journal alone, by its snapshot, and by its snapshot with the tail behind it', async () => {
  const rig = await openRig();
  const { replica, reader } = rig;
  const same = async () => {
    rig.pass(60_000);
    const { head, value } = await replica.index.package(demo);
    assert.equal(await reader.package(demo), { sequence: head?.sequence, value });
  };
  const first = sampleVersion('demo', '1.0.0', 'first');
  await replica.publish(first);
  await same();
  await replica.writer.round();
  await same();
  await replica.publish(sampleVersion('demo', '1.1.0', 'second'));
  await same();
  const { version, digest } = first.facts;
  const yank = { actor: 'admin', package: demo, version, digest, reason: 'broken' };
  await replica.submit({ ...yank, id: randomUUID(), event: 'yanked' });
  await replica.submit({ ...yank, id: randomUUID(), event: 'deprecated', message: 'use other' });
  await same();
  await replica.writer.round();
  await same();
  assert.equal(replica.unread, []);
  await rig.close();
});

test('with a snapshot one package costs a few requests, however many there are', async () => {
  const rig = await openRig();
  const { replica, reader } = rig;
  await Promise.all(
    range(100).map((n) => replica.publish(sampleVersion(`package-${n}`, '1.0.0', `${n}`))),
  );
  await replica.writer.round();
  rig.asked.length = 0;
  const found = await reader.package('package-42' as PackageName);
  assert.is(found?.value.versions[0]?.version, '1.0.0');
  const versions = rig.asked.filter(
    ({ method, repository }) => method === 'manifests.fetch' && repository.startsWith('package-'),
  );
  assert.equal(versions, [], 'no manifest of a version is read');
  assert.ok(rig.asked.length <= 10, JSON.stringify(rig.asked));
  await rig.close();
});

test('the store is looked at once a second, and what happened since is seen then', async () => {
  const rig = await openRig();
  const { replica, reader } = rig;
  await replica.publish(sampleVersion('demo', '1.0.0', 'first'));
  await replica.writer.round();
  await reader.package(demo);
  rig.asked.length = 0;
  await replica.publish(sampleVersion('demo', '1.1.0', 'second'));
  await Promise.all(range(100).map(() => reader.package(demo)));
  assert.equal(rig.asked, [], 'within the second nothing is asked');
  rig.pass(1_000);
  const found = await Promise.all(range(100).map(() => reader.package(demo)));
  assert.equal(new Set(found.map((one) => one?.value.versions.length)), new Set([2]));
  assert.ok(rig.asked.length <= 8, `${rig.asked.length} requests`);
  await rig.close();
});

test('who has seen more than that is not told less: the store is looked at again within the second', async () => {
  const rig = await openRig();
  const { replica, reader } = rig;
  await replica.publish(sampleVersion('demo', '1.0.0', 'first'));
  await replica.writer.round();
  await reader.package(demo);
  await replica.publish(sampleVersion('demo', '1.1.0', 'second'));
  const least = (await replica.index.head())?.sequence ?? 0;
  rig.asked.length = 0;
  const found = await Promise.all(range(100).map(() => reader.package(demo, { least })));
  assert.equal(new Set(found.map((one) => one?.sequence)), new Set([least]));
  assert.ok(rig.asked.length <= 8, `${rig.asked.length} requests`);
  // A number that the journal has not reached is nobody's.
  assert.is((await reader.package(demo, { least: least + 9 }))?.sequence, least);
  await rig.close();
});

test('a look that fails costs no more than itself: the next one goes on from what was read', async () => {
  const away = new VitteError('PKG_E_STORAGE_UNAVAILABLE', 'the storage is away');
  let isAway = false;
  const registry = faultRegistry(createMemoryStore(), () => (isAway ? { before: away } : 'ok'));
  const rig = await openRig(registry);
  const { replica, reader } = rig;
  for (const n of range(20)) await replica.publish(sampleVersion('demo', `1.${n}.0`, `${n}`));
  await reader.package(demo);
  rig.pass(1_000);
  isAway = true;
  assert.is(await reader.package(demo).catch((error) => error), away);
  isAway = false;
  rig.asked.length = 0;
  await replica.publish(sampleVersion('demo', '2.0.0', 'later'));
  assert.is((await reader.package(demo))?.value.versions.length, 21);
  const batches = rig.asked.filter(({ repository }) => repository === 'vitte-registry');
  assert.ok(batches.length <= 8, `${batches.length} requests`);
  await rig.close();
});

test('another writer with a new term is followed', async () => {
  const registry = createMemoryStore();
  const rig = await openRig(registry);
  await rig.replica.publish(sampleVersion('demo', '1.0.0', 'first'));
  await rig.reader.package(demo);
  const other = openReplica(registry);
  await other.journal.catchUp();
  await other.publish(sampleVersion('demo', '1.1.0', 'second'));
  rig.pass(1_000);
  assert.is((await rig.reader.package(demo))?.value.versions.length, 2);
  await other.close();
  await rig.close();
});

test('of a name that the journal does not know nothing is told, and neither where a record is gone', async () => {
  const registry = createMemoryStore();
  const rig = await openRig(registry);
  const { replica, reader } = rig;
  await replica.publish(sampleVersion('demo', '1.0.0', 'first'));
  assert.is(await reader.package('unknown' as PackageName), undefined);
  await replica.writer.round();
  const { record } = (await replica.snapshots.state(demo))!;
  await registry.repository('demo').blobs.delete(record);
  rig.pass(120_000);
  reader.close();
  assert.is(await reader.package(demo), undefined);
  await rig.close();
});

test('an older snapshot that comes late under the tag is not taken for the newer one', async () => {
  const registry = createMemoryStore();
  const rig = await openRig(registry);
  const { replica, reader } = rig;
  await replica.publish(sampleVersion('demo', '1.0.0', 'first'));
  await replica.writer.round();
  const { manifests } = registry.repository('demo');
  const old = (await manifests.fetch('_state'))!;
  rig.pass(60_000);
  await replica.publish(sampleVersion('demo', '1.1.0', 'second'));
  await replica.writer.round();
  await manifests.push(
    { mediaType: old.descriptor.mediaType, bytes: old.bytes },
    { tag: '_state' },
  );
  assert.is((await reader.package(demo))?.value.versions.length, 2);
  await rig.close();
});

test('while it can not be told where the journal ends, nothing is told', async () => {
  const registry = createMemoryStore();
  const rig = await openRig(registry);
  await rig.replica.publish(sampleVersion('demo', '1.0.0', 'first'));
  await openJournalStore(registry).proposeTerm({ name: `9-${'0'.repeat(16)}`, number: 9 });
  let code = '';
  await rig.reader.package(demo).catch((error) => {
    code = error.code;
  });
  assert.is(code, 'PKG_E_INDEX_UNAVAILABLE');
  await rig.close();
});

test('a package changed every minute has a snapshot a minute at most', async () => {
  const rig = await openRig();
  const { replica } = rig;
  await replica.publish(sampleVersion('demo', '1.0.0', 'first'));
  await replica.writer.round();
  const before = await replica.snapshots.state(demo);
  await replica.publish(sampleVersion('demo', '1.1.0', 'second'));
  rig.pass(30_000);
  await replica.writer.round();
  assert.equal(await replica.snapshots.state(demo), before);
  const index = await replica.snapshots.index();
  assert.ok(index!.states < index!.position.sequence, 'the tail goes on from there');
  rig.pass(30_000);
  await replica.writer.round();
  assert.is.not((await replica.snapshots.state(demo))?.record, before?.record);
  assert.is((await replica.snapshots.index())?.states, index!.position.sequence);
  await rig.close();
});

test.run();
