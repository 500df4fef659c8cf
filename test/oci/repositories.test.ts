import * as assert from 'uvu/assert';
import { emptyContent, emptyDescriptor } from '../../src/core/descriptor.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import { encodedRegistry } from '../../src/oci/views/encoded.ts';
import { routedRegistry } from '../../src/oci/views/routed.ts';
import { dockerRegistryMissing, startDockerRegistry } from '../support/docker-registry.ts';
import { startForeignRegistry } from '../support/foreign-registry.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

const test = suite('names of the repositories in a storage');
const names = ['demo', 'ns/demo', 'ns/oci-layout', 'ns', 'vitte-registry', 'vitte-registry/terms'];

async function fill(registry: Registry, wanted = names) {
  for (const name of wanted) {
    const { blobs, manifests } = registry.repository(name);
    await blobs.push(emptyDescriptor, emptyContent);
    const manifest = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' };
    const bytes = Buffer.from(
      JSON.stringify({ ...manifest, config: emptyDescriptor, layers: [emptyDescriptor] }),
    );
    await manifests.push({ mediaType: manifest.mediaType, bytes }, { tag: '1.0.0' });
  }
}

async function listed(registry: Registry): Promise<string[]> {
  const found: string[] = [];
  for await (const name of registry.repositories?.() ?? []) found.push(name);
  return found.sort();
}

test('in memory, in a folder, and in one segment each', async () => {
  const memory = createMemoryStore();
  await fill(memory);
  assert.equal(await listed(memory), [...names].sort());

  const temporary = await temporaryFolder();
  const layout = await openOciLayoutStore(temporary.path);
  const inFolder = [...names, 'ns/blobs', 'blobs'];
  await fill(layout, inFolder);
  assert.equal(await listed(layout), inFolder.sort());
  await layout.close();
  await temporary.remove();

  const flat = encodedRegistry(createMemoryStore(), 'flat', 'packages');
  await fill(flat);
  assert.equal(await listed(flat), [...names].sort());
});

test('where all lie in one repository they are not told apart', () => {
  assert.is(encodedRegistry(createMemoryStore(), 'single', 'packages').repositories, undefined);
});

test('of several storages each tells those that lie there', async () => {
  const [standard, other] = [createMemoryStore(), createMemoryStore()];
  const routed = routedRegistry(standard, new Map([['ns', other]]));
  await fill(routed);
  await fill(standard, ['ns/lies-not-here']);
  assert.equal(await listed(routed), [...names].sort());
});

test('a container registry lists those below the prefix, however many pages that is', async () => {
  if (await dockerRegistryMissing()) return;
  const storage = await startDockerRegistry();
  if ('missing' in storage) return;
  const registry = openRemoteRegistry({ url: `${storage.storage()}/below` });
  const beside = openRemoteRegistry({ url: `${storage.storage()}/beside` });
  await fill(registry);
  await fill(beside, ['elsewhere']);
  assert.equal(await listed(registry), [...names].sort());
  await Promise.all([registry.close(), beside.close()]);
  await storage.stop();
});

test('a registry without such a list says so', async () => {
  const foreign = await startForeignRegistry();
  const registry = openRemoteRegistry({ url: foreign.url });
  const error = await listed(registry).catch((thrown: unknown) => thrown);
  assert.ok(isVitteError(error, 'PKG_E_STORAGE_UNFIT'), String(error));
  await registry.close();
  await foreign.close();
});

test.run();
