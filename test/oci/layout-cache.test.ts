import * as assert from 'uvu/assert';
import { createKeeperCache } from '../../src/oci/layout-cache.ts';
import { createWriters } from '../../src/oci/layout-context.ts';
import type { IndexKeeper } from '../../src/oci/layout-keeper.ts';
import { parseRepositoryName, type RepositoryName } from '../../src/oci/names.ts';
import { rejectsWith } from '../contract/oci-support.ts';
import { suite } from '../support/suite.ts';

const test = suite('OCI layout cache');

const [a, b, c] = ['a', 'b', 'c'].map(parseRepositoryName) as [
  RepositoryName,
  RepositoryName,
  RepositoryName,
];

/** A cache of keepers that hold `weight` manifests each; `opened` tells which were made, in order. */
function cacheOf(limits: { repositoriesMax: number; manifestsMax: number }, exists = true) {
  const opened: string[] = [];
  const cache = createKeeperCache((name) => {
    opened.push(name);
    return { weight: () => 10, exists: () => exists } as IndexKeeper;
  }, limits);
  const visit = (name: RepositoryName) => cache.use(name, async () => {});
  return { cache, opened, visit };
}

test('the repository that was used longest ago is forgotten first', async () => {
  const { opened, visit } = cacheOf({ repositoriesMax: 2, manifestsMax: 1000 });
  for (const name of [a, b, a, c, a, b]) await visit(name);
  assert.equal(opened, ['a', 'b', 'c', 'b']);
});

test('the number of manifests in memory is bounded as well', async () => {
  const { opened, visit } = cacheOf({ repositoriesMax: 100, manifestsMax: 15 });
  for (const name of [a, b, b, a]) await visit(name);
  assert.equal(opened, ['a', 'b', 'a']);
});

test('a repository in use is kept, and there is never a second keeper of it', async () => {
  const { cache, opened, visit } = cacheOf({ repositoriesMax: 1, manifestsMax: 1000 });
  await cache.use(a, async (keeper) => {
    await visit(b);
    await visit(c);
    await cache.use(a, async (same) => assert.is(same, keeper));
  });
  assert.equal(opened, ['a', 'b', 'c']);
});

test('a repository that does not exist takes no place', async () => {
  const { opened, visit } = cacheOf({ repositoriesMax: 100, manifestsMax: 1000 }, false);
  for (const name of [a, a]) await visit(name);
  assert.equal(opened, ['a', 'a']);
});

test('writers end when those under way have, and no other begins', async () => {
  const { writing, end } = createWriters();
  const order: string[] = [];
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const written = writing(undefined, async () => {
    await gate;
    order.push('written');
  });
  const ended = end().then(() => order.push('ended'));
  await rejectsWith(
    'PKG_E_SHUTTING_DOWN',
    writing(undefined, async () => {}),
  );
  release();
  await Promise.all([written, ended]);
  assert.equal(order, ['written', 'ended']);
});

test.run();
