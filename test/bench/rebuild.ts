// An index made anew into an empty Redis, beside bare GETs of the very objects that were read for it.
import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { openRedisIndex } from '../../src/index/redis/redis-index.ts';
import { openRedisRebuild } from '../../src/index/redis/redis-rebuild.ts';
import type { Registry } from '../../src/oci/port.ts';
import { remoteLimits } from '../../src/oci/remote/limits.ts';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import { openJournalStore } from '../../src/storage/journal-store.ts';
import { openSnapshotStore } from '../../src/storage/snapshots.ts';
import { openVersionStore } from '../../src/storage/version-store.ts';
import { createJournal } from '../../src/sync/journal.ts';
import { rebuild, renewSnapshots } from '../../src/sync/rebuild.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { startRedis } from '../support/redis.ts';
import { publishedEvent, pushSample, sampleVersion } from '../support/sample-version.ts';
import { figureOf, inPairs, longPairsMax } from './pairs.ts';
import type { BenchContext, Figure, Row } from './row.ts';

const packagesFull = 10_000;
const versions = 5;
/** Publishes at once while the store is filled: a journal of full batches, as a busy registry writes it. */
const publishesAtOnce = 128;

export const row: Row = {
  name: 'rebuild',
  heldTo:
    '1.3 of bare GETs of the very objects read, with the same concurrency, from snapshots and deep',
  async run(context) {
    const storage = await startDockerRegistry();
    if ('missing' in storage) throw new Error(storage.missing);
    const redis = await startRedis();
    try {
      const url = storage.storage();
      const bench = { ...context, url, origin: storage.origin, redis };
      await fill(bench);
      const deep = await measured(bench, true);
      return [deep, await measured(bench, false)];
    } finally {
      await redis.stop();
      await storage.stop();
    }
  },
};

type Bench = BenchContext & {
  url: string;
  origin: string;
  redis: Awaited<ReturnType<typeof startRedis>>;
};

/** Publishes the packages, and keeps snapshots of them. */
async function fill({ url, redis, full, say }: Bench) {
  const packages = full ? packagesFull : packagesFull / 10;
  const registry = openRemoteRegistry({ url });
  const index = await openRedisIndex({ url: redis.url });
  const store = storeOn(registry);
  const journal = createJournal({ ...store, index, now: Date.now });
  say(`publishing ${packages} packages with ${versions} versions each`);
  const common = { id: randomUUID(), actor: 'registry', event: 'registry created' } as const;
  await journal.submit({
    event: {
      ...common,
      ...{ store: 'f'.repeat(32), encoding: 'path', profile: 1 },
      ...{ origin: 'vitte.bench/log', key: 'a'.repeat(64) },
    },
    role: 'admin',
    readAt: 0,
  });
  let next = 0;
  const work = async () => {
    while (next < packages * versions) {
      const n = next++;
      const name = `package-${n % packages}`;
      const on = {
        [`package-${(7 * n) % packages}`]: '^1.0.0',
        [`package-${(13 * n) % packages}`]: '*',
      };
      const sample = sampleVersion(name, `1.${Math.floor(n / packages)}.0`, name, on);
      await pushSample(store.versions, sample);
      const event = publishedEvent(sample, randomUUID());
      await journal.submit({ event, role: 'admin', facts: sample.facts, readAt: 0 });
    }
  };
  await Promise.all(Array.from({ length: publishesAtOnce }, work));
  await journal.close();
  say('writing snapshots');
  await renewSnapshots(index, store);
  await index.close();
  await registry.close();
}

async function measured(bench: Bench, deep: boolean): Promise<Figure> {
  const { redis, say } = bench;
  const pairs = Math.min(bench.pairs, longPairsMax);
  let read: ReadObjects = { paths: [], atOnce: 1 };
  const figures = await inPairs(
    pairs,
    async () => {
      await redis.client.flushall();
      const inner = openRemoteRegistry({ url: bench.url });
      read = { paths: [], atOnce: 0 };
      const store = storeOn(watched(inner, new URL(bench.url).pathname, read));
      const made = await openRedisRebuild({ url: redis.url }, deep ? 'deep' : 'snapshots');
      const from = performance.now();
      const head = await rebuild(made, store, { deep });
      const ms = performance.now() - from;
      if (!head) throw new Error('there is no journal');
      await made.close();
      await inner.close();
      return ms;
    },
    () => bareGets(bench.origin, read),
  );
  say(`${deep ? 'deep' : 'from snapshots'}: ${read.paths.length} objects, ${read.atOnce} at once`);
  return figureOf(figures, 'ms', {
    pair: deep
      ? 'deep, journal and every manifest: ours / bare GETs of the objects read'
      : 'from snapshots: ours / bare GETs of the objects read',
    held: { atMost: 1.3 },
    bound: deep
      ? `${read.paths.length} objects: the registry's answers; ours parses what it is given and writes to Redis beside them`
      : `${read.paths.length} objects, which are nothing: what is in them is packed, and written to Redis`,
  });
}

function storeOn(registry: Registry) {
  return {
    journal: openJournalStore(registry),
    versions: openVersionStore(registry),
    snapshots: openSnapshotStore(registry),
    onError(error: unknown) {
      throw error;
    },
  };
}

type ReadObjects = {
  paths: string[];
  /** How many were read at the same time, at most. */
  atOnce: number;
};

/** Notes the path of everything whose content is read. */
function watched(inner: Registry, prefix: string, read: ReadObjects): Registry {
  let under = 0;
  const noting = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    read.paths.push(path);
    under += 1;
    read.atOnce = Math.max(read.atOnce, under);
    return work().finally(() => {
      under -= 1;
    });
  };
  return {
    ...inner,
    repository(name) {
      const repository = inner.repository(name);
      const { blobs, manifests } = repository;
      const at = `/v2${prefix}/${name}`;
      return {
        ...repository,
        blobs: {
          ...blobs,
          fetch: (digest, options) =>
            noting(`${at}/blobs/${digest}`, () => blobs.fetch(digest, options)),
        },
        manifests: {
          ...manifests,
          fetch: (reference, options) =>
            noting(`${at}/manifests/${reference}`, () => manifests.fetch(reference, options)),
        },
      };
    },
  };
}

/** The same objects, with nothing done to them; gives the milliseconds that it took. */
async function bareGets(origin: string, { paths, atOnce }: ReadObjects): Promise<number> {
  // No more connections than our client has.
  const connections = Math.min(atOnce, remoteLimits.connectionsMax);
  const pool = new Pool(origin, { connections });
  const accept = 'application/vnd.oci.image.manifest.v1+json';
  const from = performance.now();
  let next = 0;
  const work = async () => {
    while (next < paths.length) {
      const path = paths[next++]!;
      const { statusCode, body } = await pool.request({ method: 'GET', path, headers: { accept } });
      await body.arrayBuffer();
      if (statusCode !== 200) throw new Error(`${path}: ${statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const ms = performance.now() - from;
  await pool.close();
  return ms;
}
