import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import type { Repository } from '../../../src/oci/port.ts';
import { openRemoteRegistry } from '../../../src/oci/remote/registry.ts';
import {
  failingSource,
  piecesOf,
  randomBlob,
  rejectsAs,
  stallingSource,
} from '../../contract/oci-support.ts';
import { type DockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts';
import { suite } from '../../support/suite.ts';
import type { LargeBlobReport } from './large-blob.ts';

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

if ('missing' in found) test.skip(found.missing);
else {
  test.after(() => found.stop());

  test('300 MB go up and come down in a small part of that memory', async () => {
    const child = join(import.meta.dirname, 'large-blob.ts');
    const run = promisify(execFile)(process.execPath, [child, found.storage(), String(largeBytes)]);
    const report = JSON.parse((await run).stdout) as LargeBlobReport;
    assert.is(report.pushedBytes, largeBytes);
    assert.is(report.fetchedBytes, largeBytes);
    assert.ok(report.samples > 10, `${report.samples} samples`);
    const growth = report.peakBytes - report.baselineBytes;
    assert.ok(growth < growthBytesMax, `grew by ${growth} bytes`);
  });

  if (found.folder !== undefined) {
    test(
      'an upload that is aborted, or whose source fails, leaves no bytes there',
      withRepository(found, async ({ blobs }, uploads) => {
        const { bytes } = randomBlob(500_000);
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
