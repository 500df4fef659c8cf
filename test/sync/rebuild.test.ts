import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import type { PackageName } from '../../src/core/name.ts';
import type { IndexRebuild, RebuildMode } from '../../src/index/rebuild-port.ts';
import { openRedisIndex } from '../../src/index/redis/redis-index.ts';
import { openRedisRebuild } from '../../src/index/redis/redis-rebuild.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { openJournalStore } from '../../src/storage/journal-store.ts';
import { openSnapshotStore } from '../../src/storage/snapshots.ts';
import { openVersionStore } from '../../src/storage/version-store.ts';
import { catchUp } from '../../src/sync/catch-up.ts';
import {
  fillingParts,
  type RebuildStore,
  rebuild,
  renewSnapshots,
} from '../../src/sync/rebuild.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { freshTag, type RedisServer, serverMissing, startRedis } from '../support/redis.ts';
import { sampleVersion } from '../support/sample-version.ts';
import { suite } from '../support/suite.ts';
import { everything, openReplica } from './replica.ts';
import { created, openSnapshotReplica } from './snapshot-rig.ts';

const test = suite<{ redis: RedisServer }>('an index made anew beside the one that stands');
const missing = serverMissing();
const tried = missing === undefined ? test : test.skip;
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

test.before(async (rig) => {
  if (missing === undefined) rig.redis = await startRedis();
});
test.after(({ redis }) => redis?.stop());

function storeOn(registry: Registry): RebuildStore & { errors: unknown[] } {
  const errors: unknown[] = [];
  return {
    journal: openJournalStore(registry),
    versions: openVersionStore(registry),
    snapshots: openSnapshotStore(registry),
    onError: (error) => errors.push(error),
    errors,
  };
}

/** A registry with some packages, and a replica whose index lies in Redis. */
async function openRig(redis: RedisServer, packages: number) {
  const registry = createMemoryStore();
  const place = { url: redis.url, storeTag: freshTag() };
  const index = await openRedisIndex(place);
  const replica = openReplica(registry, { index });
  await replica.submit(created());
  for (let at = 0; at < packages; at += 10) {
    await Promise.all(
      range(10).map((n) =>
        replica.publish(sampleVersion(`package-${at + n}`, '1.0.0', `${at + n}`, { other: '*' })),
      ),
    );
  }
  return {
    ...{ registry, place, index, replica },
    open: (mode: RebuildMode) => openRedisRebuild(place, mode),
    keys: () => redis.client.keys(`{vitte:${place.storeTag}}:*`),
    async close() {
      await replica.close();
      await index.close();
    },
  };
}

async function closing<T>(made: IndexRebuild, work: (made: IndexRebuild) => Promise<T>) {
  try {
    return await work(made);
  } finally {
    await made.close();
  }
}

tried(
  'replicas read and publish meanwhile, and then it takes the place of what stood',
  async ({ redis }) => {
    const rig = await openRig(redis, 20);
    const before = await everything(rig.index);
    const keysBefore = await rig.keys();
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const slow = faultRegistry(rig.registry, ({ method, repository }) => {
      if (method !== 'manifests.fetch' || repository !== 'package-7') return 'ok';
      reached.resolve();
      return { before: gate.promise };
    });
    await closing(await rig.open('deep'), async (made) => {
      const rebuilding = rebuild(made, storeOn(slow), { deep: true });
      await reached.promise;
      assert.equal(await everything(rig.index), before, 'what stood is read');
      const outcome = await rig.replica.publish(sampleVersion('meanwhile', '1.0.0'));
      assert.is(outcome.status, 'journaled', 'and written');
      gate.resolve();
      assert.is((await rebuilding)?.sequence, (await rig.index.head())?.sequence);
    });
    const after = await everything(rig.index);
    assert.is(after.packages.length, 21);
    await rig.replica.publish(sampleVersion('later', '1.0.0'));
    const fresh = openReplica(rig.registry);
    await fresh.journal.catchUp();
    assert.equal(await everything(rig.index), await everything(fresh.index));
    const setsOf = (keys: string[]) =>
      new Set(keys.flatMap((key) => /:3:([^:]+):/.exec(key)?.[1] ?? []));
    assert.is(setsOf(await rig.keys()).size, 1, 'nothing is left of what stood');
    assert.is.not([...setsOf(await rig.keys())][0], [...setsOf(keysBefore)][0]);
    await fresh.close();
    await rig.close();
  },
);

tried(
  'one that was interrupted goes on where it was; the other kind begins anew',
  async ({ redis }) => {
    const rig = await openRig(redis, 60);
    const interrupted = new AbortController();
    await closing(await rig.open('deep'), async (made) => {
      const options = { deep: true, signal: interrupted.signal };
      const onProgress = (sequence: number) =>
        sequence > 30 && interrupted.abort(new Error('Ctrl-C'));
      const error = await rebuild(made, storeOn(rig.registry), { ...options, onProgress }).catch(
        (thrown: unknown) => thrown,
      );
      assert.match(String(error), 'Ctrl-C');
    });
    const begun = await closing(await rig.open('deep'), async (made) => {
      const head = await made.index.head();
      await rebuild(made, storeOn(rig.registry), { deep: true });
      return head;
    });
    assert.ok(begun && begun.sequence > 30);
    const fresh = openReplica(rig.registry);
    await fresh.journal.catchUp();
    assert.equal(await everything(rig.index), await everything(fresh.index));

    await closing(await rig.open('deep'), async (made) => {
      await made.index.apply({
        before: undefined,
        after: { sequence: 0, batch: begun!.batch, term: begun!.term, ordinal: 0 },
        entries: [],
        outcomes: [],
      });
    });
    await closing(await rig.open('snapshots'), async (made) => {
      assert.is(await made.index.head(), undefined);
      assert.is((await rebuild(made, storeOn(rig.registry)))?.sequence, 121);
    });
    const left = (await rig.keys()).filter((key) => key.includes('rebuild'));
    assert.equal(left, []);
    await fresh.close();
    await rig.close();
  },
);

tried('what was begun on another journal is begun anew', async ({ redis }) => {
  const rig = await openRig(redis, 10);
  await closing(await rig.open('snapshots'), async (made) => {
    const batch = `sha256:${'0'.repeat(64)}` as never;
    const after = { sequence: 0, batch, term: `1-${'0'.repeat(16)}`, ordinal: 0 };
    await made.index.apply({ before: undefined, after, entries: [], outcomes: [] });
    assert.is((await rebuild(made, storeOn(rig.registry)))?.sequence, 21);
  });
  await rig.close();
});

tried(
  'nothing is replaced where another head stands, or another was made, than was seen',
  async ({ redis }) => {
    const rig = await openRig(redis, 10);
    await closing(await rig.open('deep'), async (made) => {
      const head = (await catchUp(fillingParts(made.index, storeOn(rig.registry)), {
        open: true,
      }))!;
      const other = { ...head, ordinal: 99 };
      assert.is(await made.replace(other, head), false);
      assert.is(await made.replace(undefined, head), false);
      assert.is(await made.replace(head, other), false);
      assert.is(await made.replace(head, head), true);
    });
    await rig.close();
  },
);

tried('of two at once the second is refused', async ({ redis }) => {
  const rig = await openRig(redis, 10);
  await closing(await rig.open('deep'), async () => {
    const error = await rig.open('snapshots').catch((thrown: unknown) => thrown);
    assert.ok(isVitteError(error, 'PKG_E_STORE_LOCKED'));
  });
  await closing(await rig.open('snapshots'), (made) => rebuild(made, storeOn(rig.registry)));
  await rig.close();
});

tried('an index at a place that no journal has is replaced', async ({ redis }) => {
  const rig = await openRig(redis, 10);
  await rig.replica.close();
  const head = (await rig.index.head())!;
  const elsewhere = { ...head, batch: `sha256:${'1'.repeat(64)}` as never };
  await rig.index.apply({ before: head, after: elsewhere, entries: [], outcomes: [] });
  await closing(await rig.open('deep'), (made) =>
    rebuild(made, storeOn(rig.registry), { deep: true }),
  );
  assert.is((await rig.index.head())?.batch, head.batch);
  await rig.index.close();
});

tried(
  'snapshots that are made anew say what the index says, for every package',
  async ({ redis }) => {
    const rig = await openRig(redis, 300);
    const store = storeOn(rig.registry);
    await renewSnapshots(rig.index, store);
    const snapshot = await store.snapshots.index();
    assert.is(snapshot?.states, 601);
    for (const name of ['package-0', 'package-299'] as PackageName[]) {
      assert.ok(await store.snapshots.state(name));
    }
    const fresh = openSnapshotReplica(rig.registry);
    await fresh.journal.catchUp();
    assert.equal(await everything(fresh.index), await everything(rig.index));
    assert.equal([...store.errors, ...fresh.errors], []);
    await fresh.close();
    await rig.close();
  },
);

test.run();
