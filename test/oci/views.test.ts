// Where the encodings put things (spec/mapping.md), and which storage a namespace's repositories lie in. What a
// registry promises through them, the contract suite checks.
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import vectors from '../../spec/vectors/encodings.json' with { type: 'json' };
import { VitteError } from '../../src/core/errors.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { flatName, flatRegistry } from '../../src/oci/views/flat.ts';
import { routedRegistry } from '../../src/oci/views/routed.ts';
import { singleRegistry } from '../../src/oci/views/single.ts';
import {
  listAll,
  packed,
  pushedManifest,
  randomBlob,
  rejectsWith,
} from '../contract/oci-support.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { suite } from '../support/suite.ts';

const test = suite('views of a registry');

const word = fc.stringMatching(/^[a-z0-9]{1,3}$/);
const part = fc
  .array(fc.tuple(word, fc.constantFrom('.', '_', '__', '-', '--')), { minLength: 1, maxLength: 3 })
  .map((rows) => rows.map(([text, mark], at) => (at === 0 ? text : mark + text)).join(''));
const repositoryName = fc
  .array(part, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'));
const tagName = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,8}$/),
  fc.constantFrom('_term', '_index', '_state', '_j-1-0', '_log-0', '_t-1', '_r-00', '_state-0'),
);

test('each encoding puts things where the vectors of spec/ say', async () => {
  for (const { repository, tag, flat, single } of vectors.rows) {
    const [segments, one] = [createMemoryStore(), createMemoryStore()];
    await pushedManifest(flatRegistry(segments).repository(repository), { mark: 'a', tag });
    await pushedManifest(singleRegistry(one, 'all').repository(repository), { mark: 'a', tag });
    assert.equal(await listAll(segments.repository(flat.repository).tags()), [flat.tag]);
    assert.equal(await listAll(one.repository('all').tags()), [single.tag]);
  }
});

test('flat gives no two repositories the same segment', () => {
  fc.assert(
    fc.property(
      repositoryName,
      repositoryName,
      (a, b) => (a === b) === (flatName(a) === flatName(b)),
    ),
    { numRuns: 2_000 },
  );
});

test('single gives no two tags of two repositories the same name, and lists each where it is', async () => {
  const names = fc.oneof(repositoryName, fc.constantFrom('vitte-registry', 'vitte-registry/terms'));
  await fc.assert(
    fc.asyncProperty(names, tagName, names, tagName, async (a, tagA, b, tagB) => {
      const inner = createMemoryStore();
      const view = singleRegistry(inner, 'all');
      await pushedManifest(view.repository(a), { mark: 'a', tag: tagA });
      await pushedManifest(view.repository(b), { mark: 'b', tag: tagB });
      const same = a === b && tagA === tagB;
      assert.is((await listAll(inner.repository('all').tags())).length, same ? 1 : 2);
      const own = (name: string) => [a === name ? tagA : [], b === name ? tagB : []].flat();
      for (const name of [a, b]) {
        const listed = await listAll(view.repository(name).tags());
        assert.equal(listed.sort(), [...new Set(own(name))].sort(), name);
      }
    }),
    { numRuns: 300 },
  );
});

test('single lists nothing that others wrote into its repository', async () => {
  const inner = createMemoryStore();
  const all = inner.repository('all');
  const { digest } = await pushedManifest(all, { mark: 'a', tag: 'latest' });
  const hash = 'ec682ff792893143d3e8';
  const strange = ['0.1.0', `sha256-${'a'.repeat(64)}`, `${hash}-`, `${hash}-.x`, `${hash}-_state`];
  for (const tag of strange) await all.manifests.tag(digest, tag);
  const view = singleRegistry(inner, 'all');
  for (const name of ['demo-lib', 'all', 'vitte-registry', 'vitte-registry/terms']) {
    assert.equal(await listAll(view.repository(name).tags()), [], name);
  }
});

test('single leaves a tag 107 characters, and one more is PKG_E_TAG', async () => {
  const repository = singleRegistry(createMemoryStore(), 'all').repository('demo-lib');
  assert.is(repository.tagLengthMax, 107);
  const { digest } = await pushedManifest(repository, { mark: 'a', tag: 'x'.repeat(107) });
  for (const work of [
    repository.manifests.tag(digest, 'x'.repeat(108)),
    repository.manifests.resolve('x'.repeat(108)),
  ]) {
    assert.match((await rejectsWith('PKG_E_TAG', work)).message, 'over 107 characters');
  }
});

test('single leaves a blob that it is told to delete, for it may be of another package', async () => {
  const view = singleRegistry(createMemoryStore(), 'all');
  const { target, bytes } = randomBlob(10);
  await view.repository('a').blobs.push(target, bytes);
  assert.is(await view.repository('b').blobs.delete(target.digest), true);
  assert.equal(await view.repository('a').blobs.stat(target.digest), { size: 10 });
});

test('an encoding passes on that a write may be sent once alone', async () => {
  const sent: unknown[] = [];
  const inner = createMemoryStore();
  const spied: Registry = {
    ...inner,
    repository: (name) => {
      const repository = inner.repository(name);
      const { manifests } = repository;
      const push: typeof manifests.push = (manifest, options) => {
        sent.push(options);
        return manifests.push(manifest, options);
      };
      return { ...repository, manifests: { ...manifests, push } };
    },
  };
  for (const view of [
    flatRegistry(spied),
    singleRegistry(spied, 'all'),
    routedRegistry(spied, new Map()),
  ]) {
    const { manifests, blobs } = view.repository('vitte-registry');
    const manifest = await packed({ blobs } as never, { mark: 'a' });
    await manifests.push(manifest, { tag: '_term', once: true });
    assert.equal(sent.pop(), { tag: '_term', once: true });
  }
});

test('the Referrers API is asked of the repository that is there', async () => {
  const asked: (string | undefined)[] = [];
  const inner: Registry = {
    ...createMemoryStore(),
    referrersApi: async (options) => {
      asked.push(options?.repository);
      return true;
    },
  };
  const views = [
    flatRegistry(inner),
    singleRegistry(inner, 'all'),
    routedRegistry(inner, new Map()),
  ];
  for (const view of views) {
    await view.referrersApi();
    await view.referrersApi({ repository: 'ns/demo' });
  }
  assert.equal(asked, [undefined, 'ns.demo', 'all', 'all', undefined, 'ns/demo']);
});

test('a namespace with a route lies in its storage, and all else in the standard one', async () => {
  const [standard, own] = [createMemoryStore(), createMemoryStore()];
  const view = routedRegistry(standard, new Map([['roussov', own]]));
  for (const [name, expected] of [
    ['roussov/demo', own],
    ['roussov/deep/er', own],
    ['roussov', standard],
    ['other/roussov', standard],
    ['vitte-registry', standard],
    ['vitte-registry/terms', standard],
  ] as const) {
    await pushedManifest(view.repository(name), { mark: name, tag: '0.1.0' });
    for (const storage of [standard, own]) {
      const tags = await listAll(storage.repository(name).tags());
      assert.equal(tags, storage === expected ? ['0.1.0'] : [], name);
    }
  }
});

test('nothing is mounted from one storage into another', async () => {
  const standard = createMemoryStore();
  const view = routedRegistry(standard, new Map([['roussov', createMemoryStore()]]));
  const { target, bytes } = randomBlob(10);
  // From before the route.
  await standard.repository('roussov/a').blobs.push(target, bytes);
  await view.repository('roussov/a').blobs.push(target, bytes);
  assert.is(await view.repository('b').blobs.mount(target.digest, 'roussov/a'), false);
  assert.is(await view.repository('roussov/b').blobs.mount(target.digest, 'roussov/a'), true);
});

test('a storage that is away takes its own namespaces with it, and no other', async () => {
  const gone = new VitteError('PKG_E_STORAGE_UNAVAILABLE', 'away');
  const away = faultRegistry(createMemoryStore(), () => ({ before: gone }));
  const view = routedRegistry(createMemoryStore(), new Map([['roussov', away]]));
  await rejectsWith(
    'PKG_E_STORAGE_UNAVAILABLE',
    view.repository('roussov/a').manifests.resolve('1'),
  );
  assert.is(await view.repository('other/a').manifests.resolve('1'), undefined);
});

test('closing the whole closes each storage once', async () => {
  const closed: string[] = [];
  const storage = (name: string): Registry => ({
    ...createMemoryStore(),
    close: async () => void closed.push(name),
  });
  const own = storage('own');
  await routedRegistry(
    storage('standard'),
    new Map([
      ['a', own],
      ['b', own],
    ]),
  ).close();
  assert.equal(closed.sort(), ['own', 'standard']);
});

test.run();
