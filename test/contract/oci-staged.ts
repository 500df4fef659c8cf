import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  failingSource,
  piecesOf,
  randomBlob,
  readAll,
  rejectsAs,
  stallingSource,
  type WithRegistry,
} from './oci-support.ts';

export function stagedCases(test: Test, withRegistry: WithRegistry): void {
  test(
    'staged bytes are told by digest and size, and are no blob before they are committed',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(700_000);
      const staged = await blobs.stage(
        piecesOf(bytes.subarray(0, 300_000), new Uint8Array(), bytes.subarray(300_000)),
      );
      assert.is(staged.digest, target.digest);
      assert.is(staged.size, bytes.length);
      assert.is(await blobs.stat(target.digest), undefined);
      const descriptor = await staged.commit();
      assert.is(descriptor.digest, target.digest);
      assert.is(descriptor.size, bytes.length);
      const read = await blobs.fetch(target.digest);
      assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
    }),
  );

  test(
    'a commit may be repeated, at once and later',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(1000);
      const staged = await blobs.stage(piecesOf(bytes));
      const [first, second] = await Promise.all([staged.commit(), staged.commit()]);
      assert.equal(first, second);
      assert.equal(await staged.commit(), first);
      assert.equal(await blobs.stat(target.digest), { size: 1000 });
    }),
  );

  test(
    'staging what is a blob already, and staging it twice, may be committed',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(1000);
      const [one, two] = [await blobs.stage(piecesOf(bytes)), await blobs.stage(piecesOf(bytes))];
      await one.commit();
      await two.commit();
      const three = await blobs.stage(piecesOf(bytes));
      await three.commit();
      const read = await blobs.fetch(target.digest);
      assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
    }),
  );

  test(
    'aborted bytes never become a blob, and aborting twice is no error',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(1000);
      const staged = await blobs.stage(piecesOf(bytes));
      await staged.abort();
      await staged.abort();
      assert.is(await blobs.stat(target.digest), undefined);
    }),
  );

  test(
    'aborting what was staged leaves a blob of the same digest alone',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(1000);
      await blobs.push(target, bytes);
      await (await blobs.stage(piecesOf(bytes))).abort();
      assert.equal(await blobs.stat(target.digest), { size: 1000 });
    }),
  );

  test(
    'no bytes at all may be staged',
    withRegistry(async (_, { blobs }) => {
      const staged = await blobs.stage(piecesOf());
      assert.is(staged.size, 0);
      await staged.commit();
      assert.equal(await blobs.stat(staged.digest), { size: 0 });
    }),
  );

  test(
    'a source that throws while it is staged passes its error on',
    withRegistry(async (_, { blobs }) => {
      const error = new Error('the archive is malformed');
      await rejectsAs(error, blobs.stage(failingSource(randomBlob(1000).bytes, error)));
    }),
  );

  test(
    'an abort ends staging, be it before or while the source stalls',
    withRegistry(async (_, { blobs }) => {
      const reason = new Error('enough');
      const { bytes } = randomBlob(1000);
      const signal = AbortSignal.abort(reason);
      await rejectsAs(reason, blobs.stage(piecesOf(bytes), { signal }));
      const abort = new AbortController();
      const { source, stalled } = stallingSource(bytes);
      const staging = blobs.stage(source, { signal: abort.signal });
      stalled.then(() => abort.abort(reason));
      await rejectsAs(reason, staging);
    }),
  );

  test(
    'a commit under an aborted signal makes no blob',
    withRegistry(async (_, { blobs }) => {
      const reason = new Error('enough');
      const { target, bytes } = randomBlob(1000);
      const staged = await blobs.stage(piecesOf(bytes));
      await rejectsAs(reason, staged.commit({ signal: AbortSignal.abort(reason) }));
      assert.is(await blobs.stat(target.digest), undefined);
    }),
  );
}
