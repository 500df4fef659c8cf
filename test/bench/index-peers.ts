// The index beside others: the document of a package as Verdaccio has it, and what a version takes in Redis.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { putSigned } from '../support/rest.ts';
import { packSample, signSample } from '../support/service.ts';
import { figureOf, inPairs } from './pairs.ts';
import { type BenchContext, type Figure, type Row, spreadOf } from './row.ts';
import { type MeasuredProcess, startRegistry } from './support/measured-process.ts';
import { nodeProgram, timedRun } from './support/programs.ts';
import { openRates } from './support/rates.ts';
import { publishToVerdaccio, startVerdaccio } from './support/verdaccio.ts';

const connections = 32;
const name = 'demo-lib';
const redisPackages = 2_000;
const redisVersions = 5;
const redisRuns = 3;
/** Fills a Redis of its own and says what it took; spec/redis.md has its table. */
const redisProgram = join(import.meta.dirname, '../index/redis/memory.ts');

export const row: Row = {
  name: 'index-peers',
  heldTo: "ten times Verdaccio's packument of the same two versions; 600 bytes of Redis a version",
  run: async (context) => [await besideVerdaccio(context), ...(await redisBytes(context))],
};

async function besideVerdaccio(context: BenchContext): Promise<Figure> {
  const { folder, full, pairs, profiles, say } = context;
  const rates = await openRates(say);
  const started: MeasuredProcess[] = [];
  const profile = (side: string) =>
    profiles === undefined ? undefined : { folder: profiles, name: `index-peers-${side}` };
  try {
    const ours = await startRegistry({ folder: join(folder, 'ours'), profile: profile('ours') });
    started.push(ours);
    const verdaccio = await startVerdaccio({ folder, profile: profile('verdaccio') });
    started.push(verdaccio);
    for (const version of ['1.0.0', '1.1.0']) {
      const told = { description: 'A small library', license: 'MIT', keywords: ['math', 'demo'] };
      const packed = await packSample(folder, { name, version, manifest: told });
      const reply = await putSigned(ours, packed, signSample(packed));
      if (reply.status !== 201) throw new Error(`publish: ${reply.bytes}`);
      const archive = await readFile(packed.file);
      await publishToVerdaccio(verdaccio.url, { name, version, ...told, archive });
    }
    const ms = full ? 3_000 : 1_000;
    const measured = await inPairs(
      pairs,
      () => rates.of(`${ours.url}/api/v1/index/${name}`, connections, ms),
      () => rates.of(`${verdaccio.url}/${name}`, connections, ms),
    );
    return figureOf(measured, `answers a second, asked by ${rates.by}`, {
      pair: `index document of two versions, ${connections} connections: ours / Verdaccio's packument`,
      held: { atLeast: 10 },
      bound:
        "the kernel's send in ours; Verdaccio reads the package's file, merges and serialises it for each request",
    });
  } finally {
    await rates.end();
    for (const one of started) await one.stop();
  }
}

/** By the growth of used_memory; that without the outcomes of changes, which go after two minutes, is held to. */
async function redisBytes({ say }: BenchContext): Promise<Figure[]> {
  const all: number[] = [];
  const lasting: number[] = [];
  for (let run = 0; run < redisRuns; run += 1) {
    say(`filling a Redis with ${redisPackages} packages of ${redisVersions} versions`);
    const program = nodeProgram([redisProgram, `${redisPackages}`, `${redisVersions}`]);
    const [output = ''] = (await timedRun(program)).outputs;
    const bytesOf = (line: RegExp) => {
      const [, bytes] = line.exec(output) ?? [];
      if (bytes === undefined) throw new Error(`${redisProgram}: ${output}`);
      return Number(bytes);
    };
    const grown = bytesOf(/used_memory grew by ([\d.]+)/);
    all.push(grown);
    lasting.push(grown - bytesOf(/outcomes +([\d.]+)/) - bytesOf(/decided +([\d.]+)/));
  }
  const what = `${redisPackages} packages with ${redisVersions} versions`;
  return [
    {
      pair: `Redis, bytes a version of ${what}`,
      unit: 'B',
      value: spreadOf(lasting),
      held: { atMost: 600 },
      bound:
        "450 are the packages' packed documents, more than half of that digests, which nothing makes smaller; feed, lists of names and the server's own table of keys are 40 to 50 each",
    },
    {
      pair: `Redis, bytes a version of ${what}, just filled`,
      unit: 'B',
      value: spreadOf(all),
      bound: '200 more are outcomes, kept for two minutes and for at most 100,000 changes',
    },
  ];
}
