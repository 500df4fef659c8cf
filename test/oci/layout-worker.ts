// A process of its own that holds layout stores; the tests that need one speak to it over IPC (`start-worker.ts`).
import { randomBytes } from 'node:crypto';
import { emptyContent, emptyDescriptor } from '../../src/core/descriptor.ts';
import { sha256 } from '../../src/core/digest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { type OciLayoutStore, openOciLayoutStore } from '../../src/oci/layout.ts';
import { packManifest } from '../../src/oci/pack.ts';

export type WorkerRequest =
  /** Tries to open a folder so many times at once; answers each outcome, `open` or a code. */
  | { do: 'open'; folder: string; attempts: number }
  | { do: 'close' }
  /** Pushes manifests under tags, four at a time and without end; tells each tag when it is acknowledged. */
  | { do: 'write' }
  /** Pushes one blob of random bytes; answers `done` or a code. */
  | { do: 'push'; bytes: number };
export type WorkerReply = { outcomes: string[] } | { tag: string; digest: string };

let stores: OciLayoutStore[] = [];

process.on('message', async (request: WorkerRequest) => {
  if (request.do === 'write') {
    for (let lane = 0; lane < 4; lane += 1) void write(lane);
  } else tell({ outcomes: await act(request) });
});

async function act(request: Exclude<WorkerRequest, { do: 'write' }>): Promise<string[]> {
  if (request.do === 'push') return [await outcome(() => push(request.bytes), 'done')];
  if (request.do === 'open') {
    const open = async () => stores.push(await openOciLayoutStore(request.folder));
    return Promise.all(Array.from({ length: request.attempts }, () => outcome(open, 'open')));
  }
  await Promise.all(stores.map((store) => store.close()));
  stores = [];
  return ['closed'];
}

async function outcome(work: () => Promise<unknown>, done: string): Promise<string> {
  try {
    await work();
    return done;
  } catch (error) {
    return isVitteError(error) ? error.code : String(error);
  }
}

async function push(size: number) {
  const bytes = randomBytes(size);
  await repository().blobs.push({ digest: sha256(bytes), size }, bytes);
}

async function write(lane: number) {
  const { blobs, manifests } = repository();
  await blobs.push(emptyDescriptor, emptyContent);
  for (let count = 0; ; count += 1) {
    await push(100_000);
    const tag = `lane-${lane}-${count}`;
    const artifactType = 'application/vnd.example.thing';
    const manifest = packManifest({ artifactType, layers: [], annotations: { tag } });
    await manifests.push(manifest, { tag });
    tell({ tag, digest: manifest.digest });
  }
}

function repository() {
  return stores[0]!.repository('demo-lib');
}

function tell(reply: WorkerReply) {
  process.send?.(reply);
}
