// What is there before any work is done: the time that commands and the service take to start, and its memory at rest.

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { call, putSigned } from '../support/rest.ts';
import { packSample, signSample } from '../support/service.ts';
import { figureOf, inPairs } from './pairs.ts';
import { type BenchContext, type Figure, type Row, spreadOf } from './row.ts';
import { type Sample, sampleCorpus } from './search-corpus.ts';
import { type Registry, bin as sourceBin, startRegistry } from './support/measured-process.ts';
import { nodeProgram, timedRun } from './support/programs.ts';
import { publishedPackage } from './support/published.ts';

const packages = 1_000;
const publishesAtOnce = 8;
/** One measurement is the median of so many starts. */
const starts = 5;
const settleMs = 2_000;
const restMs = 1_000;

type Bench = BenchContext & {
  /** Where the embedded store with all packages lies. */
  store: string;
  compiledBin: string;
};

export const row: Row = {
  name: 'start',
  heldTo:
    'vitte --version 1.5 of node -e 0; embedded with 1,000 packages, cold start to ready 6 from sources and 3.5 compiled, 120 MB at rest',
  async run(context) {
    const store = join(context.folder, 'registry');
    const { bin: compiledBin } = await publishedPackage(join(context.folder, 'package'));
    const bench = { ...context, store, compiledBin };
    await fill(bench);
    return [
      await version(bench, 'from sources', sourceBin),
      await version(bench, 'compiled', compiledBin, { atMost: 1.5 }),
      await ready(bench, 'from sources', sourceBin, { atMost: 6 }),
      await ready(bench, 'compiled', compiledBin, { atMost: 3.5 }),
      await memory(bench),
    ];
  },
};

async function version(
  bench: BenchContext,
  how: string,
  bin: string,
  held?: { atMost: number },
): Promise<Figure> {
  const profile = profileOf(bench, `version ${how}`);
  const measured = await inPairs(
    bench.pairs,
    () => median(async () => (await timedRun(nodeProgram([bin, '--version'], profile))).ms),
    () => median(nothing),
  );
  return figureOf(measured, 'ms', {
    pair: `vitte --version, ${how}, whole process: ours / node -e 0`,
    ...(held ? { held } : {}),
    bound: 'the start of Node itself; ours adds some ten milliseconds of modules',
  });
}

async function ready(
  bench: Bench,
  how: string,
  bin: string,
  held: { atMost: number },
): Promise<Figure> {
  const measured = await inPairs(
    bench.pairs,
    () =>
      median(async () => {
        const from = performance.now();
        const registry = await open(bench, bin, profileOf(bench, `ready ${how}`));
        const ms = performance.now() - from;
        await registry.stop();
        return ms;
      }),
    () => median(nothing),
  );
  return figureOf(measured, 'ms', {
    pair: `embedded with ${packages} packages, ${how}, until /readyz says so: ours / node -e 0`,
    held,
    bound:
      'loading modules takes two fifths; filling the index and its search as much, and the collector a tenth',
  });
}

/** Started on a store that others have filled, and searched once, so that nothing is under way any more. */
async function memory(bench: Bench): Promise<Figure> {
  const resident: number[] = [];
  for (let round = 0; round < Math.min(bench.pairs, 3); round += 1) {
    const registry = await open(bench, bench.compiledBin);
    try {
      const { status } = await call(`${registry.url}/api/v1/packages?q=json`);
      if (status !== 200) throw new Error(`a search: ${status}`);
      await pause(settleMs);
      const watch = registry.watchMemory();
      await pause(restMs);
      resident.push(watch() / 1024 ** 2);
    } finally {
      await registry.stop();
    }
  }
  return {
    pair: `embedded with ${packages} packages, compiled, resident memory at rest`,
    unit: 'MB',
    value: spreadOf(resident),
    held: { atMost: 120 },
    bound:
      "Node by itself takes 45 MB; of the rest, 30 to 40 are V8's young generation, which filling index and search has made large",
  };
}

async function open(bench: Bench, bin: string, profile?: { folder: string; name: string }) {
  const registry = await startRegistry({ folder: bench.store, bin, profile });
  const { status } = await call(`${registry.url}/readyz`);
  if (status === 200) return registry;
  await registry.stop();
  throw new Error(`/readyz: ${status}`);
}

/** Publishes packages with descriptions and READMEs, each signed. */
async function fill({ store, folder, say }: Bench) {
  say(`publishing ${packages} packages`);
  const registry = await startRegistry({ folder: store });
  try {
    const samples = sampleCorpus(packages, 1);
    const publisher = async () => {
      for (const sample of samples) await publish(registry, folder, sample);
    };
    await Promise.all(Array.from({ length: publishesAtOnce }, publisher));
  } finally {
    await registry.stop();
  }
}

async function publish(registry: Registry, folder: string, { document, readme }: Sample) {
  const { name, version, description, license, keywords } = document;
  const packed = await packSample(folder, {
    name,
    version,
    manifest: { description, license, keywords },
    files: { 'README.md': readme },
  });
  const reply = await putSigned(registry, packed, signSample(packed));
  if (reply.status !== 201) throw new Error(`${name}: ${reply.bytes}`);
}

async function median(once: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < starts; n += 1) times.push(await once());
  return spreadOf(times).median;
}

async function nothing(): Promise<number> {
  return (await timedRun(nodeProgram(['-e', '0']))).ms;
}

function profileOf({ profiles }: BenchContext, name: string) {
  if (profiles === undefined) return undefined;
  return { folder: profiles, name: `start-${name.replaceAll(' ', '-')}` };
}
