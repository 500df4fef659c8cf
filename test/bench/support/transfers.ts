// The same files up and down with each client in turn, on one docker-registry.
import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../../src/core/digest.ts';
import { mediaTypes } from '../../../src/core/media-types.ts';
import { type DockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts';
import { call } from '../../support/rest.ts';
import { figureOf, inTurns, type Side } from '../pairs.ts';
import { type BenchContext, type Figure, spreadOf } from '../row.ts';
import { type OciClient, type OciClients, openClients } from './oci-clients.ts';
import { type Program, timedRun } from './programs.ts';
import { digestsBelow, digestsOf, freshen, type SampleFiles } from './sample-files.ts';

export type TransferBench = BenchContext & { storage: DockerRegistry; clients: OciClients };

/** What is moved, and what is said of it. */
export type Transfers = {
  /** What it is, such as `50 MB`; and how a profile of it is named. */
  title: string;
  profile: string;
  files: SampleFiles;
  /** How many blobs are on their way at the same time. */
  atOnce: number;
  /** What bounds ours, from a profile. */
  bound: { push: string; pull: string };
};

type Artifact = { tag: string; files: SampleFiles };
/** A repository of the registry: the prefix of its storage URL. */
type Repository = { origin: string; path: string };
type Measured = { ms: number; outputs: string[] };

/** Opens clients and a registry for a row, and ends the registry after it. */
export async function withTransfers(
  context: BenchContext,
  work: (bench: TransferBench) => Promise<Figure[]>,
): Promise<Figure[]> {
  const storage = await startDockerRegistry();
  if ('missing' in storage) throw new Error(storage.missing);
  try {
    return await work({ ...context, storage, clients: await openClients(context) });
  } finally {
    await storage.stop();
  }
}

/** Uploads and downloads with all clients. Nothing of it is left in the registry. */
export async function measureTransfers(bench: TransferBench, what: Transfers): Promise<Figure[]> {
  const { clients } = bench;
  const up = await figuresOf(bench, what, 'push', (client, round) =>
    timedUpload(bench, what, client, round),
  );
  const repository = newRepository(bench);
  await upload(bench, what, clients.oras, repository, together(what));
  if (Object.values(clients).some((client) => isApart(client, what))) {
    await upload(bench, what, clients.oras, repository, apart(what));
  }
  const down = await figuresOf(bench, what, 'pull', (client, round) =>
    timedDownload(bench, what, client, repository, round),
  );
  await empty(bench);
  return [...up, ...down];
}

async function figuresOf(
  { clients, pairs, say }: TransferBench,
  { title, atOnce, bound }: Transfers,
  direction: 'push' | 'pull',
  measure: (client: OciClient, round: number) => Promise<Measured>,
): Promise<Figure[]> {
  const way = `${title} ${direction === 'push' ? 'up' : 'down'}, ${atOnce} at a time`;
  say(way);
  const loadedMs: number[] = [];
  const ours: Side = async (round) => {
    const { ms, outputs } = await measure(clients.ours, round);
    loadedMs.push((JSON.parse(outputs[0] ?? '') as { loadedMs: number }).loadedMs);
    return ms;
  };
  const peers = [clients.oras, clients.crane];
  const measured = await inTurns(
    pairs,
    ours,
    peers.map((peer) => async (round) => (await measure(peer, round)).ms),
  );
  const start = `ours begins after ${spreadOf(loadedMs).median.toFixed(0)} ms, when Node and the library are there`;
  return measured.map((one, at) => {
    const peer = peers[at]!;
    const how = isApart(peer, { atOnce }) ? `${atOnce} processes of ${peer.title}` : peer.title;
    return figureOf(one, 'ms', {
      pair: `${way}, whole process: ours / ${how}`,
      bound: `${start}; ${bound[direction]}`,
    });
  });
}

async function timedUpload(
  bench: TransferBench,
  what: Transfers,
  client: OciClient,
  round: number,
): Promise<Measured> {
  await freshen(what.files);
  const repository = newRepository(bench);
  const artifacts = artifactsOf(client, what);
  const measured = await upload(bench, what, client, repository, artifacts);
  if (round === 0) await checkUploaded(repository, artifacts);
  await empty(bench);
  return measured;
}

async function upload(
  { folder }: TransferBench,
  { atOnce, profile }: Transfers,
  client: OciClient,
  repository: Repository,
  artifacts: Artifact[],
): Promise<Measured> {
  const scratch = join(folder, 'scratch');
  try {
    const programs: Program[] = [];
    for (const { tag, files } of artifacts) {
      const reference = referenceOf(repository, tag);
      const place = { reference, atOnce, profile, scratch: join(scratch, tag) };
      programs.push(await client.push(files, place));
    }
    return await timedRun(...programs);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function timedDownload(
  { folder }: TransferBench,
  what: Transfers,
  client: OciClient,
  repository: Repository,
  round: number,
): Promise<Measured> {
  const scratch = join(folder, 'scratch');
  const { atOnce, profile } = what;
  try {
    const programs = artifactsOf(client, what).map(({ tag }) => {
      const reference = referenceOf(repository, tag);
      return client.pull({ reference, atOnce, profile, scratch: join(scratch, tag) });
    });
    const measured = await timedRun(...programs);
    if (round === 0) checkSame(await digestsBelow(scratch), await digestsOf(what.files));
    return measured;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A process that moves fewer at the same time than is asked for has one file alone, and there are more processes. */
function artifactsOf(client: OciClient, what: Transfers): Artifact[] {
  return isApart(client, what) ? apart(what) : together(what);
}

function isApart({ atOnceOwn }: OciClient, { atOnce }: Pick<Transfers, 'atOnce'>): boolean {
  return atOnceOwn !== undefined && atOnceOwn < atOnce;
}

function together({ files }: Transfers): Artifact[] {
  return [{ tag: 'together', files }];
}

function apart({ files }: Transfers): Artifact[] {
  return files.names.map((name) => ({ tag: name, files: { ...files, names: [name] } }));
}

function newRepository({ storage }: TransferBench): Repository {
  const { pathname } = new URL(storage.storage());
  return { origin: storage.origin, path: `${pathname.slice(1)}/${randomUUID()}` };
}

function referenceOf({ origin, path }: Repository, tag: string): string {
  return `${new URL(origin).host}/${path}:${tag}`;
}

/** That it is the same work which is measured. */
async function checkUploaded({ origin, path }: Repository, artifacts: Artifact[]) {
  for (const { tag, files } of artifacts) {
    const headers = { accept: mediaTypes.ociManifest };
    const manifest = await call(`${origin}/v2/${path}/manifests/${tag}`, { headers });
    const { layers } = manifest.json<{ layers: { digest: Digest }[] }>();
    checkSame(new Set(layers.map(({ digest }) => digest)), await digestsOf(files));
  }
}

function checkSame(found: ReadonlySet<Digest>, wanted: readonly Digest[]) {
  const missing = wanted.filter((digest) => !found.has(digest));
  if (missing.length > 0) throw new Error(`it did not arrive: ${missing.slice(0, 3)}`);
}

/** Throws away all that the registry has, where it is ours: many uploads would fill the disk. */
async function empty({ storage }: TransferBench) {
  if (storage.folder === undefined) return;
  for (const name of await readdir(storage.folder)) {
    await rm(join(storage.folder, name), { recursive: true, force: true });
  }
}
