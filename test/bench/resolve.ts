// The solver beside the crate `pubgrub` (Rust, native): the same generated graphs, solved in process, A B A B. Alone:
// `node test/bench/resolve.ts [PAIRS]`.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { PackageName } from '../../src/core/name.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import type {
  DependencyRow,
  PackageFacts,
  PackageProvider,
  ResolveResult,
} from '../../src/resolve/port.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { type Random, seededRandom } from '../support/seeded-random.ts';
import { figureOf, inPairs } from './pairs.ts';
import type { BenchContext, Figure, Row } from './row.ts';
import { tableOf } from './table.ts';

export const row: Row = {
  name: 'resolve',
  heldTo: 'at most 2 of the crate pubgrub on the same graph, once both have read it',
  run,
};

type Generated = {
  name: PackageName;
  versions: { version: Version; dependencies: DependencyRow[] }[];
};

export type GeneratedGraph = { requirements: DependencyRow[]; packages: Generated[] };

export type GraphShape = {
  packages: number;
  versions: number;
  seed: number;
  /** Of all dependencies, how many ask for an older series than their neighbours: what makes a solver go back. */
  stale: number;
  /** Puts two packages far from the root that can never stand together. */
  conflict?: boolean;
};

/** Times the versions of one run have been seen before: the first of ours compile and fill what is kept. */
const warmUps = 8;
const cargoTimeoutMs = 20 * 60_000;

async function run(context: BenchContext): Promise<Figure[]> {
  const large = { packages: 10_000, versions: 20, seed: 1, stale: 0 };
  const bound =
    'lookups of packages and dependencies all over the heap, and collecting what was allocated';
  return [
    await measured(context, '10,000 × 20: ours / pubgrub', large, { bound, held: { atMost: 2 } }),
    await measured(context, '10,000 × 20, first sight of the facts: ours / pubgrub', large, {
      fresh: true,
      bound:
        'versions and requirements are parsed; pubgrub has parsed them before its clock starts',
    }),
    await measured(context, '1,000 × 20 with going back: ours / pubgrub', goingBack, {
      bound: 'propagation over dependencies that exclude one another',
      held: { atMost: 2 },
    }),
    await measured(context, '10,000 × 20, conflict told: ours / pubgrub', conflict(large), {
      bound: 'most of it is found before half of the packages are looked at',
      held: { atMost: 2 },
    }),
  ];
}

const goingBack = { packages: 1_000, versions: 20, seed: 2, stale: 0.002 };
const conflict = (shape: GraphShape) => ({ ...shape, conflict: true });

type Measure = { bound: string; held?: { atMost: number }; fresh?: boolean };

async function measured(
  context: BenchContext,
  pair: string,
  shape: GraphShape,
  { bound, held, fresh = false }: Measure,
): Promise<Figure> {
  const graph = generatedGraph(shape);
  const file = join(context.folder, 'graph.json');
  await writeFile(file, JSON.stringify(graph));
  const peer = await startPeer(file, context.say);
  const ours = solver(graph, fresh);
  try {
    for (let round = 0; round < warmUps; round += 1) await ours();
    const both = await Promise.all([ours(), peer.solve()]);
    if (both[0].outcome !== both[1].outcome) throw new Error(`${pair}: ${JSON.stringify(both)}`);
    const once = async (solve: () => Promise<Solved>) => (await solve()).ms;
    const pairs = await inPairs(
      context.pairs,
      () => once(ours),
      () => once(peer.solve),
    );
    if (context.profiles)
      await writeProfile(join(context.profiles, `${nameOf(pair)}.cpuprofile`), ours);
    return figureOf(pairs, 'ms', { pair, bound, ...(held ? { held } : {}) });
  } finally {
    peer.end();
  }
}

type Solved = { ms: number; outcome: ResolveResult['status'] };

/** Ours, from the call to the locked graph or the explanation; suggestions, which resolve again and again, left out. */
function solver({ requirements, packages }: GeneratedGraph, fresh: boolean) {
  let facts = new Map<PackageName, PackageFacts>(packages.map((row) => [row.name, row]));
  return async (): Promise<Solved> => {
    if (fresh) facts = new Map(packages.map((row) => [row.name, { ...row }]));
    const provider: PackageProvider = {
      atHand: (name) => facts.get(name) ?? null,
      packages: (names) => names.map((name) => facts.get(name)),
    };
    const from = performance.now();
    const { status } = await resolve({ requirements }, provider, { suggestions: false });
    return { ms: performance.now() - from, outcome: status };
  };
}

/**
 * Packages of which each depends on some that come later. Its versions follow one another in time, as those of the others
 * do, and depend on what was new then; a stale one on what was new before.
 */
export function generatedGraph(shape: GraphShape): GeneratedGraph {
  const random = seededRandom(shape.seed);
  for (let warmUp = 0; warmUp < 8; warmUp += 1) random.fraction();
  const versions = Array.from({ length: shape.packages }, () => history(random, shape.versions));
  const packages = versions.map((own, number) => {
    const on = neighbours(random, number, shape.packages);
    const candidates = own.map((version, time) => {
      const rows = on.map((other) => dependency(random, shape, other, versions[other]!, time));
      return { version, dependencies: random.chance(0.1) ? rows.slice(1) : rows };
    });
    return { name: nameAt(number), versions: candidates };
  });
  const step = Math.max(1, Math.floor(shape.packages / 40));
  const requirements = packages
    .filter((_, number) => number % step === 0)
    .map(({ name }) => any(name));
  if (shape.conflict) packages.push(...plantConflict(packages));
  return { requirements, packages };
}

function history(random: Random, count: number): Version[] {
  let [major, minor, patch] = [1, 0, 0];
  return Array.from({ length: count }, () => {
    const version = `${major}.${minor}.${patch}` as Version;
    const change = random.fraction();
    if (change < 0.12) [major, minor, patch] = [major + 1, 0, 0];
    else if (change < 0.6) [minor, patch] = [minor + 1, 0];
    else patch += 1;
    return version;
  });
}

function neighbours(random: Random, number: number, count: number): number[] {
  const found = new Set<number>();
  if (number + 1 < count && random.chance(0.7)) found.add(number + 1);
  for (let left = random.below(7); left > 0; left -= 1) {
    const other = number + 1 + random.below(300);
    if (other < count) found.add(other);
  }
  return [...found].sort((a, b) => a - b);
}

function dependency(
  random: Random,
  { stale }: GraphShape,
  other: number,
  versions: readonly Version[],
  time: number,
): DependencyRow {
  const age = random.chance(stale) ? 1 + random.below(8) : 0;
  const base = versions[Math.max(0, time - age)]!;
  const kind = random.fraction();
  const next = Number(base.split('.')[0]) + 2;
  const requirement = kind < 0.8 ? `^${base}` : kind < 0.9 ? `>=${base}` : `>=${base} <${next}.0.0`;
  return { name: nameAt(other), requirement: requirement as Requirement };
}

/** Two packages that no version of a third satisfies together, each needed by one far down. */
function plantConflict(packages: readonly Generated[]): Generated[] {
  const [left, right, shared] = ['left', 'right', 'shared'] as PackageName[];
  const plant = (share: number, name: PackageName) => {
    for (const { dependencies } of packages[Math.floor(packages.length * share)]!.versions) {
      dependencies.push(any(name));
    }
  };
  plant(0.6, left!);
  plant(0.9, right!);
  const all = ['1.0.0', '1.1.0', '2.0.0', '2.1.0', '3.0.0'] as Version[];
  const depending = (requirement: string) =>
    all.map((version) => ({
      version,
      dependencies: [{ name: shared!, requirement: requirement as Requirement }],
    }));
  return [
    { name: left!, versions: depending('^1.0.0') },
    { name: right!, versions: depending('^2.0.0') },
    { name: shared!, versions: all.map((version) => ({ version, dependencies: [] })) },
  ];
}

function any(name: PackageName): DependencyRow {
  return { name, requirement: '*' as Requirement };
}

function nameAt(number: number): PackageName {
  return `package-${number}` as PackageName;
}

/** The crate, with the graph read, as a process that solves it once for each line that it is sent. */
async function startPeer(graph: string, say: (text: string) => void) {
  const child = spawn(await builtPeer(say), [graph], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { solve, end: () => child.stdin.end() };

  async function solve(): Promise<Solved> {
    child.stdin.write('\n');
    const { value, done } = await lines.next();
    if (done) throw new Error('the peer ended');
    return JSON.parse(value) as Solved;
  }
}

let building: Promise<string> | undefined;

function builtPeer(say: (text: string) => void): Promise<string> {
  building ??= buildPeer(say);
  return building;
}

/** Built once by cargo into the cache folder, by what its sources are. */
async function buildPeer(say: (text: string) => void): Promise<string> {
  const folder = fileURLToPath(new URL('pubgrub-peer/', import.meta.url));
  const sources = ['Cargo.lock', 'Cargo.toml', 'src/main.rs'];
  const texts = await Promise.all(sources.map((file) => readFile(join(folder, file))));
  const key = createHash('sha256').update(Buffer.concat(texts)).digest('hex').slice(0, 16);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const target = join(cache, 'vitte-registry-tools', `pubgrub-peer-${key}`);
  await mkdir(target, { recursive: true });
  say(`cargo builds pubgrub-peer into ${target}, unless it has`);
  const manifest = join(folder, 'Cargo.toml');
  const args = [
    'build',
    '--release',
    '--locked',
    '--manifest-path',
    manifest,
    '--target-dir',
    target,
  ];
  await promisify(execFile)('cargo', args, { timeout: cargoTimeoutMs });
  return join(target, 'release', 'pubgrub-peer');
}

async function writeProfile(file: string, solve: () => Promise<Solved>) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  for (let round = 0; round < 20; round += 1) await solve();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  await writeFile(file, JSON.stringify(profile));
}

function nameOf(pair: string): string {
  return pair.replaceAll(/[^0-9a-z]+/gi, '-');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = await mkdtemp(join(tmpdir(), 'vitte-bench-resolve-'));
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const pairs = Number(process.argv[2] ?? 5);
  try {
    const figures = await run({ full: true, folder, pairs, profiles: undefined, say });
    process.stdout.write(tableOf([{ row: row.name, heldTo: row.heldTo, figures, seconds: 0 }]));
  } finally {
    await rm(folder, { recursive: true });
  }
}
