import { createHash, randomBytes } from 'node:crypto';
import { appendFile, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Digest } from '../../src/core/digest.ts';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import type { Repository, UploadStore } from '../../src/oci/port.ts';
import {
  failingSource,
  packed,
  piecesOf,
  randomBlob,
  readAll,
  rejectsAs,
  rejectsWith,
  stallingSource,
} from '../contract/oci-support.ts';
import { inFolder } from '../support/folders.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';

const test = suite('uploads of several calls in a layout');

test('what came before a break stays, and the upload goes on behind it', () =>
  withUploads(async ({ blobs }, uploads) => {
    const { target, bytes } = randomBlob(300_000);
    const begun = await uploads.begin();
    const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    const broken = { source: failingSource(bytes.subarray(0, 200_000), reset) };
    await rejectsAs(reset, uploads.append(begun, broken));
    const told = await uploads.status(begun);
    assert.is(told.size, 200_000);
    const rest = { source: piecesOf(bytes.subarray(200_000)), first: 200_000 };
    await uploads.finish(told, target.digest, rest);
    const read = await blobs.fetch(target.digest);
    assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
  }));

test('what a torn write left behind the end is no part of the blob', () =>
  withUploads(async ({ blobs }, uploads, folder) => {
    const { target, bytes } = randomBlob(1000);
    const half = { source: piecesOf(bytes.subarray(0, 500)) };
    const begun = await uploads.append(await uploads.begin(), half);
    const [file = ''] = await readdir(join(folder, '.uploads'));
    await appendFile(join(folder, '.uploads', file), randomBytes(5000));
    const rest = { source: piecesOf(bytes.subarray(500)), first: 500 };
    await uploads.finish(begun, target.digest, rest);
    const read = await blobs.fetch(target.digest);
    assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
  }));

test('a last chunk that breaks leaves the upload to go on with', () =>
  withUploads(async ({ blobs }, uploads) => {
    const { target, bytes } = randomBlob(1000);
    const begun = await uploads.begin();
    const error = new Error('the client left');
    const broken = { source: failingSource(bytes.subarray(0, 600), error) };
    await rejectsAs(error, uploads.finish(begun, target.digest, broken));
    const rest = { source: piecesOf(bytes.subarray(600)), first: 600 };
    await uploads.finish(begun, target.digest, rest);
    assert.equal(await blobs.stat(target.digest), { size: 1000 });
  }));

test('an abort ends a chunk whose source has stalled, and keeps what came', () =>
  withUploads(async (_, uploads) => {
    const begun = await uploads.begin();
    const abort = new AbortController();
    const reason = new Error('enough');
    const { source, stalled } = stallingSource(randomBytes(500));
    const appending = uploads.append(begun, { source }, { signal: abort.signal });
    stalled.then(() => abort.abort(reason));
    await rejectsAs(reason, appending);
    assert.is((await uploads.status(begun)).size, 500);
  }));

test('no way to end an upload leaves a file', () =>
  withUploads(async (_, uploads, folder) => {
    const { target, bytes } = randomBlob(1000);
    const chunk = () => ({ source: piecesOf(bytes) });
    await uploads.finish(await uploads.begin(), target.digest, chunk());
    const again = await uploads.begin();
    await uploads.finish(again, target.digest, chunk());
    const wrong = await uploads.begin();
    const other = randomBlob(10).target.digest;
    await rejectsWith('PKG_E_INTEGRITY', uploads.finish(wrong, other, chunk()));
    await uploads.abort(await uploads.append(await uploads.begin(), chunk()));
    assert.equal(await readdir(join(folder, '.uploads')), []);
  }));

test('an upload is forgotten when it was left alone for too long, with its file', () =>
  withUploads(
    async (_, uploads, folder) => {
      const begun = await uploads.append(await uploads.begin(), {
        source: piecesOf(randomBytes(9)),
      });
      await until(async () => (await readdir(join(folder, '.uploads'))).length === 0);
      await rejectsWith('PKG_E_UPLOAD_UNKNOWN', uploads.status(begun));
    },
    { sessionsMax: 10, idleMs: 400 },
  ));

test('only so many uploads are open at a time, over all repositories', () =>
  inFolder(async (folder) => {
    const store = await openOciLayoutStore(folder, { uploads: { sessionsMax: 2, idleMs: 60_000 } });
    const [one, two] = [store.repository('one').uploads!, store.repository('two').uploads!];
    const first = await one.begin();
    await two.begin();
    await rejectsWith('PKG_E_RATE_LIMIT', one.begin());
    // One of another repository is none of this one.
    await rejectsWith('PKG_E_UPLOAD_UNKNOWN', two.status(first));
    await one.abort(first);
    await two.begin();
    await store.close();
  }));

test('closing the store ends what is being written, and the next opening knows nothing of it', () =>
  inFolder(async (folder) => {
    const store = await openOciLayoutStore(folder);
    const uploads = store.repository('demo').uploads!;
    const begun = await uploads.begin();
    const { source, stalled } = stallingSource(randomBytes(500));
    const appending = uploads.append(begun, { source });
    stalled.then(() => store.close());
    await rejectsWith('PKG_E_SHUTTING_DOWN', appending);
    await rejectsWith('PKG_E_SHUTTING_DOWN', uploads.begin());
    await store.close();
    assert.equal(await readdir(join(folder, '.uploads')), []);
    const next = await openOciLayoutStore(folder);
    await rejectsWith('PKG_E_UPLOAD_UNKNOWN', next.repository('demo').uploads!.status(begun));
    await next.close();
  }));

test('content under sha512 lies where the layout has it, and is found again', () =>
  inFolder(async (folder) => {
    const store = await openOciLayoutStore(folder);
    const demo = store.repository('demo');
    const bytes = randomBytes(1000);
    const digest = sha512(bytes);
    await demo.uploads!.finish(await demo.uploads!.begin(), digest, { source: piecesOf(bytes) });
    const manifest = await packed(demo, { mark: 'a' });
    const named = sha512(manifest.bytes);
    await demo.manifests.push(manifest, { digest: named, tag: 'long' });
    await rejectsWith('PKG_E_INTEGRITY', demo.manifests.push(manifest, { digest }));
    await store.close();

    const hex = digest.slice('sha512:'.length);
    assert.is((await stat(join(folder, 'demo/blobs/sha512', hex))).size, 1000);
    const index = await readFile(join(folder, 'demo/index.json'), 'utf8');
    assert.match(index, named);
    const again = await openOciLayoutStore(folder);
    const { blobs, manifests } = again.repository('demo');
    assert.is(Buffer.compare(await readAll((await blobs.fetch(digest))!.body), bytes), 0);
    assert.is((await manifests.resolve('long'))?.digest, named);
    const stored = await manifests.fetch(named);
    assert.is(Buffer.compare(stored!.bytes, manifest.bytes), 0);
    assert.is(await again.repository('other').blobs.mount(digest, 'demo'), true);
    assert.is(await manifests.delete(named), true);
    assert.is(await manifests.fetch('long'), undefined);
    await again.close();
  }));

function sha512(bytes: Uint8Array): Digest {
  return `sha512:${createHash('sha512').update(bytes).digest('hex')}` as Digest;
}

function withUploads(
  work: (repository: Repository, uploads: UploadStore, folder: string) => Promise<void>,
  limits?: { sessionsMax: number; idleMs: number },
): Promise<void> {
  return inFolder(async (folder) => {
    const store = await openOciLayoutStore(folder, limits ? { uploads: limits } : {});
    try {
      const repository = store.repository('demo');
      await work(repository, repository.uploads!, folder);
    } finally {
      await store.close();
    }
  });
}

test.run();
