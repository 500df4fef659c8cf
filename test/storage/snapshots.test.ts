import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Digest, sha256 } from '../../src/core/digest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import type { JournalHead } from '../../src/core/journal-entry.ts';
import type { PackageName } from '../../src/core/name.ts';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import { encodedRegistry } from '../../src/oci/views/encoded.ts';
import type { IndexSnapshot } from '../../src/storage/snapshot-manifest.ts';
import { openSnapshotStore } from '../../src/storage/snapshots.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

const test = suite('snapshots in the store');
const demo = 'ns/demo' as PackageName;
const position: JournalHead = {
  sequence: 12,
  batch: sha256('a batch'),
  term: `3-${'0'.repeat(16)}`,
  ordinal: 4,
};

async function snapshotOf(store: ReturnType<typeof openSnapshotStore>, lines: string) {
  const bytes = Buffer.from(lines);
  const entries = await store.pushPiece('entries', bytes, 1);
  const downloads = await store.pushPiece('downloads', Buffer.from('{}\n'), 1);
  return { position, store: 'f'.repeat(32), states: 7, pieces: [entries, downloads] };
}

test('what is written is read back: of the index, and of a package', async () => {
  const store = openSnapshotStore(createMemoryStore());
  assert.is(await store.index(), undefined);
  assert.is(await store.state(demo), undefined);
  const snapshot = await snapshotOf(store, 'lines\n');
  await store.writeIndex(snapshot);
  assert.equal(await store.index(), snapshot);
  const [piece] = snapshot.pieces;
  assert.is((await store.piece(piece!)).toString(), 'lines\n');

  const record = await store.writeState(demo, position, Buffer.from('{"name":"ns/demo"}'));
  assert.equal(await store.state(demo), { position, record });
  assert.is((await store.record(demo, record))?.toString(), '{"name":"ns/demo"}');
  assert.is(await store.record(demo, sha256('another')), undefined);
});

test('the manifests have the form of spec/journal.md, by either profile', async () => {
  for (const profile of [1, 2] as const) {
    const registry = createMemoryStore();
    const store = openSnapshotStore(registry, { profile: async () => profile });
    await store.writeIndex(await snapshotOf(store, 'lines\n'));
    await store.writeState(demo, position, Buffer.from('{}'));
    const read = async (repository: string, tag: string) => {
      const stored = await registry.repository(repository).manifests.fetch(tag);
      return JSON.parse(Buffer.from(stored!.bytes).toString());
    };
    const index = await read('vitte-registry', '_index');
    const state = await read('ns/demo', '_state');
    assert.is(index.artifactType, profile === 1 ? 'application/vnd.vitte.index.v1' : undefined);
    assert.is(state.artifactType, profile === 1 ? 'application/vnd.vitte.state.v1' : undefined);
    assert.equal(index.annotations, {
      'dev.vitte.snapshot.schema': 'vitte.index.v1',
      'dev.vitte.snapshot.store': 'f'.repeat(32),
      'dev.vitte.snapshot.states': '7',
      'dev.vitte.snapshot.sequence': '12',
      'dev.vitte.snapshot.batch': position.batch,
      'dev.vitte.snapshot.term': position.term,
      'dev.vitte.snapshot.ordinal': '4',
    });
    assert.equal(
      index.layers.map(({ mediaType, annotations }: Record<string, unknown>) => [
        mediaType,
        annotations,
      ]),
      [
        [
          'application/vnd.vitte.index.entries.v1+jsonl+gzip',
          { 'dev.vitte.snapshot.rows': '1', 'dev.vitte.snapshot.bytes': '6' },
        ],
        [
          'application/vnd.vitte.index.downloads.v1+jsonl+gzip',
          { 'dev.vitte.snapshot.rows': '1', 'dev.vitte.snapshot.bytes': '3' },
        ],
      ],
    );
    assert.is(state.layers[0].mediaType, 'application/vnd.vitte.state.record.v1+json+gzip');
    assert.is(state.annotations['dev.vitte.snapshot.schema'], 'vitte.state.v1');
  }
});

test('in one repository for all, each has a tag of its own', async () => {
  const inner = createMemoryStore();
  const store = openSnapshotStore(encodedRegistry(inner, 'single', 'packages'));
  await store.writeIndex(await snapshotOf(store, 'lines\n'));
  await store.writeState(demo, position, Buffer.from('{}'));
  await store.writeState('demo' as PackageName, position, Buffer.from('[]'));
  const tags: string[] = [];
  for await (const tag of inner.repository('packages').tags()) tags.push(tag);
  assert.equal(tags.map((tag) => tag.replace(/[0-9a-f]{20}/, 'H')).sort(), [
    '_index',
    '_state-H',
    '_state-H',
  ]);
  assert.ok(await store.state(demo));
});

test('a record that stands there already is not written again where that is asked', async () => {
  const store = openSnapshotStore(createMemoryStore());
  const first = await store.writeState(demo, position, Buffer.from('{}'));
  const later = { ...position, sequence: 13 };
  assert.is(await store.writeState(demo, later, Buffer.from('{}'), { unlessSame: true }), first);
  assert.equal((await store.state(demo))?.position, position);
  await store.writeState(demo, later, Buffer.from('{}'));
  assert.equal((await store.state(demo))?.position, later);
});

test('a piece that grows beyond all bounds when it is read is refused', async () => {
  const registry = createMemoryStore();
  const store = openSnapshotStore(registry);
  const { promisify } = await import('node:util');
  const { gzip } = await import('node:zlib');
  const bomb = await promisify(gzip)(Buffer.alloc(65 * 1024 * 1024));
  const digest = sha256(bomb);
  await registry.repository('vitte-registry').blobs.push({ digest, size: bomb.length }, bomb);
  const piece = { kind: 'entries', digest, size: bomb.length, rows: 1, bytes: 1 } as const;
  const error = await store.piece(piece).catch((thrown: unknown) => thrown);
  assert.ok(isVitteError(error, 'PKG_E_STORE_FORMAT'));
});

test('in a folder nothing is left of the snapshots before', async () => {
  const temporary = await temporaryFolder();
  const layout = await openOciLayoutStore(temporary.path);
  const store = openSnapshotStore(layout, { tidies: true });
  let last: IndexSnapshot | undefined;
  let record: Digest | undefined;
  for (const lines of ['one\n', 'two\n', 'three\n']) {
    last = await snapshotOf(store, lines);
    await store.writeIndex(last);
    record = await store.writeState(demo, position, Buffer.from(`"${lines}"`));
  }
  const blobsIn = async (repository: string) =>
    (await readdir(join(temporary.path, repository, 'blobs/sha256'))).sort();
  const manifestOf = async (repository: string) => {
    const index = JSON.parse(
      await readFile(join(temporary.path, repository, 'index.json'), 'utf8'),
    );
    assert.is(index.manifests.length, 1);
    return index.manifests[0].digest as Digest;
  };
  const empty = sha256('{}');
  for (const [repository, kept] of [
    ['vitte-registry', last!.pieces.map(({ digest }) => digest)],
    ['ns/demo', [record!]],
  ] as const) {
    const wanted = [...kept, await manifestOf(repository), empty];
    assert.equal(await blobsIn(repository), wanted.map((digest) => digest.slice(7)).sort());
  }
  await layout.close();
  await temporary.remove();
});

test.run();
