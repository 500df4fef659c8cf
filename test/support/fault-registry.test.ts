import * as assert from 'uvu/assert';
import { createMemoryStore } from '../../src/oci/memory.ts';
import { listAll, packed, piecesOf, randomBlob, rejectsAs } from '../contract/oci-support.ts';
import { type Fault, faultRegistry, type Operation } from './fault-registry.ts';
import { suite } from './suite.ts';

const test = suite('fault registry');
const error = new Error('planned');

/** A registry in which one method has a fault; the rest is as it should be. */
function faulty(method: Operation['method'], fault: Fault) {
  const inner = createMemoryStore();
  const seen: Operation[] = [];
  const outer = faultRegistry(inner, (operation) => {
    seen.push(operation);
    return operation.method === method ? fault : 'ok';
  });
  return { inner: inner.repository('demo-lib'), outer: outer.repository('demo-lib'), seen };
}

test('a fault before a call keeps it from being done, one after it does not', async () => {
  for (const [fault, done] of [
    [{ before: error }, false],
    [{ after: error }, true],
  ] as const) {
    const { inner, outer } = faulty('manifests.push', fault);
    const manifest = await packed(outer, { mark: 'a' });
    await rejectsAs(error, outer.manifests.push(manifest, { tag: 'one' }));
    assert.is((await inner.manifests.resolve('one')) !== undefined, done);
  }
});

test('a call waits until it is released', async () => {
  let release = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { inner, outer } = faulty('blobs.push', { before: until });
  const { target, bytes } = randomBlob(10);
  const push = outer.blobs.push(target, bytes);
  assert.is(await inner.blobs.stat(target.digest), undefined);
  release();
  await push;
  assert.ok(await inner.blobs.stat(target.digest));
});

test('commits and lists have faults of their own, and abort never rejects', async () => {
  const commit = faulty('staged.commit', { after: error });
  const { target, bytes } = randomBlob(10);
  const staged = await commit.outer.blobs.stage(piecesOf(bytes));
  await rejectsAs(error, staged.commit());
  assert.ok(await commit.inner.blobs.stat(target.digest));
  const abort = faulty('staged.abort', { before: error });
  await (await abort.outer.blobs.stage(piecesOf(bytes))).abort();
  const tags = faulty('tags', { after: error });
  await rejectsAs(error, listAll(tags.outer.tags()));
});

test('the plan is told method, repository and reference', async () => {
  const { outer, seen } = faulty('tags', 'ok');
  const manifest = await packed(outer, { mark: 'a' });
  seen.length = 0;
  await outer.manifests.push(manifest);
  await outer.manifests.tag(manifest.digest, 'one');
  await listAll(outer.tags());
  const repository = 'demo-lib';
  assert.equal(seen, [
    { method: 'manifests.push', repository, reference: manifest.digest },
    { method: 'manifests.tag', repository, reference: 'one' },
    { method: 'tags', repository },
  ]);
});

test.run();
