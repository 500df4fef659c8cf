import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { ImageManifest } from '../../src/core/descriptor.ts';
import { call, put, type RestService, serveStore } from '../support/rest.ts';
import { copyStore, packSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

const test = suite('rebuilding the index');

const paths = [
  '/registry',
  '/packages',
  '/packages?q=demo',
  '/packages?q=large&limit=1',
  '/packages/roussov/demo',
  '/packages/roussov/demo/1.1.0',
  '/packages/large',
  '/packages/large/1.0.0',
  '/packages/missing',
  '/changes',
  '/changes?since=2&limit=1',
];

test('a store cut down to its journal and manifests answers byte for byte as before', async () => {
  const temporary = await temporaryFolder();
  const service = await serveStore(join(temporary.path, 'store'));
  const keywords = Array.from({ length: 900 }, (_, n) => `word-${n}`);
  for (const sample of [
    { name: 'roussov/demo', version: '1.0.0', files: { 'README.md': '# demo\n' } },
    { name: 'large', version: '1.0.0', manifest: { keywords, description: 'a large document' } },
    { name: 'roussov/demo', version: '1.1.0' },
  ]) {
    assert.is((await put(service, await packSample(temporary.path, sample))).status, 201);
  }
  const before = await answers(service);
  await service.stop();

  const cut = join(temporary.path, 'cut');
  await copyStore(service.data, cut);
  const removed = await keepManifestsAlone(cut);
  assert.is(removed, 4 + 2, 'three archives, a README and two small documents were removed');
  const rebuilt = await serveStore(cut);
  const after = await answers(rebuilt);
  for (const path of paths) assert.equal(after[path], before[path], path);
  await rebuilt.stop();
  await temporary.remove();
});

/** Removes every blob of packages that is no manifest, and no document that its manifest does not carry. */
async function keepManifestsAlone(store: string): Promise<number> {
  let removed = 0;
  for (const repository of ['roussov/demo', 'large']) {
    const folder = join(store, repository);
    const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
    const kept = new Set<string>();
    for (const { digest } of index.manifests as { digest: string }[]) {
      const bytes = await readFile(join(folder, 'blobs/sha256', digest.slice(7)), 'utf8');
      const { config } = JSON.parse(bytes) as ImageManifest;
      kept.add(digest.slice(7));
      if (config.data === undefined) kept.add(config.digest.slice(7));
    }
    for (const blob of await readdir(join(folder, 'blobs/sha256'))) {
      if (kept.has(blob)) continue;
      await rm(join(folder, 'blobs/sha256', blob));
      removed += 1;
    }
  }
  return removed;
}

async function answers({ url }: RestService) {
  const found: Record<string, { text: string }> = {};
  for (const path of paths) {
    const reply = await call(`${url}/api/v1${path}`);
    const { etag, 'vitte-sequence': sequence } = reply.headers;
    // Links name the port, which is another one now, and an error names its request.
    const text = reply.bytes
      .toString('utf8')
      .replaceAll(url, 'URL')
      .replace(/"requestId":"[^"]+"/, '');
    const tag = text.includes('URL') ? undefined : etag;
    found[path] = Object.assign({ status: reply.status, tag, sequence }, { text });
  }
  return found;
}

test.run();
