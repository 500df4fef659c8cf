import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { Descriptor } from '../../src/core/descriptor.ts';
import { type Digest, sha256 } from '../../src/core/digest.ts';
import { canonicalBytes } from '../../src/core/json.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { copy, copyGraph, extendedCopy, extendedCopyGraph } from '../../src/oci/copy.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import { packManifest } from '../../src/oci/pack.ts';
import type { Registry, Repository } from '../../src/oci/port.ts';
import { successors } from '../../src/oci/successors.ts';
import {
  blobOf,
  listAll,
  rejectsAs,
  rejectsWith,
  stallingSource,
} from '../contract/oci-support.ts';
import { type Fault, faultRegistry, type Operation } from '../support/fault-registry.ts';
import {
  pushBlob,
  pushImage,
  pushIndex,
  pushSampleGraph,
  type SampleGraph,
} from '../support/oci-graph.ts';
import { suite } from '../support/suite.ts';

type Rig = {
  source: Repository;
  graph: SampleGraph;
  /** A registry of its own, in which every call is written down. */
  targetStore: Registry;
  target: Repository;
  calls: Operation[];
  /** Befalls each call on the target. */
  plan: (operation: Operation) => Fault;
};
const test = suite<Rig>('copy');

test.before.each(async (rig) => {
  rig.source = createMemoryStore().repository('source');
  rig.graph = await pushSampleGraph(rig.source, 'v1');
  rig.calls = [];
  rig.plan = () => 'ok';
  rig.targetStore = createMemoryStore();
  const watched = faultRegistry(rig.targetStore, (operation) => {
    rig.calls.push(operation);
    return rig.plan(operation);
  });
  rig.target = watched.repository('target');
});

test('what a manifest names is there before it, whatever the order of the pushes', async (rig) => {
  const { source, target, targetStore, graph } = rig;
  const bare = targetStore.repository('target');
  let checked = 0;
  rig.plan = ({ method, reference }) => {
    if (method !== 'manifests.push') return 'ok';
    const digest = reference === 'v1' ? graph.index.digest : (reference as Digest);
    return { before: checkParts(digest) };
  };
  await extendedCopy(source, 'v1', target, 'v1', { concurrency: 8 });
  assert.is(checked, 6, 'an index, two images, an SBOM, two signatures');

  async function checkParts(digest: Digest) {
    const descriptor = (await source.manifests.resolve(digest))!;
    for (const part of await successors(source.manifests, descriptor)) {
      const { manifests, blobs } = bare;
      const isThere = (await manifests.resolve(part.digest)) ?? (await blobs.stat(part.digest));
      assert.ok(isThere, `${part.digest} is there before ${digest}`);
    }
    checked += 1;
  }
});

test('content that several manifests name is sent once, and the root in one request with its tag', async ({
  source,
  target,
  calls,
  graph,
}) => {
  await copy(source, 'v1', target, 'v1', { concurrency: 8 });
  const pushed = calls.filter(({ method }) => method === 'blobs.push');
  assert.is(pushed.filter(({ reference }) => reference === graph.blobs.shared.digest).length, 1);
  assert.is(pushed.length, 4, 'three layers and the empty config');
  const last = calls.at(-1);
  assert.equal([last?.method, last?.reference], ['manifests.push', 'v1']);
});

test('no more than `concurrency` calls are under way', async (rig) => {
  let running = 0;
  let most = 0;
  rig.plan = ({ method }) => {
    if (method !== 'blobs.push') return 'ok';
    running += 1;
    most = Math.max(most, running);
    const turn = new Promise((resolve) => setImmediate(resolve));
    const over = turn.then(() => {
      running -= 1;
    });
    return { before: turn, after: over };
  };
  const layers: Descriptor[] = [];
  for (let at = 0; at < 20; at += 1) layers.push(await pushBlob(rig.source, Buffer.from(`${at}`)));
  const image = await pushImage(rig.source, { layers });
  await copyGraph(rig.source, rig.target, image, { concurrency: 4 });
  assert.is(most, 4);
});

test('below a manifest that the target has, nothing is asked for and nothing is sent', async ({
  source,
  target,
  calls,
  graph,
}) => {
  await copyGraph(source, target, graph.images[0]);
  calls.splice(0);
  const skipped: Digest[] = [];
  const read: string[] = [];
  const fetch: Repository['manifests']['fetch'] = (reference, options) => {
    read.push(reference);
    return source.manifests.fetch(reference, options);
  };
  const watched = { ...source, manifests: { ...source.manifests, fetch } };
  await copy(watched, 'v1', target, 'v1', {
    onCopySkipped: ({ digest }) => void skipped.push(digest),
  });
  const asked = calls.map(({ reference }) => reference);
  assert.not(asked.includes(graph.blobs.first.digest));
  assert.ok(asked.includes(graph.blobs.second.digest));
  assert.equal(read, [graph.index.digest, graph.images[1].digest]);
  assert.ok(skipped.includes(graph.images[0].digest));
  assert.ok(skipped.includes(graph.blobs.shared.digest), 'of the other image');
});

test('a root that stands there under its digest gets the tag', async ({
  source,
  target,
  graph,
}) => {
  await copyGraph(source, target, graph.index);
  assert.equal(await listAll(target.tags()), []);
  await copy(source, 'v1', target, 'latest');
  assert.is((await target.manifests.resolve('latest'))?.digest, graph.index.digest);
});

test('a blob is mounted where one of the named repositories has it, and sent where none has', async ({
  source,
  target,
  targetStore,
  graph,
}) => {
  const { shared, second } = graph.blobs;
  const neighbour = targetStore.repository('neighbour');
  await copyGraph(source, neighbour, shared);
  const [mounted, sent]: [Digest[], Digest[]] = [[], []];
  await copy(source, 'v1', target, 'v1', {
    mountFrom: () => ['nobody', 'neighbour'],
    onMounted: ({ digest }) => void mounted.push(digest),
    postCopy: ({ digest }) => void sent.push(digest),
  });
  assert.equal(mounted, [shared.digest]);
  assert.not(sent.includes(shared.digest));
  assert.ok(sent.includes(second.digest));
  assert.is((await target.blobs.stat(shared.digest))?.size, shared.size);
});

test('preCopy is asked before content is sent, and may leave it out', async ({
  source,
  target,
  graph,
}) => {
  const seen: string[] = [];
  await copyGraph(source, target, graph.images[0], {
    concurrency: 1,
    preCopy({ digest }) {
      seen.push(`before ${digest}`);
      return digest === graph.blobs.first.digest ? 'skip' : undefined;
    },
    postCopy: ({ digest }) => void seen.push(`after ${digest}`),
  });
  assert.is(await target.blobs.stat(graph.blobs.first.digest), undefined);
  assert.not(seen.includes(`after ${graph.blobs.first.digest}`));
  const { digest } = graph.images[0];
  assert.equal(seen.slice(-2), [`before ${digest}`, `after ${digest}`]);
});

test('mapRoot chooses what is copied and tagged', async ({ source, target, graph }) => {
  const mapRoot = async () => graph.images[1];
  assert.equal(await copy(source, 'v1', target, 'v1', { mapRoot }), graph.images[1]);
  assert.is((await target.manifests.resolve('v1'))?.digest, graph.images[1].digest);
  assert.is(await target.manifests.resolve(graph.index.digest), undefined);
});

test('a digest copies without a tag, and is no place for something else', async ({
  source,
  target,
  graph,
}) => {
  await rejectsWith('PKG_E_DIGEST', copy(source, 'v1', target, graph.images[0].digest));
  await rejectsWith('PKG_E_TAG', copy(source, 'v1', target, 'no tag'));
  assert.equal(await copy(source, graph.index.digest, target), graph.index);
  assert.equal(await listAll(target.tags()), []);
});

test('referrers of referrers come along, as many levels as are asked for', async ({
  source,
  target,
  graph,
}) => {
  await extendedCopyGraph(source, target, graph.index, { depth: 1 });
  assert.equal(await referrersOf(target, graph.index), [graph.signature.digest]);
  assert.equal(await referrersOf(target, graph.images[0]), [graph.sbom.digest]);
  assert.equal(await referrersOf(target, graph.sbom), []);
  await extendedCopyGraph(source, target, graph.index);
  assert.equal(await referrersOf(target, graph.sbom), [graph.sbomSignature.digest]);
});

test('findPredecessors chooses among the referrers', async ({ source, target, graph }) => {
  await extendedCopy(source, 'v1', target, 'v1', {
    findPredecessors: (from, { digest }) =>
      from.referrers(digest, { artifactType: 'application/vnd.example.signature' }),
  });
  assert.equal(await referrersOf(target, graph.index), [graph.signature.digest]);
  assert.equal(await referrersOf(target, graph.images[0]), []);
});

test('an extended copy sets its tag last, when everything is there', async ({
  source,
  target,
  calls,
}) => {
  await extendedCopy(source, 'v1', target, 'v1');
  assert.equal([calls.at(-1)?.method, calls.at(-1)?.reference], ['manifests.tag', 'v1']);
});

test('a referrer brings the subject that it speaks of', async ({ source, target, graph }) => {
  await copyGraph(source, target, graph.sbomSignature);
  assert.equal(await referrersOf(target, graph.images[0]), [graph.sbom.digest]);
  assert.is((await target.blobs.stat(graph.blobs.first.digest))?.size, graph.blobs.first.size);
});

test('Docker manifests and lists are followed, foreign layers are not expected', async ({
  source,
  target,
}) => {
  const typed = async (mediaType: string, bytes: Uint8Array) => ({
    ...(await pushBlob(source, bytes)),
    mediaType,
  });
  const foreign = { ...blobOf(Buffer.from('elsewhere')).target };
  foreign.mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  const layer = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
  const layers = [await typed(layer, Buffer.from('layer')), foreign];
  const config = await typed('application/vnd.docker.container.image.v1+json', Buffer.from('{}'));
  const image = await pushJson(source, mediaTypes.dockerManifest, { config, layers });
  const list = await pushJson(source, mediaTypes.dockerManifestList, { manifests: [image] });
  await copyGraph(source, target, list);
  assert.ok(await target.manifests.resolve(list.digest));
  assert.is((await target.blobs.stat(layers[0]!.digest))?.size, 5);
  assert.is(await target.blobs.stat(foreign.digest), undefined);
});

test('what an index names under a type that is no manifest is a blob', async ({
  source,
  target,
}) => {
  const cache = await pushBlob(source, Buffer.from('a layer of a build cache'));
  const index = await pushIndex(source, [cache]);
  await copyGraph(source, target, index);
  assert.ok(await target.blobs.stat(cache.digest));
});

test('content under sha512 is copied, and a manifest of that kind where the target keeps such', async ({
  source,
  target,
  targetStore,
}) => {
  const bytes = Buffer.from('a layer');
  const sha512 = (content: Uint8Array) =>
    `sha512:${createHash('sha512').update(content).digest('hex')}` as Digest;
  const layer = { mediaType: 'application/x', digest: sha512(bytes), size: bytes.length };
  await source.blobs.push(layer, bytes);
  const image = await pushImage(source, { layers: [layer] });
  await copyGraph(source, target, image);
  assert.is((await target.blobs.stat(layer.digest))?.size, bytes.length);

  const { mediaType, bytes: manifest } = packManifest({ artifactType: 'a/b', layers: [layer] });
  const digest = sha512(manifest);
  await source.manifests.push({ mediaType, bytes: manifest }, { digest, tag: 'other' });
  const root = { mediaType, digest, size: manifest.length };
  const keeper = targetStore.repository('keeper');
  await copyGraph(source, keeper, root);
  assert.is((await keeper.manifests.resolve(digest))?.digest, digest);
  const { sha512: _, ...manifests } = keeper.manifests;
  const plain: Repository = { ...keeper, name: 'plain', manifests };
  await keeper.manifests.delete(digest);
  await rejectsWith('PKG_E_DIGEST', copyGraph(source, plain, root));
});

test('what is larger or deeper than the limits is refused before anything is written', async ({
  source,
  target,
  calls,
  graph,
}) => {
  const refused = [{ nodesMax: 6 }, { depthMax: 1 }];
  for (const limits of refused) {
    const error = await rejectsWith('PKG_E_COPY_LIMIT', copy(source, 'v1', target, 'v1', limits));
    assert.equal(error.data, { digest: graph.index.digest });
  }
  assert.equal([...new Set(calls.map(({ method }) => method))], ['manifests.resolve']);
  await copy(source, 'v1', target, 'v1', { nodesMax: 7, depthMax: 2 });
  for (const concurrency of [0, 1.5, Number.NaN]) {
    await rejectsWith('PKG_E_CONFIG', copy(source, 'v1', target, 'v1', { concurrency }));
  }
});

test('a circle that findSuccessors tells of is refused before anything is written', async ({
  source,
  target,
  calls,
  graph,
}) => {
  const findSuccessors = async (_: unknown, { digest }: Descriptor) => {
    const [first, second] = graph.images;
    if (digest === graph.index.digest) return [first, second];
    return digest === first.digest ? [second] : [first];
  };
  const copying = copyGraph(source, target, graph.index, { findSuccessors });
  await rejectsWith('PKG_E_STORAGE_ANSWER', copying);
  assert.equal([...new Set(calls.map(({ method }) => method))], ['manifests.resolve']);
});

test('what the source lacks is PKG_E_NOT_FOUND, and nothing names it in the target', async ({
  source,
  target,
  graph,
}) => {
  await rejectsWith('PKG_E_NOT_FOUND', copy(source, 'v9', target));
  await source.blobs.delete(graph.blobs.first.digest);
  await rejectsWith('PKG_E_NOT_FOUND', copy(source, 'v1', target));
  assert.is(await target.manifests.resolve('v1'), undefined);
  assert.is(await target.manifests.resolve(graph.images[0].digest), undefined);
  await source.manifests.delete(graph.images[0].digest);
  await rejectsWith('PKG_E_NOT_FOUND', copy(source, 'v1', target));
});

test('content that is not what its descriptor says never arrives', async ({
  source,
  target,
  graph,
}) => {
  const { second } = graph.blobs;
  for (const forged of [{ size: second.size - 1 }, { digest: sha256('other') }]) {
    const liar: Repository = {
      ...source,
      blobs: {
        ...source.blobs,
        fetch: async (digest, options) => {
          const found = await source.blobs.fetch(digest, options);
          return digest === second.digest && 'digest' in forged
            ? { digest, size: 5, body: textOf('other') }
            : found;
        },
      },
    };
    const layer = { ...second, ...('size' in forged ? forged : {}) };
    const image = await pushImage(source, { layers: [layer] });
    await rejectsWith('PKG_E_INTEGRITY', copyGraph(liar, target, image));
    assert.is(await target.blobs.stat(second.digest), undefined);
    assert.is(await target.manifests.resolve(image.digest), undefined);
  }
});

test('a manifest that makes no sense, or is of another type or size, is refused', async ({
  source,
  target,
}) => {
  const other = { mediaType: 'application/x', digest: 'sha512:00', size: 1 };
  const rows: unknown[] = [{ layers: 'none' }, { layers: [3] }, { config: other, layers: [] }];
  for (const members of rows) {
    const bad = await pushJson(source, mediaTypes.ociManifest, members as object);
    await rejectsWith('PKG_E_STORAGE_ANSWER', copyGraph(source, target, bad));
  }
  const image = await pushImage(source, { layers: [] });
  const asIndex = copyGraph(source, target, { ...image, mediaType: mediaTypes.ociIndex });
  await rejectsWith('PKG_E_STORAGE_ANSWER', asIndex);
  await rejectsWith('PKG_E_INTEGRITY', copyGraph(source, target, { ...image, size: 1 }));
});

test('an aborted copy ends with the signal’s reason, and nothing of it goes on', async (rig) => {
  const { source, target, graph, calls } = rig;
  const { source: stalled, stalled: asked } = stallingSource(Buffer.from('a beginning'));
  const slow: Repository = {
    ...source,
    blobs: {
      ...source.blobs,
      async fetch(digest, options) {
        if (digest !== graph.blobs.second.digest) return source.blobs.fetch(digest, options);
        return { digest, size: graph.blobs.second.size, body: stalled };
      },
    },
  };
  const ending = new AbortController();
  const reason = new Error('enough');
  const copying = rejectsAs(reason, copy(slow, 'v1', target, 'v1', { signal: ending.signal }));
  await asked;
  ending.abort(reason);
  await copying;
  const after = calls.length;
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(calls.length, after);
  assert.is(await target.manifests.resolve('v1'), undefined);
  await rejectsAs(reason, copy(source, 'v1', target, 'v1', { signal: ending.signal }));
});

test('the first failure ends a copy: what is under way is waited for, and nothing is begun', async (rig) => {
  const failure = new Error('no room');
  let others = 0;
  rig.plan = ({ method, reference }) => {
    if (method !== 'blobs.push') return 'ok';
    if (reference === rig.graph.blobs.second.digest) return { before: failure };
    const turn = new Promise((resolve) => setImmediate(resolve));
    const over = turn.then(() => {
      others += 1;
    });
    return { before: over };
  };
  await rejectsAs(failure, copy(rig.source, 'v1', rig.target, 'v1', { concurrency: 4 }));
  const [ended, calls] = [others, rig.calls.length];
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal([others, rig.calls.length], [ended, calls]);
  assert.not(rig.calls.some(({ method }) => method === 'manifests.push'));
});

async function referrersOf(repository: Repository, { digest }: Descriptor): Promise<Digest[]> {
  return (await listAll(repository.referrers(digest))).map((referrer) => referrer.digest);
}

function pushJson(repository: Repository, mediaType: string, members: object) {
  const bytes = canonicalBytes({ schemaVersion: 2, mediaType, ...members });
  return repository.manifests.push({ mediaType, bytes });
}

async function* textOf(text: string) {
  yield Buffer.from(text);
}

test.run();
