import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import { emptyContent, emptyDescriptor } from '../../src/core/descriptor.ts';
import { VitteError } from '../../src/core/errors.ts';
import type { ManifestProfile } from '../../src/core/manifest-profile.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { type StorageEncoding, storageEncodings } from '../../src/core/storage-encoding.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import { packManifest } from '../../src/oci/pack.ts';
import type { Registry } from '../../src/oci/port.ts';
import { encodedRegistry } from '../../src/oci/views/encoded.ts';
import { openJournalStore } from '../../src/storage/journal-store.ts';
import { createStoreForm, type StoreForm } from '../../src/storage/store-form.ts';
import { openTerm } from '../../src/sync/chain.ts';
import { listAll, rejectsWith } from '../contract/oci-support.ts';
import { allowListed } from '../support/allow-list-registry.ts';
import { faultRegistry, type Operation } from '../support/fault-registry.ts';
import { suite } from '../support/suite.ts';

const test = suite('the form of a store');

type Asked = { encoding?: StorageEncoding; profile?: ManifestProfile; inner?: Registry };

/** A storage that may refuse types, as settings describe it. */
function formOf({
  encoding = 'path',
  profile,
  inner = createMemoryStore(),
}: Asked = {}): StoreForm {
  const others = storageEncodings.filter((other) => other !== encoding);
  return createStoreForm({
    registry: encodedRegistry(inner, encoding, 'all'),
    encoding,
    profile,
    mayRefuseTypes: true,
    others: others.map((other) => ({
      encoding: other,
      open: async () => ({ registry: encodedRegistry(inner, other, 'all'), close: async () => {} }),
    })),
  });
}

/** Opens a term in a storage, as a writer does. */
async function makeRegistry(asked: Asked & { inner: Registry }) {
  const registry = encodedRegistry(asked.inner, asked.encoding ?? 'path', 'all');
  const batch = await openTerm(openJournalStore(registry, formOf(asked).profile), undefined);
  return { registry, batch };
}

const tagsOf = (registry: Registry, name: string) => listAll(registry.repository(name).tags());

test('an empty storage has no profile, and a look at it writes nothing', async () => {
  const seen: Operation[] = [];
  const inner = faultRegistry(createMemoryStore(), (operation) => {
    seen.push(operation);
    return 'ok';
  });
  assert.is(await formOf({ inner }).check(), undefined);
  const methods = new Set(seen.map(({ method }) => method));
  assert.equal([...methods], ['manifests.fetch']);
});

for (const made of storageEncodings) {
  for (const asked of storageEncodings) {
    if (asked === made) continue;
    test(`${asked} over a registry in ${made} is refused before a second journal begins`, async () => {
      const inner = createMemoryStore();
      await makeRegistry({ inner, encoding: made });
      const form = formOf({ inner, encoding: asked });
      for (const ask of [form.check, form.profile]) {
        const { message, help } = await rejectsWith('PKG_E_CONFIG', ask());
        assert.match(message, `in the encoding ${made}, and storage-encoding says ${asked}`);
        assert.match(help ?? '', `VITTE_REGISTRY_STORAGE_ENCODING=${made}`);
      }
      const registry = encodedRegistry(inner, asked, 'all');
      const before = await tagsOf(registry, 'vitte-registry');
      await rejectsWith(
        'PKG_E_CONFIG',
        openTerm(openJournalStore(registry, form.profile), undefined),
      );
      assert.equal(await tagsOf(registry, 'vitte-registry'), before);
      assert.equal(await tagsOf(registry, 'vitte-registry/terms'), []);
      assert.is(await formOf({ inner, encoding: made }).check(), 1);
    });
  }
}

test('a place that may not be read holds no registry, and one that is away may', async () => {
  const away = (code: 'PKG_E_FORBIDDEN' | 'PKG_E_STORAGE_UNAVAILABLE') =>
    faultRegistry(createMemoryStore(), ({ repository }) =>
      repository === 'all' ? { before: new VitteError(code, 'no') } : 'ok',
    );
  assert.is(await formOf({ inner: away('PKG_E_FORBIDDEN') }).check(), undefined);
  const form = formOf({ inner: away('PKG_E_STORAGE_UNAVAILABLE') });
  await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', form.check());
});

test('a journal whose terms are gone is no empty storage', async () => {
  const inner = createMemoryStore();
  const { registry } = await makeRegistry({ inner });
  const [term = ''] = await tagsOf(registry, 'vitte-registry/terms');
  await registry.repository('vitte-registry/terms').manifests.untag([term]);
  await rejectsWith('PKG_E_STORE_FORMAT', formOf({ inner }).profile());
});

test('a tag _term that names something else is said', async () => {
  const inner = createMemoryStore();
  const { blobs, manifests } = inner.repository('vitte-registry');
  await blobs.push(emptyDescriptor, emptyContent);
  const other = packManifest({ artifactType: 'application/vnd.example.thing', layers: [] });
  await manifests.push(other, { tag: '_term' });
  await rejectsWith('PKG_E_STORE_FORMAT', formOf({ inner }).check());
});

test('a new registry gets profile 1, and 2 where the storage knows only its own types', async () => {
  for (const [storage, expected] of [
    [createMemoryStore(), 1],
    [allowListed(createMemoryStore()), 2],
  ] as const) {
    const pushed: string[] = [];
    const inner = faultRegistry(storage, ({ method, reference = '' }) => {
      if (method === 'manifests.push') pushed.push(reference);
      return 'ok';
    });
    assert.is(await formOf({ inner }).profile(), expected);
    const { manifests } = inner.repository('vitte-registry');
    // What was pushed to find out is gone again.
    assert.is(pushed.length, expected);
    for (const reference of pushed) assert.is(await manifests.resolve(reference), undefined);
  }
});

test('a storage of our own is not asked which types it takes', async () => {
  const registry = faultRegistry(createMemoryStore(), ({ method }) => {
    return method === 'manifests.push' ? { before: new Error(`pushed ${randomUUID()}`) } : 'ok';
  });
  const own = { registry, encoding: 'path', profile: undefined, others: [] } as const;
  assert.is(await createStoreForm({ ...own, mayRefuseTypes: false }).profile(), 1);
});

test('a storage that takes neither form says so', async () => {
  const inner = faultRegistry(createMemoryStore(), ({ method }) =>
    method === 'manifests.push'
      ? { before: new VitteError('PKG_E_STORAGE_ANSWER', 'no manifests here') }
      : 'ok',
  );
  const { message } = await rejectsWith('PKG_E_STORAGE_ANSWER', formOf({ inner }).profile());
  assert.is(message, 'no manifests here');
});

test('a new registry has the profile of the settings, and none where the storage refuses it', async () => {
  assert.is(await formOf({ profile: 2 }).profile(), 2);
  const form = formOf({ profile: 1, inner: allowListed(createMemoryStore()) });
  const { message } = await rejectsWith('PKG_E_CONFIG', form.profile());
  assert.is(message, 'storage-profile: the storage refuses manifests of profile 1');
});

test('a registry keeps its profile: other settings are refused, none are not needed', async () => {
  for (const [made, other] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const inner = createMemoryStore();
    await makeRegistry({ inner, profile: made });
    assert.is(await formOf({ inner }).profile(), made);
    assert.is(await formOf({ inner, profile: made }).check(), made);
    const form = formOf({ inner, profile: other });
    const { message } = await rejectsWith('PKG_E_CONFIG', form.check());
    assert.match(message, `made with manifest profile ${made}, and storage-profile says ${other}`);
    await rejectsWith('PKG_E_CONFIG', form.profile());
  }
});

test('by profile 2 the journal is taken by a storage that allow-lists types, and is read by any', async () => {
  const inner = allowListed(createMemoryStore());
  const { registry, batch } = await makeRegistry({ inner });
  const store = openJournalStore(registry);
  const [term] = await store.terms();
  assert.ok(term);
  assert.is(await store.termStands(term), true);
  const last = await store.lastBatch([term]);
  assert.is(last?.digest, batch.digest);
  const { bytes } = (await registry.repository('vitte-registry').manifests.fetch(batch.digest))!;
  const manifest = JSON.parse(Buffer.from(bytes).toString());
  assert.is(manifest.artifactType, undefined);
  assert.equal(manifest.config, { ...emptyDescriptor, mediaType: mediaTypes.ociConfig });
});

test('what entry 1 says decides, and must be what the settings say', () => {
  const record = { encoding: 'path', profile: 1 };
  formOf().adopt(record);
  const adopts = (asked: Asked, entry: { encoding: string; profile: number }, line: string) => {
    assert.throws(
      () => formOf(asked).adopt(entry),
      (error: VitteError) => error.code === 'PKG_E_CONFIG' && error.message.includes(line),
    );
  };
  adopts({ encoding: 'flat' }, record, 'in the encoding path, and storage-encoding says flat');
  adopts({}, { ...record, profile: 3 }, 'profile 3, which this release does not know');
  adopts({ profile: 2 }, record, 'made with manifest profile 1');
});

test('entry 1 goes before the form of the present term', async () => {
  const inner = createMemoryStore();
  await makeRegistry({ inner, profile: 2 });
  const form = formOf({ inner });
  form.adopt({ encoding: 'path', profile: 1 });
  assert.equal([await form.check(), await form.profile()], [1, 1]);
});

test.run();
