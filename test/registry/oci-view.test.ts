import * as assert from 'uvu/assert';
import { createMemoryStore } from '../../src/oci/memory.ts';
import { openOciView } from '../../src/registry/oci-view.ts';
import type { Parts } from '../../src/registry/parts.ts';
import { anonymous } from '../../src/registry/port.ts';
import { packed, pushedManifest, randomBlob, rejectsWith } from '../contract/oci-support.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { admin } from '../support/service.ts';
import { suite } from '../support/suite.ts';

const test = suite('the storage as a caller sees it');

/** Parts of which the view asks only what is published. */
function partsWith(published: () => object | undefined): Parts {
  const read = async () => ({ sequence: 1, value: published() });
  return { reader: { read } } as unknown as Parts;
}

test('an artifact pushed under the tag of a version that is published meanwhile gives way to it', async () => {
  const store = createMemoryStore();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const storage = faultRegistry(store, ({ method, reference }) => {
    if (method !== 'manifests.push' || reference !== '1.0.0') return 'ok';
    reach();
    return { before: released };
  });
  let record: object | undefined;
  const view = openOciView(
    partsWith(() => record),
    storage,
    admin,
  ).repository('demo');
  const version = await pushedManifest(store.repository('demo'), { mark: 'version' });
  const artifact = await packed(store.repository('demo'), { mark: 'artifact' });
  const pushing = view.manifests.push(artifact, { tag: '1.0.0' });
  await reached;
  const { digest } = version;
  record = { versions: [{ version: '1.0.0', digest, voided: false, signatures: [] }] };
  await store.repository('demo').manifests.tag(digest, '1.0.0');
  release();
  await rejectsWith('PKG_E_VERSION_EXISTS', pushing);
  assert.is((await view.manifests.resolve('1.0.0'))?.digest, digest);
});

test('a tag set by digest obeys the same rules as one that is pushed', async () => {
  const store = createMemoryStore();
  const version = await pushedManifest(store.repository('demo'), { mark: 'v', tag: '1.0.0' });
  const other = await pushedManifest(store.repository('demo'), { mark: 'other' });
  const { digest } = version;
  const record = { versions: [{ version: '1.0.0', digest, voided: false, signatures: [] }] };
  const { manifests } = openOciView(
    partsWith(() => record),
    store,
    admin,
  ).repository('demo');
  await rejectsWith('PKG_E_VERSION_EXISTS', manifests.tag(other.digest, '1.0.0'));
  await rejectsWith('PKG_E_FORBIDDEN', manifests.tag(other.digest, '_state'));
  await manifests.tag(other.digest, 'latest');
  await manifests.tag(digest, '1.0.0');
  assert.is((await manifests.resolve('1.0.0'))?.digest, digest);
  assert.is((await manifests.resolve('latest'))?.digest, other.digest);
});

test('a version that was lost keeps its tag from others', async () => {
  const store = createMemoryStore();
  const other = await packed(store.repository('demo'), { mark: 'other' });
  const { digest } = randomBlob(1).target;
  const record = { versions: [{ version: '1.0.0', digest, voided: true }] };
  const { manifests } = openOciView(
    partsWith(() => record),
    store,
    admin,
  ).repository('demo');
  await rejectsWith('PKG_E_VERSION_VOIDED', manifests.push(other, { tag: '1.0.0' }));
});

test('whoever has no token writes nothing, whatever the way', async () => {
  const store = createMemoryStore();
  const { digest } = await pushedManifest(store.repository('demo'), { mark: 'a', tag: 'one' });
  const other = await packed(store.repository('demo'), { mark: 'b' });
  const view = openOciView(
    partsWith(() => undefined),
    store,
    { actor: anonymous },
  );
  for (const name of ['demo', 'vitte-registry']) {
    const { blobs, manifests, uploads } = view.repository(name);
    const { target, bytes } = randomBlob(10);
    const upload = { session: 'x', size: 0 };
    for (const write of [
      () => blobs.push(target, bytes),
      () => blobs.stage((async function* () {})()),
      () => blobs.mount(digest, 'demo'),
      () => blobs.delete(digest),
      () => manifests.push(other),
      () => manifests.push(other, { tag: 'one' }),
      () => manifests.tag(digest, 'two'),
      () => manifests.untag(['one']),
      () => manifests.delete(digest),
      () => uploads!.begin(),
      () => uploads!.append(upload, { source: (async function* () {})() }),
      () => uploads!.status(upload),
      () => uploads!.finish(upload, digest, undefined),
      () => uploads!.abort(upload),
    ]) {
      await rejectsWith('PKG_E_TOKEN', write());
    }
  }
  assert.is((await store.repository('demo').manifests.resolve('one'))?.digest, digest);
});

test.run();
