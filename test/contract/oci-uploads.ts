import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Repository, UploadStore } from '../../src/oci/port.ts';
import {
  blobOf,
  failingSource,
  piecesOf,
  randomBlob,
  readAll,
  rejectsAs,
  rejectsWith,
  type WithRegistry,
} from './oci-support.ts';

/** Uploads of several calls; nothing for a registry without them. */
export function uploadCases(test: Test, withRegistry: WithRegistry): void {
  const withUploads = (work: (repository: Repository, uploads: UploadStore) => Promise<void>) =>
    withRegistry(async (_, repository) => {
      if (repository.uploads) await work(repository, repository.uploads);
    });

  test(
    'chunks make a blob, which is there once they are finished',
    withUploads(async ({ blobs }, uploads) => {
      const { target, bytes } = randomBlob(700_000);
      const [one, two] = [bytes.subarray(0, 300_000), bytes.subarray(300_000, 300_001)];
      let upload = await uploads.begin();
      assert.is(upload.size, 0);
      upload = await uploads.append(upload, { source: piecesOf(one), first: 0, size: 300_000 });
      assert.is(upload.size, 300_000);
      upload = await uploads.append(upload, { source: piecesOf(two), first: 300_000, size: 1 });
      assert.is(upload.size, 300_001);
      upload = await uploads.append(upload, { source: piecesOf(bytes.subarray(300_001)) });
      upload = await uploads.status(upload);
      assert.is(upload.size, bytes.length);
      assert.is(await blobs.stat(target.digest), undefined);
      await uploads.finish(upload, target.digest, undefined);
      const read = await blobs.fetch(target.digest);
      assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
    }),
  );

  test(
    'the last chunk may come with the end, and the only one as well',
    withUploads(async ({ blobs }, uploads) => {
      const { target, bytes } = randomBlob(1000);
      const begun = await uploads.append(await uploads.begin(), {
        source: piecesOf(bytes.subarray(0, 400)),
      });
      const last = { source: piecesOf(bytes.subarray(400)), first: 400, size: 600 };
      await uploads.finish(begun, target.digest, last);
      assert.equal(await blobs.stat(target.digest), { size: 1000 });
      const other = randomBlob(1000);
      const whole = { source: piecesOf(other.bytes), size: 1000 };
      await uploads.finish(await uploads.begin(), other.target.digest, whole);
      assert.equal(await blobs.stat(other.target.digest), { size: 1000 });
    }),
  );

  test(
    'nothing at all, and what is a blob already, may be uploaded',
    withUploads(async ({ blobs }, uploads) => {
      const { target, bytes } = blobOf(Buffer.from('0123456789'));
      await blobs.push(target, bytes);
      await uploads.finish(await uploads.begin(), target.digest, { source: piecesOf(bytes) });
      assert.equal(await blobs.stat(target.digest), { size: 10 });
      const empty = blobOf(new Uint8Array()).target;
      await uploads.finish(await uploads.begin(), empty.digest, undefined);
      assert.equal(await blobs.stat(empty.digest), { size: 0 });
    }),
  );

  test(
    'a chunk that does not follow is PKG_E_RANGE and adds nothing',
    withUploads(async ({ blobs }, uploads) => {
      const { target, bytes } = randomBlob(1000);
      const upload = await uploads.append(await uploads.begin(), {
        source: piecesOf(bytes.subarray(0, 500)),
      });
      for (const first of [0, 499, 501, 1_000_000]) {
        const chunk = { source: piecesOf(bytes.subarray(500)), first, size: 500 };
        await rejectsWith('PKG_E_RANGE', uploads.append(upload, chunk));
        const last = { source: piecesOf(bytes.subarray(500)), first, size: 500 };
        await rejectsWith('PKG_E_RANGE', uploads.finish(upload, target.digest, last));
      }
      const next = { source: piecesOf(bytes.subarray(500)), first: 500, size: 500 };
      await uploads.finish(await uploads.append(upload, next), target.digest, undefined);
      assert.equal(await blobs.stat(target.digest), { size: 1000 });
    }),
  );

  test(
    'other content than the digest says is PKG_E_INTEGRITY and leaves no blob',
    withUploads(async ({ blobs }, uploads) => {
      const { target, bytes } = randomBlob(1000);
      for (const wrong of [bytes.subarray(1), Buffer.concat([bytes, bytes.subarray(0, 1)])]) {
        const chunk = { source: piecesOf(wrong) };
        const upload = await uploads.append(await uploads.begin(), chunk);
        await rejectsWith('PKG_E_INTEGRITY', uploads.finish(upload, target.digest, undefined));
        const last = { source: piecesOf(wrong), size: wrong.length };
        const other = await uploads.begin();
        await rejectsWith('PKG_E_INTEGRITY', uploads.finish(other, target.digest, last));
      }
      assert.is(await blobs.stat(target.digest), undefined);
    }),
  );

  test(
    'an upload that was finished or thrown away is PKG_E_UPLOAD_UNKNOWN',
    withUploads(async ({ blobs }, uploads) => {
      const { target, bytes } = randomBlob(1000);
      const chunk = () => ({ source: piecesOf(bytes) });
      const finished = await uploads.append(await uploads.begin(), chunk());
      await uploads.finish(finished, target.digest, undefined);
      const thrown = await uploads.append(await uploads.begin(), chunk());
      await uploads.abort(thrown);
      for (const upload of [finished, thrown]) {
        await rejectsWith('PKG_E_UPLOAD_UNKNOWN', uploads.status(upload));
        await rejectsWith('PKG_E_UPLOAD_UNKNOWN', uploads.append(upload, chunk()));
        const other = randomBlob(10).target.digest;
        await rejectsWith('PKG_E_UPLOAD_UNKNOWN', uploads.finish(upload, other, undefined));
      }
      assert.equal(await blobs.stat(target.digest), { size: 1000 });
    }),
  );

  test(
    'a source that throws passes its error on',
    withUploads(async ({ blobs }, uploads) => {
      const { target, bytes } = randomBlob(1000);
      const error = Object.assign(new Error('reset'), { code: 'ECONNRESET', syscall: 'read' });
      const chunk = () => ({ source: failingSource(bytes.subarray(0, 500), error) });
      await rejectsAs(error, uploads.append(await uploads.begin(), chunk()));
      await rejectsAs(error, uploads.finish(await uploads.begin(), target.digest, chunk()));
      assert.is(await blobs.stat(target.digest), undefined);
    }),
  );

  test(
    'an aborted signal rejects every call with its reason',
    withUploads(async ({ blobs }, uploads) => {
      const { target, bytes } = randomBlob(1000);
      const reason = new Error('enough');
      const options = { signal: AbortSignal.abort(reason) };
      await rejectsAs(reason, uploads.begin(options));
      const upload = await uploads.append(await uploads.begin(), { source: piecesOf(bytes) });
      await rejectsAs(reason, uploads.status(upload, options));
      const chunk = { source: piecesOf(bytes) };
      await rejectsAs(reason, uploads.append(upload, chunk, options));
      await rejectsAs(reason, uploads.finish(upload, target.digest, undefined, options));
      await rejectsAs(reason, uploads.abort(upload, options));
      assert.is(await blobs.stat(target.digest), undefined);
      await uploads.finish(upload, target.digest, undefined);
      assert.equal(await blobs.stat(target.digest), { size: 1000 });
    }),
  );
}
