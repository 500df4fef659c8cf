// The remote adapter on docker-registry behind a proxy with faults: what it answers is compared with what was pushed,
// and what lies in the registry at the end is read without the proxy, by the adapter and from its files.
import { createHash, randomFillSync } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { mapConcurrently } from '../../src/core/concurrency.ts';
import { type Descriptor, emptyContent, emptyDescriptor } from '../../src/core/descriptor.ts';
import { type Digest, sha256 } from '../../src/core/digest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { type PackedManifest, packManifest } from '../../src/oci/pack.ts';
import type { Repository } from '../../src/oci/port.ts';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import { type Missing, startDockerRegistry } from './docker-registry.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { seededRandom } from './seeded-random.ts';

export type OciFaults = {
  /** What is wrong, in words. */
  findings: string[];
  /** `OPERATION ok` or `OPERATION CODE`, and how often. */
  tally: Map<string, number>;
  fates: FaultProxy['fates'];
  slowestMs: number;
};

const shares = { reset: 0.05, unavailable: 0.05, late: 0, truncated: 0.02 };
const workers = 8;
/** Retries, waits and a content of some MiB: what takes longer hangs. */
const operationMsMax = 60_000;
const contentBytesMax = 9 * 1024 * 1024;
const limits = { retryBaseMs: 10, referrersCheckMs: 500, bufferedPushBytesMax: 64 * 1024 };

/** Runs so many operations, drawn by the seed. */
export async function runOciFaults(operations: number, seed: number): Promise<OciFaults | Missing> {
  const docker = await startDockerRegistry();
  if ('missing' in docker) return docker;
  const proxy = await startFaultProxy(docker.origin, seed, shares);
  const direct = docker.storage();
  const behind = direct.replace(new URL(docker.origin).host, proxy.host);
  const registry = openRemoteRegistry({ url: behind, limits });
  const known = createKnown();
  const run: OciFaults = { findings: [], tally: new Map(), fates: proxy.fates, slowestMs: 0 };
  try {
    const demo = registry.repository('demo');
    await mapConcurrently(
      Array.from({ length: operations }, (_, at) => at),
      workers,
      (at) => operate(demo, known, seed + at, run),
    );
    proxy.calm(true);
    await registry.close();
    const plain = openRemoteRegistry({ url: direct });
    await auditKnown(plain.repository('demo'), known, run);
    await plain.close();
    if (docker.folder !== undefined) await auditFiles(docker.folder, run);
    return run;
  } finally {
    await registry.close();
    await proxy.close();
    await docker.stop();
  }
}

/** A line for each kind of outcome. */
export function ociFaultsText({ tally, fates, slowestMs }: OciFaults): string {
  const lines = [...tally].sort().map(([outcome, count]) => `  ${outcome}: ${count}`);
  const befell = Object.entries(fates).map(([fate, count]) => `${fate} ${count}`);
  return [...lines, `  slowest ${Math.round(slowestMs)} ms; requests: ${befell.join(', ')}`].join(
    '\n',
  );
}

type Known = {
  /** What was stored for certain: a push of it succeeded. */
  blobs: Map<Digest, Uint8Array>;
  manifests: Map<Digest, PackedManifest>;
  /** What each tag may name: the last content that it got for certain, and all that were tried since. */
  tags: Map<string, Set<Digest>>;
  /** The subject that has referrers, and these. */
  subject: Descriptor | undefined;
  referrers: Set<Digest>;
};

function createKnown(): Known {
  const none = { subject: undefined, referrers: new Set<Digest>() };
  return { blobs: new Map(), manifests: new Map(), tags: new Map(), ...none };
}

type Operation = (demo: Repository, known: Known, at: number) => Promise<void>;

const tagCount = 20;

/** What is done, and its share of all. */
const kinds: [name: string, share: number, run: Operation][] = [
  [
    'push',
    0.15,
    async (demo, known, at) => {
      const { digest, size, bytes } = content(at, 200_000);
      await demo.blobs.push({ digest, size }, () => pieces(bytes));
      known.blobs.set(digest, bytes);
    },
  ],
  [
    'stage',
    0.1,
    async (demo, known, at) => {
      const { digest, bytes } = content(at, at % 5 === 0 ? contentBytesMax : 100_000);
      const staged = await demo.blobs.stage(pieces(bytes));
      if (staged.digest !== digest) throw new Error(`staged ${staged.digest} for ${digest}`);
      await staged.commit();
      known.blobs.set(digest, bytes);
    },
  ],
  [
    'fetch',
    0.25,
    async (demo, known, at) => {
      const [digest, bytes] = pick([...known.blobs], at) ?? [];
      if (!digest || !bytes) return;
      const range = at % 3 === 0 ? { first: 1, last: bytes.length - 1 } : undefined;
      const found = await demo.blobs.fetch(digest, range ? { range } : {});
      if (!found) throw new Error(`${digest} was pushed and is not found`);
      const read = await collect(found.body);
      if (!read.equals(range ? bytes.subarray(1) : bytes))
        throw new Error(`other bytes for ${digest}`);
    },
  ],
  [
    'tag',
    0.15,
    async (demo, known, at) => {
      const tag = `t${at % tagCount}`;
      const manifest = await packed(demo, at);
      const may = known.tags.get(tag) ?? new Set();
      known.tags.set(tag, may.add(manifest.digest));
      await demo.manifests.push(manifest, { tag });
      known.manifests.set(manifest.digest, manifest);
    },
  ],
  [
    'resolve',
    0.2,
    async (demo, known, at) => {
      const tag = `t${at % tagCount}`;
      const found = await demo.manifests.fetch(tag);
      const may = known.tags.get(tag);
      if (found && !may?.has(found.descriptor.digest)) throw new Error(`${tag} names another`);
    },
  ],
  [
    'attach',
    0.1,
    async (demo, known, at) => {
      known.subject ??= await demo.manifests.push(await packed(demo, -1));
      const manifest = await packed(demo, at, known.subject);
      await demo.manifests.push(manifest);
      known.referrers.add(manifest.digest);
    },
  ],
  [
    'list',
    0.05,
    async (demo, known) => {
      for await (const tag of demo.tags()) {
        if (!known.tags.has(tag) && !tag.startsWith('sha256-')) throw new Error(`no tag ${tag}`);
      }
      if (!known.subject) return;
      const certain = new Set(known.referrers);
      for await (const { digest } of demo.referrers(known.subject.digest)) certain.delete(digest);
      if (certain.size > 0) throw new Error(`${certain.size} referrers are not listed`);
    },
  ],
];

async function operate(demo: Repository, known: Known, seed: number, run: OciFaults) {
  const [name, , operation] = drawKind(seed);
  const began = performance.now();
  let outcome = 'ok';
  try {
    await operation(demo, known, seed);
  } catch (error) {
    const coded = isVitteError(error) && error.kind === 'unavailable';
    outcome = coded ? error.code : 'wrong';
    if (!coded) run.findings.push(`${name}: ${error}`);
  }
  const tookMs = performance.now() - began;
  if (tookMs > operationMsMax) run.findings.push(`${name} took ${tookMs} ms`);
  run.slowestMs = Math.max(run.slowestMs, tookMs);
  run.tally.set(`${name} ${outcome}`, (run.tally.get(`${name} ${outcome}`) ?? 0) + 1);
}

function drawKind(seed: number): (typeof kinds)[number] {
  const random = seededRandom(seed);
  random.fraction(); // that of neighbouring seeds is a neighbour
  let left = random.fraction();
  for (const kind of kinds) {
    if (left < kind[1]) return kind;
    left -= kind[1];
  }
  return kinds[0]!;
}

async function auditKnown(demo: Repository, known: Known, { findings }: OciFaults) {
  for (const [digest, bytes] of known.blobs) {
    const found = await demo.blobs.fetch(digest);
    if (!found || !(await collect(found.body)).equals(bytes))
      findings.push(`blob ${digest} is gone`);
  }
  for (const [digest, { bytes }] of known.manifests) {
    const found = await demo.manifests.fetch(digest);
    if (!found || !bytes.equals(found.bytes)) findings.push(`manifest ${digest} is gone`);
  }
  for (const [tag, may] of known.tags) {
    const found = await demo.manifests.resolve(tag);
    if (found && !may.has(found.digest)) findings.push(`${tag} names another manifest`);
  }
  const listed = new Set<Digest>();
  const { subject } = known;
  if (subject) for await (const one of demo.referrers(subject.digest)) listed.add(one.digest);
  for (const one of known.referrers) if (!listed.has(one)) findings.push(`${one} is not listed`);
}

/** Every blob of the registry is what its name says. */
async function auditFiles(folder: string, { findings }: OciFaults) {
  for await (const file of glob(join(folder, 'docker/registry/v2/blobs/sha256/*/*/data'))) {
    const hex = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    if (hex !== basename(dirname(file))) findings.push(`${file} holds something else`);
  }
}

async function packed(demo: Repository, mark: number, subject?: Descriptor) {
  await demo.blobs.push(emptyDescriptor, emptyContent);
  const parts = { artifactType: 'application/vnd.example.thing', layers: [] };
  const annotations = { mark: String(mark) };
  return packManifest({ ...parts, annotations, ...(subject ? { subject } : {}) });
}

function content(seed: number, bytesMax: number) {
  const bytes = randomFillSync(Buffer.alloc(1 + seededRandom(seed).below(bytesMax)));
  return { digest: sha256(bytes), size: bytes.length, bytes };
}

async function* pieces(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

function pick<T>(list: readonly T[], seed: number): T | undefined {
  return seededRandom(seed).pick(list);
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = [];
  for await (const piece of body) read.push(piece);
  return Buffer.concat(read);
}
