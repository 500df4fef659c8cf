import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Digest } from '../../src/core/digest.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { startRedis } from '../support/redis.ts';
import { put } from '../support/rest.ts';
import { packSample } from '../support/service.ts';
import { figureOf, inPairs } from './pairs.ts';
import { type BenchContext, type Figure, type Row, spreadOf } from './row.ts';
import { type Load, openLoad } from './support/load.ts';
import { type Registry, startRegistry } from './support/measured-process.ts';

const blobBytes = 50 * 1024 * 1024;
const name = 'large-lib';
const smallPath = '/api/v1/packages/large-lib';

type Bench = BenchContext & { load: Load; storage: DockerRegistry; repository: string };
type Blob = { version: string; digest: Digest };

export const row: Row = {
  name: 'download',
  heldTo:
    '0.6 of the same blob straight from the registry where the server hashed it before, 0.4 hashed on the way, 0.95 from a layout; 150 MB with 64 at once; p99 of a small GET 20 ms beside 8',
  async run(context) {
    const storage = await startDockerRegistry();
    if ('missing' in storage) throw new Error(storage.missing);
    const redis = await startRedis();
    const load = openLoad();
    const prefix = storage.storage();
    const env = { VITTE_REGISTRY_STORAGE: prefix, VITTE_REGISTRY_INDEX: redis.url };
    const secret = join(context.folder, 'first', 'data', 'service-secret.json');
    const bench = {
      ...context,
      load,
      storage,
      repository: `${new URL(prefix).pathname.slice(1)}/${name}`,
    };
    const started: Registry[] = [];
    const start = async (folder: string, more: Record<string, string>) => {
      const name = `download-${folder}-${started.length}`;
      const { profiles } = context;
      const registry = await startRegistry({
        folder: join(context.folder, folder),
        env: more,
        profile: profiles === undefined ? undefined : { folder: profiles, name },
      });
      started.push(registry);
      return registry;
    };
    try {
      const first = await start('first', env);
      const embedded = await start('embedded', {});
      const blobs = await publishAll(bench, first, embedded);
      const [blob] = blobs as [Blob];
      const figures = await streamed(bench, first, blob, storageKind);
      const other = await start('other', { ...env, VITTE_REGISTRY_SECRET_FILE: secret });
      figures.push(await hashed(bench, other, blobs));
      figures.push(await memory(bench, other, blob, storageKind));
      figures.push(...(await streamed(bench, embedded, blob, layoutKind)));
      await embedded.stop();
      figures.push(await memory(bench, await start('embedded', {}), blob, layoutKind));
      return figures;
    } finally {
      await load.end();
      for (const registry of started) await registry.stop();
      await redis.stop();
      await storage.stop();
    }
  },
};

type Kind = {
  title: string;
  atLeast: number;
  bound: string;
  memoryBound: string;
  waitBound: string;
};

const storageKind: Kind = {
  title: 'streamed, hashed before',
  atLeast: 0.6,
  bound:
    "the kernel's copies on one thread: half of our time is the write to the client, most of the rest the read from the registry, which the direct way does not have",
  memoryBound:
    "the process at rest, 110 to 140 MB, then V8's young generation, which grows to 64 MB; buffers are 15 MB. With --max-semi-space-size=8 it stays below 150 MB",
  waitBound: 'the two megabytes that all downloads together read and write in a turn',
};
const layoutKind: Kind = {
  title: 'from a layout',
  atLeast: 0.95,
  bound: 'reading from the page cache and writing to the client, in about equal parts',
  memoryBound: storageKind.memoryBound,
  waitBound: storageKind.waitBound,
};

async function streamed(bench: Bench, ours: Registry, blob: Blob, kind: Kind): Promise<Figure[]> {
  const { load, pairs, full } = bench;
  const figures: Figure[] = [];
  for (const clients of [1, 16]) {
    const times = full ? 8 : clients === 1 ? 6 : 1;
    const rate = async (url: string) => bytesPerSecond(load, url, clients, times);
    const measured = await inPairs(
      pairs,
      () => rate(ourUrl(ours, blob)),
      () => rate(directUrl(bench, blob)),
    );
    const pair = `50 MB ${kind.title}, ${clients} client${clients > 1 ? 's' : ''}: ours / docker-registry itself`;
    figures.push(
      figureOf(measured, 'bytes a second', {
        pair,
        held: { atLeast: kind.atLeast },
        bound: kind.bound,
      }),
    );
  }
  figures.push(await besideDownloads(bench, ours, blob, kind));
  return figures;
}

/** Each version is read once of a replica that did not publish it, so that it has to be hashed. */
async function hashed(bench: Bench, ours: Registry, blobs: Blob[]): Promise<Figure> {
  const rate = (url: string) => bytesPerSecond(bench.load, url, 1, 1);
  const measured = await inPairs(
    bench.pairs,
    (round) => rate(ourUrl(ours, blobs[round]!)),
    (round) => rate(directUrl(bench, blobs[round]!)),
  );
  return figureOf(measured, 'bytes a second', {
    pair: '50 MB hashed on the way, 1 client: ours / docker-registry itself',
    held: { atLeast: 0.4 },
    bound: 'SHA-256 on the thread that also copies; by itself it runs at 1.4 GB a second',
  });
}

async function besideDownloads(
  bench: Bench,
  ours: Registry,
  blob: Blob,
  kind: Kind,
): Promise<Figure> {
  const waits: number[] = [];
  const small = openLoad();
  for (let round = 0; round < bench.pairs; round += 1) {
    const downloads = bench.load.run({
      kind: 'downloads',
      url: ourUrl(ours, blob),
      clients: 8,
      times: 6,
    });
    const gets = small.run({ kind: 'paced', url: ours.url + smallPath, pauseMs: 5, ms: 1_000 });
    waits.push((await gets).p99Ms);
    await downloads;
  }
  await small.end();
  return {
    pair: `a small GET beside 8 downloads ${kind.title}, 99th percentile`,
    unit: 'ms',
    value: spreadOf(waits),
    held: { atMost: 20 },
    bound: kind.waitBound,
  };
}

/** Of a process that has published nothing: what that needs stays with the allocator. */
async function memory(bench: Bench, ours: Registry, blob: Blob, kind: Kind): Promise<Figure> {
  const highest: number[] = [];
  for (let round = 0; round < Math.min(bench.pairs, 3); round += 1) {
    const watch = ours.watchMemory();
    await bench.load.run({ kind: 'downloads', url: ourUrl(ours, blob), clients: 64, times: 1 });
    highest.push(watch() / 1024 ** 2);
  }
  return {
    pair: `resident memory with 64 downloads at once, ${kind.title}`,
    unit: 'MB',
    value: spreadOf(highest),
    held: { atMost: 150 },
    bound: kind.memoryBound,
  };
}

async function bytesPerSecond(load: Load, url: string, clients: number, times: number) {
  const { bytes, seconds } = await load.run({ kind: 'downloads', url, clients, times });
  return bytes / seconds;
}

function ourUrl(registry: Registry, { version }: Blob): string {
  return `${registry.url}/api/v1/packages/${name}/${version}/download`;
}

function directUrl({ storage, repository }: Bench, { digest }: Blob): string {
  return `${storage.origin}/v2/${repository}/blobs/${digest}`;
}

/** One version for all that is streamed, and one more for each round that hashes. */
async function publishAll(bench: Bench, ...registries: Registry[]): Promise<Blob[]> {
  const blobs: Blob[] = [];
  for (let round = 0; round <= bench.pairs; round += 1) {
    bench.say(`packing and publishing 50 MB, ${round + 1} of ${bench.pairs + 1}`);
    const packed = await packSample(bench.folder, {
      name,
      version: `1.${round}.0`,
      files: { 'src/data.bin': randomBytes(blobBytes) },
    });
    for (const registry of round === 0 ? registries : registries.slice(0, 1)) {
      const reply = await put(registry, packed);
      if (reply.status !== 201) throw new Error(`publish: ${reply.bytes}`);
    }
    blobs.push({ version: `1.${round}.0`, digest: packed.digest });
  }
  return blobs;
}
