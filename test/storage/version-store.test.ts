import * as assert from 'uvu/assert';
import { parsePackageName } from '../../src/core/name.ts';
import { parseVersion } from '../../src/core/version.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { routedRegistry } from '../../src/oci/views/routed.ts';
import { singleRegistry } from '../../src/oci/views/single.ts';
import { openVersionStore } from '../../src/storage/version-store.ts';
import { listAll, pushedManifest } from '../contract/oci-support.ts';
import { suite } from '../support/suite.ts';

const test = suite('versions in a storage');

test('a referrer is tagged where the storage of its own namespace has no Referrers API', async () => {
  const storage = (referrersApi: boolean): Registry => ({
    ...createMemoryStore(),
    referrersApi: async () => referrersApi,
  });
  for (const [standard, own] of [
    [storage(true), storage(false)],
    [storage(false), storage(true)],
  ] as const) {
    const registry = routedRegistry(standard, new Map([['roussov', own]]));
    const versions = openVersionStore(registry);
    for (const name of ['roussov/demo', 'demo']) {
      const repository = registry.repository(name);
      const { digest } = await pushedManifest(repository, { mark: name });
      await versions.tagReferrers(parsePackageName(name), [digest]);
      const storageOf = name === 'demo' ? standard : own;
      const tags = (await storageOf.referrersApi()) ? [] : [`_r-${digest.slice(7, 39)}`];
      assert.equal(await listAll(repository.tags()), tags, name);
    }
  }
});

test('a version without a tag in its storage is refused', () => {
  const version = parseVersion(`1.0.0-${'a'.repeat(102)}`);
  const name = parsePackageName('demo');
  openVersionStore(createMemoryStore()).checkVersion(name, version);
  const single = openVersionStore(singleRegistry(createMemoryStore(), 'all'));
  assert.throws(() => single.checkVersion(name, version), /over the 107 characters of an OCI tag/);
});

test.run();
