// Copies between any two of memory, a layout and docker-registry.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { hexOf } from '../../src/core/digest.ts';
import { copy, extendedCopy } from '../../src/oci/copy.ts';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry, Repository } from '../../src/oci/port.ts';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import { listAll, readAll } from '../contract/oci-support.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { pushSampleGraph, type SampleGraph } from '../support/oci-graph.ts';
import { suite } from '../support/suite.ts';

type Rig = { stores: Record<string, Registry>; folder: string; docker: DockerRegistry | undefined };
const test = suite<Rig>('copies between stores');
const docker = await startDockerRegistry();
const kinds = ['memory', 'layout', ...('missing' in docker ? [] : ['docker-registry'])];

test.before(async (rig) => {
  rig.folder = await mkdtemp(join(tmpdir(), 'vitte-test-copy-'));
  rig.stores = { memory: createMemoryStore(), layout: await openOciLayoutStore(rig.folder) };
  if ('missing' in docker) return;
  rig.docker = docker;
  rig.stores['docker-registry'] = openRemoteRegistry({ url: docker.storage() });
});
test.after(async (rig) => {
  for (const store of Object.values(rig.stores)) await store.close();
  await rig.docker?.stop();
  await rm(rig.folder, { recursive: true, force: true });
});
if ('missing' in docker) test.skip(docker.missing);

for (const from of kinds) {
  for (const to of kinds) {
    test(`from ${from} to ${to}: an index with its images arrives, and then what refers to them`, async ({
      stores,
    }) => {
      const source = stores[from]!.repository(`from-${from}-to-${to}/source`);
      const target = stores[to]!.repository(`from-${from}-to-${to}/target`);
      const graph = await pushSampleGraph(source, 'v1');

      assert.equal(await copy(source, 'v1', target, 'v2'), graph.index);
      await assertArrived(target, graph);
      assert.equal((await listAll(target.tags())).filter(isNoFallback), ['v2']);
      assert.equal(await listAll(target.referrers(graph.index.digest)), []);

      assert.equal(await extendedCopy(source, 'v1', target, 'v2'), graph.index);
      const referrers = async (digest: typeof graph.index.digest) =>
        (await listAll(target.referrers(digest))).map((one) => one.digest);
      assert.equal(await referrers(graph.index.digest), [graph.signature.digest]);
      assert.equal(await referrers(graph.images[0].digest), [graph.sbom.digest]);
      assert.equal(await referrers(graph.sbom.digest), [graph.sbomSignature.digest]);

      const sent: string[] = [];
      const postCopy = ({ digest }: { digest: string }) => void sent.push(digest);
      await extendedCopy(source, 'v1', target, 'v3', { postCopy });
      assert.equal(sent, [], 'what is there is not sent again');
      assert.equal((await target.manifests.resolve('v3'))?.digest, graph.index.digest);
    });
  }
}

async function assertArrived(target: Repository, graph: SampleGraph) {
  assert.equal((await target.manifests.resolve('v2'))?.digest, graph.index.digest);
  for (const image of graph.images) {
    assert.is((await target.manifests.fetch(image.digest))?.bytes.length, image.size);
  }
  for (const { digest, size } of Object.values(graph.blobs)) {
    const blob = await target.blobs.fetch(digest);
    assert.is((await readAll(blob!.body)).length, size, hexOf(digest));
  }
}

/** docker-registry has no Referrers API: there they stand under tags. */
function isNoFallback(tag: string): boolean {
  return !tag.startsWith('sha256-');
}

test.run();
