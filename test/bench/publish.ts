import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { manifestOf } from '../../src/archive/archive-manifest.ts';
import type { PackedArchive } from '../../src/archive/pack.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { spkiOf } from '../../src/signing/keys.ts';
import { runTool, tool } from '../interop/tools.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { startRedis } from '../support/redis.ts';
import { packSample, signSample } from '../support/service.ts';
import { figureOf, inPairs } from './pairs.ts';
import { type BenchContext, type Figure, type Row, spreadOf } from './row.ts';
import { type Registry, startRegistry } from './support/measured-process.ts';
import { publishedPackage } from './support/published.ts';
import { openPublisher, type Publisher, type Upload } from './support/publisher.ts';

const archiveBytes = 1024 * 1024;
/** Publishes of one measurement; it is their median. */
const publishesUsual = 8;

type Bench = BenchContext & {
  ours: Registry;
  origin: string;
  prefix: string;
  publisher: Publisher;
};

export const row: Row = {
  name: 'publish',
  heldTo: '1.3 of the same OCI requests done bare; whole process 1.5 of oras push and oras attach',
  async run(context) {
    const storage = await startDockerRegistry();
    if ('missing' in storage) throw new Error(storage.missing);
    const redis = await startRedis();
    const url = storage.storage();
    const { folder, profiles } = context;
    const ours = await startRegistry({
      folder,
      env: { VITTE_REGISTRY_STORAGE: url, VITTE_REGISTRY_INDEX: redis.url },
      profile: profiles === undefined ? undefined : { folder: profiles, name: 'publish-ours' },
    });
    const publisher = openPublisher();
    try {
      const prefix = new URL(url).pathname.slice(1);
      const bench = { ...context, ours, origin: storage.origin, prefix, publisher };
      return [await serverTime(bench), await wholeProcess(bench)];
    } finally {
      await publisher.end();
      await ours.stop();
      await redis.stop();
      await storage.stop();
    }
  },
};

/** The time of our PUT against that of its requests, sent by undici one after the other as we do. */
async function serverTime(bench: Bench): Promise<Figure> {
  const { ours, origin, prefix, publisher, pairs, full } = bench;
  const publishes = full ? publishesUsual * 4 : publishesUsual;
  let count = 0;
  const median = async (publish: (upload: Upload) => Promise<number>) => {
    const times: number[] = [];
    for (let n = 0; n < publishes; n += 1) {
      count += 1;
      times.push(await publish(await uploadOf(bench, `lib-${count}`)));
    }
    return spreadOf(times).median;
  };
  const measured = await inPairs(
    pairs,
    () => median((upload) => publisher.put(`${ours.url}/api/v1`, ours.token, upload)),
    () => median((upload) => publisher.bare(origin, `${prefix}-bare`, upload)),
  );
  return figureOf(measured, 'ms', {
    pair: 'publish of 1 MB, signed, the PUT: ours / its OCI requests done bare',
    held: { atMost: 1.3 },
    bound:
      "the registry's answers, 19 one after the other; ours adds unpacking and hashing the archive, three steps in Redis, and the collector",
  });
}

async function wholeProcess(bench: Bench): Promise<Figure> {
  const { ours, origin, prefix, folder, pairs } = bench;
  const oras = await tool('oras');
  const { bin } = await publishedPackage(join(folder, 'package'));
  const key = join(folder, 'key.json');
  const env = {
    VITTE_HOME: join(folder, 'client'),
    VITTE_REGISTRY: ours.url,
    VITTE_TOKEN: ours.token,
  };
  const vitte = (...words: string[]) =>
    promisify(execFile)(process.execPath, [bin, ...words], { env: { ...process.env, ...env } });
  await vitte('key', 'generate', '--algo', 'ed25519', '--output', key);
  const measured = await inPairs(
    pairs,
    async (round) => {
      const { file } = await pack(bench, `whole-${round}`);
      return timed(() => vitte('registry', 'publish', file, '--key', key));
    },
    async (round) => {
      const packed = await pack(bench, `oras-${round}`);
      const options = { cwd: dirname(packed.file) };
      const reference = `${new URL(origin).host}/${prefix}-oras/lib-${round}:1.0.0`;
      const bundle = `bundle-${round}.json`;
      await writeFile(join(options.cwd, bundle), signSample(packed).bundle);
      const push = ['push', '--plain-http', '--artifact-type', mediaTypes.package, reference];
      const attach = [
        'attach',
        '--plain-http',
        '--artifact-type',
        mediaTypes.sigstoreBundle,
        reference,
      ];
      return timed(async () => {
        await runTool(oras, [...push, `${basename(packed.file)}:${mediaTypes.vitmod}`], options);
        await runTool(oras, [...attach, `${bundle}:${mediaTypes.sigstoreBundle}`], options);
      });
    },
  );
  return figureOf(measured, 'ms', {
    pair: 'publish of 1 MB, signed, whole process: vitte registry publish / oras push and oras attach',
    held: { atMost: 1.5 },
    bound:
      'the start of Node and of the published command, against two starts of a native program; then the same requests',
  });
}

async function uploadOf(bench: Bench, name: string): Promise<Upload> {
  const packed = await pack(bench, name);
  const { key, bundle } = signSample(packed);
  const manifest = manifestOf(packed);
  return {
    name,
    version: '1.0.0',
    file: packed.file,
    digest: packed.digest,
    key: spkiOf(key).toString('base64'),
    bundle: bundle.toString('base64'),
    config: manifest.config.bytes.toString('base64'),
    manifest: manifest.bytes.toString('base64'),
  };
}

function pack({ folder }: Bench, name: string): Promise<PackedArchive> {
  return packSample(folder, {
    name,
    version: '1.0.0',
    files: { 'src/data.bin': randomBytes(archiveBytes) },
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
