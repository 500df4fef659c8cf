import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import { emptyDescriptor } from '../../src/core/descriptor.ts';
import { type Digest, hexOf, sha256 } from '../../src/core/digest.ts';
import { VitteError } from '../../src/core/errors.ts';
import { canonicalBytes } from '../../src/core/json.ts';
import { annotations, mediaTypes } from '../../src/core/media-types.ts';
import type { PackageName } from '../../src/core/name.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import type { Index } from '../../src/index/port.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { encodeBatch } from '../../src/storage/batch.ts';
import { openJournalStore } from '../../src/storage/journal-store.ts';
import { openSnapshotStore } from '../../src/storage/snapshots.ts';
import { newTerm } from '../../src/storage/term.ts';
import { type BundleArtifact, openVersionStore } from '../../src/storage/version-store.ts';
import { catchUp } from '../../src/sync/catch-up.ts';
import { fillingParts } from '../../src/sync/rebuild.ts';
import { type VerifyOptions, verify } from '../../src/sync/verify.ts';
import { pushSample, type SampleVersion, sampleVersion } from '../support/sample-version.ts';
import { suite } from '../support/suite.ts';
import { created, losableIndex, openSnapshotReplica } from './snapshot-rig.ts';

const test = suite('comparing store, journal and index');
const demo = 'demo' as PackageName;
const samples = ['1.0.0', '1.1.0', '2.0.0'].map((version) =>
  sampleVersion('demo', version, version),
);
const other = sampleVersion('ns/other', '1.0.0', 'other', { demo: '^1.0.0' });

/** A sound store: four versions with their tags, snapshots of all, and the index behind it. */
async function soundStore() {
  const registry = createMemoryStore();
  const index = losableIndex();
  const replica = openSnapshotReplica(registry, { index });
  await replica.submit(created());
  for (const sample of [...samples, other]) {
    await replica.publish(sample);
    await tag(replica.versions, sample);
  }
  await replica.writer.round();
  const { version, digest } = samples[0]!.facts;
  const yank = { id: randomUUID(), actor: 'admin', package: demo, version, digest };
  await replica.submit({ ...yank, event: 'yanked' });
  await replica.close();
  return { registry, index, manifests: registry.repository('demo').manifests };
}

async function tag(versions: ReturnType<typeof openVersionStore>, { facts }: SampleVersion) {
  await versions.tagVersion(facts.document.name, facts.version, facts.digest);
}

/** What is found, in a few words each, sorted. */
async function found(registry: Registry, index?: Index, options: Partial<VerifyOptions> = {}) {
  const store = {
    journal: openJournalStore(registry),
    versions: openVersionStore(registry),
    snapshots: openSnapshotStore(registry),
    onError() {},
  };
  const parts = { ...store, registry, ...(index ? { index } : {}) };
  const verified = await verify(parts, { store: true, ...options });
  const words = verified.findings.map(({ kind, package: name, version, tag, detail }) =>
    [kind, name, version, tag, detail].filter((word) => word !== undefined).join(' '),
  );
  return Object.assign(words.sort(), { verified, store });
}

test('a sound store is found sound, from snapshots and from the journal alone', async () => {
  const { registry, index } = await soundStore();
  const sound = await found(registry, index);
  assert.equal([...sound], []);
  const { sequence, packages, versions } = sound.verified;
  assert.equal({ sequence, packages, versions }, { sequence: 8, packages: 2, versions: 4 });
  for (const deep of [false, true]) {
    const fresh = openMemoryIndex();
    await catchUp(fillingParts(fresh, sound.store), { deep });
    assert.equal([...(await found(registry, fresh))], []);
    await fresh.close();
  }
});

test('an empty storage has nothing to compare', async () => {
  const nothing = await found(createMemoryStore());
  assert.equal([...nothing], []);
  assert.is(nothing.verified.sequence, undefined);
});

test('tags that are gone, moved, or nobody published, are found', async () => {
  const { registry, index, manifests } = await soundStore();
  const [first, second] = samples.map(({ facts }) => facts.digest);
  await manifests.untag(['1.0.0']);
  await manifests.tag(first!, '1.1.0');
  const foreign = sampleVersion('demo', '3.0.0', 'foreign');
  const versions = openVersionStore(registry);
  await pushSample(versions, foreign);
  await tag(versions, foreign);
  assert.equal(
    [...(await found(registry, index))],
    [
      `tag-elsewhere demo 1.1.0 1.1.0 ${first}`,
      'tag-foreign demo 3.0.0',
      'tag-missing demo 1.0.0 1.0.0',
    ],
  );
  await tag(versions, samples[0]!);
  await manifests.tag(second!, '1.1.0');
  await manifests.untag(['3.0.0']);
  assert.equal([...(await found(registry, index))], []);
});

test('content that is gone is found, and an index that still has it differs from a new one', async () => {
  const { registry, index, manifests } = await soundStore();
  const { archive, digest } = samples[1]!.facts;
  await registry.repository('demo').blobs.delete(archive.digest);
  assert.equal([...(await found(registry, index))], ['content-missing demo 1.1.0 archive']);
  await manifests.delete(digest);
  const words = await found(registry, index);
  assert.equal(
    words.map((word) => word.split(' ').slice(0, 3).join(' ')),
    [
      'content-missing demo 1.1.0',
      'index-package demo versions.1.voided',
      'snapshot-differs',
      'state-differs demo versions.1.voided',
      'tag-missing demo 1.1.0',
    ],
  );
});

test('an index that lacks a package, has another, or says otherwise, is found', async () => {
  const { registry, index } = await soundStore();
  const changed: Index = {
    ...index,
    async package(name, options) {
      const read = await index.package(name, options);
      if (name === demo || !read.value) return { ...read, value: undefined };
      return { ...read, value: { ...read.value, owners: [] } };
    },
    async dependents(name, page, options) {
      return { ...(await index.dependents(name, page, options)), value: [] };
    },
    async feed(page, options) {
      const read = await index.feed(page, options);
      return { ...read, value: read.value.map((entry) => ({ ...entry, actor: 'mallory' })) };
    },
    async packages(page, options) {
      const read = await index.packages(page, options);
      const [record] = read.value.records;
      const extra = { ...record!, name: 'zz-extra' as PackageName };
      return { ...read, value: { ...read.value, records: [...read.value.records, extra] } };
    },
  };
  assert.equal(
    [...(await found(registry, changed))],
    [
      'index-dependents demo',
      'index-extra zz-extra',
      'index-feed',
      'index-package demo all of it',
      'index-package ns/other owners.0',
    ],
  );
});

test('a list of packages that lacks one, or names one without a record, is found', async () => {
  const { registry, index } = await soundStore();
  const paged = (change: (names: PackageName[]) => PackageName[]): Index => ({
    ...index,
    async packages({ after = '', limit }, options) {
      const { records } = (await index.packages({ limit: 1_000 }, options)).value;
      const all = change(records.map(({ name }) => name));
      const names = all.filter((name) => name > after).slice(0, limit);
      const page = names.flatMap((name) => records.find((record) => record.name === name) ?? []);
      return { head: await index.head(), value: { records: page, total: all.length } };
    },
  });
  const lacking = paged((names) => names.slice(1));
  assert.equal([...(await found(registry, lacking))], ['index-package demo it is not in the list']);
  const empty = paged(() => []);
  assert.is((await found(registry, empty)).length, 2);
  const extra = paged((names) => ['aaa' as PackageName, ...names]);
  assert.equal(
    [...(await found(registry, extra))],
    ['index-extra 1 names of the list have no record'],
  );
});

test('a package whose record can not be read is named, once, and those beside it are looked at', async () => {
  const { registry, index } = await soundStore();
  const unreadable = (name: PackageName, of: Index = index): Index => {
    const error = () => {
      throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'can not be read');
    };
    return {
      ...of,
      package: async (asked, options) =>
        asked === name && of === index ? error() : index.package(asked, options),
      async packages(page, options) {
        const read = await of.packages(page, options);
        return read.value.records.some((record) => record.name === name) ? error() : read;
      },
    };
  };
  assert.equal(
    [...(await found(registry, unreadable(demo)))],
    ['index-package demo can not be read'],
  );
  // In pages alone.
  const inPages: Index = { ...unreadable(demo), package: index.package };
  assert.equal([...(await found(registry, inPages))], ['index-package demo can not be read']);
});

test('batches of the chain that lost their tags are found, the last ones by where the index stands', async () => {
  const { registry, index } = await soundStore();
  const { manifests } = registry.repository('vitte-registry');
  const journal = openJournalStore(registry);
  const places = (await journal.batchPlaces()).sort((a, b) => a.ordinal - b.ordinal);
  const tags = places.map(({ term, ordinal }) => `_j-${term}-${ordinal}`);
  const middle = (await journal.batchAt(places[2]!))!;
  await manifests.untag([tags[2]!]);
  assert.equal([...(await found(registry, index))], [`batch-tag-missing ${tags[2]}`]);
  await journal.tagBatch(middle);
  assert.equal([...(await found(registry, index))], []);

  for (const gone of [tags.slice(-1), tags.slice(-2), tags]) {
    const batches = await Promise.all(gone.map((_, at) => journal.batchAt(places.at(-1 - at)!)));
    await manifests.untag(gone);
    const words = await found(registry, index);
    assert.equal([...words], gone.map((tag) => `batch-tag-missing ${tag}`).sort());
    assert.is(words.verified.sequence, 8);
    for (const batch of batches) await journal.tagBatch(batch!);
    assert.equal([...(await found(registry, index))], []);
  }
});

test('a batch at which the index stands, and which another term did without, stays beside the chain', async () => {
  const { registry, index } = await soundStore();
  const { manifests } = registry.repository('vitte-registry');
  const { term, ordinal } = (await index.head())!;
  await manifests.untag([`_j-${term}-${ordinal}`]);
  const other = openSnapshotReplica(registry);
  await other.publish(sampleVersion('demo', '9.0.0', 'late'));
  await other.close();
  const words = await found(registry, index, { store: false });
  assert.ok(words[0]?.startsWith('index-elsewhere'), words.join());
  assert.not.ok(words.some((word) => word.startsWith('batch-tag-missing')));
});

test('an index that is beyond a journal that lost its end for good is elsewhere', async () => {
  const { registry, index } = await soundStore();
  await registry.repository('vitte-registry').manifests.delete((await index.head())!.batch);
  const words = await found(registry, index, { store: false });
  assert.equal([...words], ['index-elsewhere']);
});

test('an index that is behind, or elsewhere, is found and not compared', async () => {
  const { registry, index } = await soundStore();
  const head = (await index.head())!;
  const at = (given: typeof head): Index => ({ ...index, head: async () => given });
  const elsewhere = { ...head, batch: `sha256:${'0'.repeat(64)}` as never };
  assert.equal([...(await found(registry, at(elsewhere)))], ['index-elsewhere']);
});

test('an index that changes while it is compared is compared again, with what was journaled since', async () => {
  const { registry, index } = await soundStore();
  const late = openSnapshotReplica(registry, { index });
  let published: Promise<unknown> | undefined;
  const moving: Index = {
    ...index,
    async package(name, options) {
      published ??= late.publish(sampleVersion('demo', '2.1.0', 'late'));
      await published;
      return index.package(name, options);
    },
  };
  assert.equal(
    (await found(registry, moving, { store: false })).map((word) => word.split(' ')[0]),
    [],
  );
  await late.close();
});

test('an entry of a batch beside the chain that the chain lacks is found, and what contradicts it is void', async () => {
  const { registry, index } = await soundStore();
  const journal = openJournalStore(registry);
  const [term] = await journal.terms();
  const first = (await journal.batchAt({ term: term!.name, ordinal: 0 }))!;
  const lost = sampleVersion('demo', '5.0.0', 'lost');
  const against = sampleVersion('demo', '2.0.0', 'other content');
  const events = [lost, against].map(({ facts }, n) => ({
    ...{ n: 1 + n, at: new Date().toISOString(), id: randomUUID(), actor: 'admin' },
    event: 'published' as const,
    ...{ package: demo, version: facts.version, digest: facts.digest },
  }));
  const beside = newTerm(1);
  await journal.writeBatch(
    encodeBatch({ term: beside, ordinal: 0, previous: first.digest, first: 1, tagged: 0 }, events),
  );
  const words = await found(registry, index);
  assert.equal(
    [...words],
    ['entry-contradicts demo 2.0.0 published', 'entry-lost demo 5.0.0 published'],
  );
  assert.equal(
    words.verified.lost.map(({ id }) => id),
    [events[0]!.id],
  );
});

test('a batch that is gone is found, and nothing behind it is told', async () => {
  const { registry, index } = await soundStore();
  const { manifests } = registry.repository('vitte-registry');
  const journal = openJournalStore(registry);
  const [term] = await journal.terms();
  await manifests.delete((await journal.batchAt({ term: term!.name, ordinal: 2 }))!.digest);
  const words = await found(registry, index);
  assert.match(words.join(), /^journal-unreadable .* is gone from the store$/);
});

test('snapshots that can not be read, or say otherwise than the journal, are found', async () => {
  const { registry, index } = await soundStore();
  const snapshots = openSnapshotStore(registry);
  const snapshot = (await snapshots.index())!;
  const [entries] = snapshot.pieces;
  const lines = (await snapshots.piece(entries!))
    .toString()
    .replace('"owner":"admin"', '"owner":"mallory"');
  const forged = await snapshots.pushPiece('entries', Buffer.from(lines), entries!.rows);
  await snapshots.writeIndex({ ...snapshot, pieces: [forged, ...snapshot.pieces.slice(1)] });
  const record = await snapshots.record(demo, (await snapshots.state(demo))!.record);
  const forgedRecord = Buffer.from(record!.toString().replace('"voided":false', '"voided":true'));
  await snapshots.writeState(demo, snapshot.position, forgedRecord);
  assert.equal(
    [...(await found(registry, index))],
    ['snapshot-differs', 'state-differs demo _state'],
  );
  await registry.repository('vitte-registry').blobs.delete(forged.digest);
  const words = await found(registry, index);
  assert.match(words.join(), /snapshot-unreadable piece sha256:\S+ of the snapshot is gone/);
});

test('a signature whose tag is needed and missing is found', async () => {
  const { registry, index } = await soundStore();
  const { document, version, digest } = other.facts;
  const about = { package: document.name, version, digest };
  const bundle = signatureOf(digest);
  const replica = openSnapshotReplica(registry, { index });
  await replica.versions.pushBundle(document.name, bundle);
  const attached = { id: randomUUID(), actor: 'admin', bundles: [bundle.digest] };
  await replica.journal.submit({
    event: { ...attached, ...about, event: 'attached' },
    role: 'admin',
    signatures: await replica.versions.signatureFacts(document.name, [bundle.digest]),
    readAt: 8,
  });
  await replica.writer.round({ fresh: true });
  await replica.close();
  const without: Registry = { ...registry, referrersApi: async () => false };
  const tag = `_r-${hexOf(bundle.digest).slice(0, 32)}`;
  assert.equal([...(await found(registry, index))], [], 'with a Referrers API it needs none');
  assert.equal([...(await found(without, index))], [`referrer-tag-missing ns/other 1.0.0 ${tag}`]);
  await openVersionStore(without).tagReferrers(document.name, [bundle.digest]);
  assert.equal([...(await found(without, index))], []);
});

/** A referrer in the form of a signature, which nobody verifies here. */
function signatureOf(subject: Digest): BundleArtifact {
  const content = Buffer.from('a bundle');
  const bundle = { digest: sha256(content), size: content.length, bytes: content };
  const bytes = canonicalBytes({
    ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: emptyDescriptor },
    artifactType: mediaTypes.sigstoreBundle,
    layers: [{ mediaType: mediaTypes.sigstoreBundle, digest: bundle.digest, size: bundle.size }],
    subject: { mediaType: mediaTypes.ociManifest, digest: subject, size: 1 },
    annotations: { [annotations.signatureKey]: Buffer.from('a key').toString('base64') },
  });
  return { digest: sha256(bytes), bytes, bundle };
}

test.run();
