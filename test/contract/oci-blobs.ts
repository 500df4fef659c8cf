import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  blobOf,
  failingSource,
  piecesOf,
  type RegistryException,
  randomBlob,
  readAll,
  rejectsAs,
  rejectsWith,
  stallingSource,
  type WithRegistry,
} from './oci-support.ts';

export function blobCases(
  test: Test,
  withRegistry: WithRegistry,
  exceptions: ReadonlySet<RegistryException>,
): void {
  const shared = exceptions.has('shared-content');
  const everywhere = shared || exceptions.has('blobs-everywhere');

  test(
    'a blob pushed as a buffer is read back',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(3 * 1024 * 1024 + 1);
      await blobs.push(target, bytes);
      assert.equal(await blobs.stat(target.digest), { size: bytes.length });
      const read = await blobs.fetch(target.digest);
      assert.is(read?.digest, target.digest);
      assert.is(read?.size, bytes.length);
      assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
    }),
  );

  test(
    'a blob pushed in pieces, empty ones among them, is read back',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(1000);
      const empty = new Uint8Array();
      await blobs.push(target, () =>
        piecesOf(empty, bytes.subarray(0, 1), empty, bytes.subarray(1), empty),
      );
      const read = await blobs.fetch(target.digest);
      assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
    }),
  );

  test(
    'an empty blob is a blob',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = blobOf(new Uint8Array());
      await blobs.push(target, bytes);
      assert.equal(await blobs.stat(target.digest), { size: 0 });
      const read = await blobs.fetch(target.digest);
      assert.is((await readAll(read!.body)).length, 0);
    }),
  );

  test(
    'a blob that is not there is undefined, and deleting it is false',
    withRegistry(async (_, { blobs }) => {
      const { digest } = randomBlob(10).target;
      assert.is(await blobs.fetch(digest), undefined);
      assert.is(await blobs.stat(digest), undefined);
      assert.is(await blobs.delete(digest), false);
    }),
  );

  test(
    'a deleted blob is gone, and may be pushed again',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(10);
      await blobs.push(target, bytes);
      assert.is(await blobs.delete(target.digest), true);
      assert.equal(await blobs.stat(target.digest), shared ? { size: 10 } : undefined);
      await blobs.push(target, bytes);
      assert.equal(await blobs.stat(target.digest), { size: 10 });
    }),
  );

  test(
    'a blob of one repository is not in another one',
    withRegistry(async (registry, { blobs }) => {
      const { target, bytes } = randomBlob(10);
      await blobs.push(target, bytes);
      const found = await registry.repository('other').blobs.stat(target.digest);
      assert.equal(found, everywhere ? { size: 10 } : undefined);
    }),
  );

  const spoiled: [string, (right: Uint8Array) => Uint8Array][] = [
    ['other bytes', (right) => right.map((byte) => byte ^ 1)],
    ['too few bytes', (right) => right.subarray(0, -1)],
    ['too many bytes', (right) => Buffer.concat([right, right.subarray(0, 1)])],
    ['no bytes', () => Buffer.alloc(0)],
  ];
  for (const [what, spoil] of spoiled) {
    test(
      `a push of ${what} is refused and leaves no blob`,
      withRegistry(async (_, { blobs }) => {
        const { target, bytes } = randomBlob(10);
        const wrong = spoil(bytes);
        await rejectsWith('PKG_E_INTEGRITY', blobs.push(target, wrong));
        await rejectsWith(
          'PKG_E_INTEGRITY',
          blobs.push(target, () => piecesOf(wrong)),
        );
        assert.is(await blobs.stat(target.digest), undefined);
      }),
    );

    test(
      `a push of ${what} is refused where the right blob is, and leaves it alone`,
      withRegistry(async (_, { blobs }) => {
        const { target, bytes } = randomBlob(10);
        await blobs.push(target, bytes);
        await rejectsWith('PKG_E_INTEGRITY', blobs.push(target, spoil(bytes)));
        const read = await blobs.fetch(target.digest);
        assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
      }),
    );
  }

  test(
    'pushing the same blob many times at once stores it once',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(100_000);
      await Promise.all(Array.from({ length: 10 }, () => blobs.push(target, bytes)));
      const read = await blobs.fetch(target.digest);
      assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
    }),
  );

  test(
    'ranges are those of HTTP, and one that begins behind the end is PKG_E_RANGE',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = blobOf(Buffer.from('0123456789'));
      await blobs.push(target, bytes);
      const ranged = async (first: number, last?: number) => {
        const range = last === undefined ? { first } : { first, last };
        const read = await blobs.fetch(target.digest, { range });
        assert.is(read?.size, 10);
        return String(await readAll(read!.body));
      };
      assert.is(await ranged(0), '0123456789');
      assert.is(await ranged(0, 0), '0');
      assert.is(await ranged(3, 5), '345');
      assert.is(await ranged(9), '9');
      assert.is(await ranged(9, 9), '9');
      assert.is(await ranged(7, 1000), '789');
      for (const [first, last] of [[10], [11, 12], [5, 4], [-1, 3], [0.5, 3]] as const) {
        await rejectsWith('PKG_E_RANGE', ranged(first!, last));
      }
    }),
  );

  test(
    'a reader may leave early, and may change what it was given',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(2 * 1024 * 1024);
      const before = Buffer.from(bytes);
      await blobs.push(target, bytes);
      const left = await blobs.fetch(target.digest);
      for await (const piece of left!.body) {
        piece.fill(0);
        break;
      }
      const read = await blobs.fetch(target.digest);
      assert.is(Buffer.compare(await readAll(read!.body), before), 0);
    }),
  );

  test(
    'a source that throws passes its error on and leaves no blob',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(1000);
      // One as a socket gives it: a storage may not take it for an error of its own.
      const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET', syscall: 'read' });
      for (const error of [new Error('the archive is malformed'), reset]) {
        const source = () => failingSource(bytes.subarray(0, 500), error);
        await rejectsAs(error, blobs.push(target, source));
        await rejectsAs(error, blobs.stage(source()));
      }
      assert.is(await blobs.stat(target.digest), undefined);
    }),
  );

  test(
    'an aborted signal rejects every call with its reason',
    withRegistry(async (registry, { blobs }) => {
      const { target, bytes } = randomBlob(1000);
      const reason = new Error('enough');
      const options = { signal: AbortSignal.abort(reason) };
      await rejectsAs(reason, blobs.push(target, bytes, options));
      assert.is(await blobs.stat(target.digest), undefined);
      await blobs.push(target, bytes);
      await rejectsAs(reason, blobs.fetch(target.digest, options));
      await rejectsAs(reason, blobs.stat(target.digest, options));
      await rejectsAs(reason, blobs.delete(target.digest, options));
      const other = registry.repository('other').blobs;
      await rejectsAs(reason, other.mount(target.digest, 'demo-lib', options));
      assert.equal(await blobs.stat(target.digest), { size: 1000 });
      assert.equal(await other.stat(target.digest), everywhere ? { size: 1000 } : undefined);
    }),
  );

  test(
    'an abort ends a push whose source has stalled',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(1000);
      const reason = new Error('enough');
      const abort = new AbortController();
      const { source, stalled } = stallingSource(bytes.subarray(0, 500));
      const push = blobs.push(target, () => source, { signal: abort.signal });
      stalled.then(() => abort.abort(reason));
      await rejectsAs(reason, push);
      assert.is(await blobs.stat(target.digest), undefined);
    }),
  );

  test(
    'an abort ends a body that is being read',
    withRegistry(async (_, { blobs }) => {
      const { target, bytes } = randomBlob(2 * 1024 * 1024);
      await blobs.push(target, bytes);
      const reason = new Error('enough');
      const abort = new AbortController();
      const read = await blobs.fetch(target.digest, { signal: abort.signal });
      const consume = async () => {
        for await (const _piece of read!.body) abort.abort(reason);
      };
      await rejectsAs(reason, consume());
    }),
  );

  test(
    'a mounted blob is a blob of its own; one that is not there is not mounted',
    withRegistry(async (registry, { blobs }) => {
      const { target, bytes } = randomBlob(1000);
      await blobs.push(target, bytes);
      const other = registry.repository('other').blobs;
      assert.is(await other.mount(randomBlob(10).target.digest, 'demo-lib'), false);
      assert.is(await other.mount(target.digest, 'nowhere'), shared);
      if (await other.mount(target.digest, 'demo-lib')) {
        assert.is(await other.mount(target.digest, 'demo-lib'), true);
        await blobs.delete(target.digest);
        const read = await other.fetch(target.digest);
        assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
      }
    }),
  );
}
