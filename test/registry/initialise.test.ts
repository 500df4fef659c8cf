import * as assert from 'uvu/assert';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { initialise } from '../../src/registry/initialise.ts';
import { createStoreForm, type StoreForm } from '../../src/storage/store-form.ts';
import { rejectsWith } from '../contract/oci-support.ts';
import { suite } from '../support/suite.ts';
import { openReplica } from '../sync/replica.ts';

const test = suite('initialising a store');
const serviceKey = { fingerprint: 'ab'.repeat(32) };

test('entry 1 says how the store is written, for ever', async () => {
  const registry = createMemoryStore();
  const form = formOf(registry);
  await withReplica(registry, form, async (parts) => {
    assert.equal(await initialise(parts, serviceKey), { created: true });
    const { value: record } = await parts.index.store();
    assert.equal([record?.encoding, record?.profile], ['path', 2]);
    assert.equal(await initialise(parts, serviceKey), { created: false });
  });
});

test('a replica with other settings, which began at the same moment, stops', async () => {
  const registry = createMemoryStore();
  const late = { check: async () => undefined, profile: async () => 1 as const };
  await withReplica(registry, formOf(registry), (parts) => initialise(parts, serviceKey));
  for (const [profile, encoding] of [
    [2, 'flat'],
    [1, 'path'],
  ] as const) {
    const form = { ...formOf(registry, profile, encoding), ...late };
    await withReplica(registry, form, async (parts) => {
      await rejectsWith('PKG_E_CONFIG', initialise(parts, serviceKey));
    });
  }
});

function formOf(registry: Registry, profile: 1 | 2 = 2, encoding: 'path' | 'flat' = 'path') {
  return createStoreForm({ registry, encoding, profile, mayRefuseTypes: false, others: [] });
}

async function withReplica(
  registry: Registry,
  form: StoreForm,
  work: (parts: Parameters<typeof initialise>[0]) => Promise<unknown>,
) {
  const replica = openReplica(registry);
  try {
    await work({ ...replica, form });
  } finally {
    await replica.close();
  }
}

test.run();
