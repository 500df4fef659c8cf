// Manifests and documents that the storage lost: what the index and the snapshots hold of a version makes them again.
import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import type { Index } from '../../src/index/port.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import { openJournalStore } from '../../src/storage/journal-store.ts';
import { openSnapshotStore } from '../../src/storage/snapshots.ts';
import { openVersionStore } from '../../src/storage/version-store.ts';
import { healingVersions, restoreContent } from '../../src/sync/content-again.ts';
import { mendingOf } from '../../src/sync/findings.ts';
import { goneVersions } from '../../src/sync/gone-versions.ts';
import { rebuild } from '../../src/sync/rebuild.ts';
import { verify } from '../../src/sync/verify.ts';
import { sampleVersion } from '../support/sample-version.ts';
import { suite } from '../support/suite.ts';
import { created, losableIndex, openSnapshotReplica } from './snapshot-rig.ts';

const test = suite('content that is made again');
const demo = 'demo' as PackageName;
const kept = sampleVersion('demo', '1.0.0', 'kept');
const lost = sampleVersion('demo', '1.1.0', 'lost', { kept: '^1.0.0' });
const alone = sampleVersion('alone', '1.0.0', 'alone');

/** A store whose index and snapshots know every version. */
async function openStore() {
  const registry = createMemoryStore();
  const index = losableIndex();
  const replica = openSnapshotReplica(registry, { index });
  await replica.submit(created());
  for (const sample of [kept, lost, alone]) {
    await replica.publish(sample);
    const { document, version, digest } = sample.facts;
    await replica.versions.tagVersion(document.name, version, digest);
  }
  await replica.writer.round();
  await replica.close();
  const errors: unknown[] = [];
  const store = {
    journal: openJournalStore(registry),
    versions: openVersionStore(registry),
    snapshots: openSnapshotStore(registry),
    onError: (error: unknown) => errors.push(error),
  };
  const contentFindings = async (of: Index) => {
    const { findings } = await verify({ ...store, registry, index: of }, { store: true });
    return findings.filter((finding) => mendingOf(finding) === 'content');
  };
  return { registry, index, store, errors, contentFindings };
}

for (const source of ['index', 'snapshot'] as const) {
  test(`a manifest and a document that are gone are made again from the ${source}`, async () => {
    const { registry, index, store, errors, contentFindings } = await openStore();
    const { blobs, manifests } = registry.repository('demo');
    const config = lost.manifest.config.descriptor.digest;
    const bytes = (await manifests.fetch(lost.facts.digest))!.bytes;
    const from = source === 'index' ? index : openMemoryIndex();

    await blobs.delete(config);
    let found = await contentFindings(index);
    assert.equal(
      found.map(({ detail, digest }) => [detail, digest]),
      [['document', config]],
    );
    assert.is(await restoreContent({ ...store, index: from }, found), 1);
    assert.ok(await blobs.stat(config));

    await manifests.delete(lost.facts.digest);
    await blobs.delete(config);
    found = await contentFindings(index);
    assert.equal(
      found.map(({ detail, digest }) => [detail, digest]),
      [['manifest', lost.facts.digest]],
    );
    assert.is(await restoreContent({ ...store, index: from }, found), 1);
    assert.equal((await manifests.fetch(lost.facts.digest))!.bytes, bytes);
    assert.ok(await blobs.stat(config));
    assert.equal([await contentFindings(index), errors], [[], []]);
  });
}

test('an archive that is gone, and a manifest that nothing gives, are left as they are', async () => {
  const { registry, index, store, contentFindings } = await openStore();
  const { blobs, manifests } = registry.repository('demo');
  await blobs.delete(kept.facts.archive.digest);
  await manifests.delete(lost.facts.digest);
  const forged: Index = {
    ...index,
    async package(name, options) {
      const read = await index.package(name, options);
      return JSON.parse(JSON.stringify(read).replaceAll('src/lib.vit', 'src/other.vit'));
    },
  };
  const none = { ...store.snapshots, state: async () => undefined };
  const found = await contentFindings(index);
  assert.equal(
    found.map(({ version }) => version),
    ['1.1.0'],
  );
  assert.is(await restoreContent({ ...store, snapshots: none, index: forged }, found), 0);
  assert.is(await manifests.fetch(lost.facts.digest), undefined);
});

test('a deep rebuild makes a manifest again, and names the versions of which nothing is left', async () => {
  const { registry, index, store } = await openStore();
  await registry.repository('demo').manifests.delete(lost.facts.digest);
  const made = openMemoryIndex();
  const anew = { index: made, replace: async () => true, close: () => made.close() };
  const versions = healingVersions({ ...store, index });
  await rebuild(anew, { ...store, versions }, { deep: true });
  assert.equal((await made.package(demo)).value, (await index.package(demo)).value);
  assert.equal(await goneVersions(made), { count: 0, versions: [] });

  for (const { facts } of [lost, alone]) {
    await registry.repository(facts.document.name).manifests.delete(facts.digest);
  }
  const poor = openMemoryIndex();
  await rebuild({ ...anew, index: poor }, store, { deep: true });
  assert.equal(await goneVersions(poor), {
    count: 2,
    versions: [
      { name: 'demo', version: '1.1.0' },
      { name: 'alone', version: '1.0.0' },
    ],
  });
});

test.run();
