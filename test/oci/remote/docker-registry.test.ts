import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import type { Digest } from '../../../src/core/digest.ts';
import type { Repository } from '../../../src/oci/port.ts';
import { openRemoteRegistry } from '../../../src/oci/remote/registry.ts';
import {
  failingSource,
  listAll,
  piecesOf,
  pushedManifest,
  randomBlob,
  rejectsAs,
  stallingSource,
} from '../../contract/oci-support.ts';
import { type DockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts';
import { suite } from '../../support/suite.ts';
import { until } from '../../support/until.ts';
import type { LargeBlobReport } from './large-blob.ts';
import type { ReferrerWork } from './referrer-writer.ts';

const test = suite('the remote adapter on docker-registry');
const found = await startDockerRegistry();

const largeBytes = 300 * 1024 * 1024;
const growthBytesMax = 100 * 1024 * 1024;

/**
 * Runs a test on a repository of its own; `uploads` tells the files of bytes that sessions left there. (Of a session
 * that was deleted docker-registry writes the state of its hash once more, an empty shell.)
 */
function withRepository(
  docker: DockerRegistry,
  work: (demo: Repository, uploads: () => Promise<string[]>) => Promise<void>,
) {
  return async () => {
    const url = docker.storage();
    const registry = openRemoteRegistry({ url });
    const prefix = url.slice(url.lastIndexOf('/') + 1);
    const folder = join(docker.folder ?? '', 'docker/registry/v2/repositories', prefix);
    try {
      await work(registry.repository('demo'), async () => {
        const files = await readdir(join(folder, 'demo/_uploads'), { recursive: true });
        return files.filter((file) => file.endsWith('data'));
      });
    } finally {
      await registry.close();
    }
  };
}

async function marksOf(repository: Repository, subject: Digest) {
  const listed = await listAll(repository.referrers(subject));
  return listed.map(({ annotations }) => annotations?.mark ?? '').sort();
}

if ('missing' in found) test.skip(found.missing);
else {
  test.after(() => found.stop());

  test('300 MB go up and come down in a small part of that memory', async () => {
    const child = join(import.meta.dirname, 'large-blob.ts');
    // With the young generation that npm start and the image have.
    const args = ['--max-semi-space-size=8', child, found.storage(), String(largeBytes)];
    const run = promisify(execFile)(process.execPath, args);
    const report = JSON.parse((await run).stdout) as LargeBlobReport;
    assert.is(report.pushedBytes, largeBytes);
    assert.is(report.fetchedBytes, largeBytes);
    assert.ok(report.samples > 10, `${report.samples} samples`);
    const growth = report.peakBytes - report.baselineBytes;
    assert.ok(growth < growthBytesMax, `grew by ${growth} bytes`);
  });

  test('thirty-two who attach to one subject at once, over eight connections of one process, are all listed', async () => {
    const url = found.storage();
    const registries = Array.from({ length: 8 }, () => openRemoteRegistry({ url }));
    const repositories = registries.map((registry) => registry.repository('demo'));
    const subject = await pushedManifest(repositories[0]!, { mark: 'subject' });
    const marks = Array.from({ length: 32 }, (_, at) => `m${at}`);
    await Promise.all(
      marks.map((mark, at) =>
        pushedManifest(repositories[at % 8]!, { mark, subject: subject.descriptor }),
      ),
    );
    assert.equal(await marksOf(repositories[3]!, subject.digest), marks.sort());
    await Promise.all(registries.map((registry) => registry.close()));
  });

  test('thirty-two who attach to one subject at once from four processes are all listed a while later', async () => {
    const url = found.storage();
    const registry = openRemoteRegistry({ url });
    const demo = registry.repository('demo');
    const subject = await pushedManifest(demo, { mark: 'subject' });
    const work = (name: string): ReferrerWork => ({
      url,
      subject: subject.descriptor,
      marks: Array.from({ length: 8 }, (_, at) => `${name}${at}`),
      checkMs: 200,
    });
    // Threads share no memory here: each is a process of its own to the registry.
    const script = new URL('referrer-writer.ts', import.meta.url);
    const all = ['a', 'b', 'c', 'd'].map(work);
    const workers = all.map((workerData) => new Worker(script, { workerData }));
    const marks = all.flatMap((one) => one.marks).sort();
    try {
      await Promise.all(workers.map((worker) => once(worker, 'message')));
      await until(async () => (await marksOf(demo, subject.digest)).length === marks.length);
      assert.equal(await marksOf(demo, subject.digest), marks);
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
      await registry.close();
    }
  });

  if (found.folder !== undefined) {
    test(
      'an upload that is aborted, or whose source fails, leaves no bytes there',
      withRepository(found, async ({ blobs }, uploads) => {
        const { bytes } = randomBlob(3_000_000);
        const reason = new Error('enough');
        const abort = new AbortController();
        const { source, stalled } = stallingSource(bytes);
        const staging = blobs.stage(source, { signal: abort.signal });
        stalled.then(() => abort.abort(reason));
        await rejectsAs(reason, staging);
        assert.equal(await uploads(), []);
        await rejectsAs(reason, blobs.stage(failingSource(bytes, reason)));
        await (await blobs.stage(piecesOf(bytes))).abort();
        assert.equal(await uploads(), []);
      }),
    );
  }
}

test.run();
