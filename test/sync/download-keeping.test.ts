// Counters of downloads are in no journal: the store has them from snapshots alone.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import type { Version } from '../../src/core/version.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { openJournalStore } from '../../src/storage/journal-store.ts';
import { openVersionStore } from '../../src/storage/version-store.ts';
import { openDownloadCounter } from '../../src/sync/download-counter.ts';
import { rebuild, renewSnapshots } from '../../src/sync/rebuild.ts';
import { createSnapshotWriter } from '../../src/sync/snapshot-writer.ts';
import { call, put, serveStore } from '../support/rest.ts';
import { sampleVersion } from '../support/sample-version.ts';
import { packSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { namesIn, openSnapshotReplica } from './snapshot-rig.ts';

const test = suite('keeping counters of downloads');
const demo = 'demo' as PackageName;
const one = '1.0.0' as Version;
const seven = { name: demo, version: one, count: 7 };

/** A replica whose journal says that demo was published. */
async function openRig(registry: Registry = createMemoryStore()) {
  const replica = openSnapshotReplica(registry);
  const common = { id: randomUUID(), actor: 'registry', event: 'registry created' } as const;
  const store = 'f'.repeat(32);
  await replica.submit({
    ...common,
    ...{ store, encoding: 'path', profile: 1, origin: 'o', key: 'a'.repeat(64) },
  });
  await replica.publish(sampleVersion('demo', '1.0.0'));
  return { registry, replica };
}

/** What an index says that is filled from the store. */
async function readAnew(registry: Registry) {
  const replica = openSnapshotReplica(registry);
  await replica.journal.catchUp();
  const rows = await replica.index.downloads([demo]);
  await replica.close();
  return rows;
}

test('a snapshot holds what was counted a moment before it, though no minute is over', async () => {
  const { registry, replica } = await openRig();
  const { index, journalStore: journal, versions, snapshots } = replica;
  const onError = (error: unknown) => assert.unreachable(String(error));
  const counter = openDownloadCounter(index, onError);
  const { flush: flushDownloads } = counter;
  const names = () => namesIn(index);
  const parts = { index, journal, versions, snapshots, names, onError, flushDownloads };
  const writer = createSnapshotWriter(parts);
  for (let n = 0; n < 7; n += 1) counter.note(demo, one);
  await writer.round();
  assert.equal(await readAnew(registry), [seven]);
  await counter.close();
  await replica.close();
});

test('an index that lost counters gets them back from the store with the next round', async () => {
  const { registry, replica } = await openRig();
  const lossy = openSnapshotReplica(registry);
  await lossy.journal.catchUp();
  await replica.index.addDownloads([seven]);
  await replica.writer.round();
  await lossy.index.addDownloads([{ ...seven, count: 2 }]);
  await lossy.writer.round();
  assert.equal(await lossy.index.downloads([demo]), [seven]);
  await lossy.index.addDownloads([{ ...seven, count: 1 }]);
  await lossy.writer.round();
  assert.equal(await readAnew(registry), [{ ...seven, count: 8 }]);
  await Promise.all([replica.close(), lossy.close()]);
});

test('snapshots that are made anew from the journal alone hold the counters of those before', async () => {
  const { registry, replica } = await openRig();
  await replica.index.addDownloads([seven]);
  await replica.writer.round();
  const { snapshots } = replica;
  await replica.close();
  const errors: unknown[] = [];
  const store = {
    journal: openJournalStore(registry),
    versions: openVersionStore(registry),
    snapshots,
    onError: (error: unknown) => errors.push(error),
  };
  const index = openMemoryIndex();
  const made = { index, replace: async () => true, close: () => index.close() };
  await rebuild(made, store, { deep: true });
  await renewSnapshots(index, store);
  assert.equal(await readAnew(registry), [seven]);
  assert.equal(errors, []);
  await made.close();
});

test('a server that is stopped in its first second knows the downloads when it is started again', async () => {
  const folder = await temporaryFolder();
  const data = join(folder.path, 'store');
  const path = '/api/v1/packages/demo';
  let service = await serveStore(data);
  try {
    const packed = await packSample(folder.path, { name: 'demo', version: '1.0.0' });
    assert.is((await put(service, packed)).status, 201);
    await service.stop();
    service = await serveStore(data);
    assert.is((await call(`${service.url}${path}/1.0.0/download`)).status, 200);
    await service.stop();
    service = await serveStore(data);
    const { downloads } = (await call(`${service.url}${path}?downloads=true`)).json();
    assert.is(downloads, 1);
  } finally {
    await service.stop();
    await folder.remove();
  }
});

test.run();
