import { appendFile, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Digest, hexOf } from '../../src/core/digest.ts';
import {
  listAll,
  pushedManifest,
  randomBlob,
  readAll,
  rejectsWith,
} from '../contract/oci-support.ts';
import { suite } from '../support/suite.ts';
import { inFolder, withStore } from './layout-folder.ts';

const test = suite('damaged OCI layout');

const size = 600_000;
const damages: [what: string, damage: (path: string) => Promise<void>][] = [
  ['its first byte changed', (path) => flip(path, 0)],
  ['its last byte changed', (path) => flip(path, size - 1)],
  ['its last byte missing', (path) => truncate(path, size - 1)],
  ['nothing left', (path) => truncate(path, 0)],
  ['a byte more', (path) => appendFile(path, 'x')],
];

for (const [what, damage] of damages) {
  test(
    `a blob with ${what} is PKG_E_INTEGRITY before its reader has all of it`,
    inFolder(async (folder) => {
      await withStore(folder, async (store) => {
        const { blobs } = store.repository('demo-lib');
        const { target, bytes } = randomBlob(size);
        await blobs.push(target, bytes);
        await damage(blobPath(folder, target.digest));
        const read = await blobs.fetch(target.digest);
        let received = 0;
        const consume = async () => {
          for await (const piece of read!.body) received += piece.length;
        };
        const error = await rejectsWith('PKG_E_INTEGRITY', consume());
        assert.match(error.message, target.digest);
        assert.ok(received < read!.size || read!.size === 0, `${received} of ${read!.size} bytes`);
      });
    }),
  );
}

test(
  'pushing a blob whose file has the wrong size mends it',
  inFolder(async (folder) => {
    await withStore(folder, async (store) => {
      const { blobs } = store.repository('demo-lib');
      const { target, bytes } = randomBlob(1000);
      await blobs.push(target, bytes);
      await truncate(blobPath(folder, target.digest), 10);
      await blobs.push(target, bytes);
      const read = await blobs.fetch(target.digest);
      assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
    });
  }),
);

for (const [what, damage] of [
  ['changed', (path: string) => flip(path, 0)],
  ['cut short', (path: string) => truncate(path, 10)],
  ['gone', (path: string) => unlink(path)],
] as const) {
  test(
    `a manifest whose file is ${what} is PKG_E_INTEGRITY, and so are the referrers it may be among`,
    inFolder(async (folder) => {
      const { digest } = await withStore(folder, (store) =>
        pushedManifest(store.repository('demo-lib'), { mark: 'a', tag: 'one' }),
      );
      await damage(blobPath(folder, digest));
      await withStore(folder, async (store) => {
        const { manifests, referrers } = store.repository('demo-lib');
        await rejectsWith('PKG_E_INTEGRITY', manifests.fetch('one'));
        await rejectsWith('PKG_E_INTEGRITY', listAll(referrers(randomBlob(1).target.digest)));
      });
    }),
  );
}

const indexText = (manifests: unknown) => JSON.stringify({ schemaVersion: 2, manifests });
const digest = `sha256:${'0'.repeat(64)}`;
for (const [file, what, content] of [
  ['index.json', 'is empty', ''],
  ['index.json', 'is cut short', '{"schemaVersion":2,"manifests":[{"mediaTy'],
  ['index.json', 'is a list', '[]'],
  ['index.json', 'has no manifests', '{"schemaVersion":2}'],
  ['index.json', 'has text for a manifest', indexText(['x'])],
  ['index.json', 'has no size', indexText([{ mediaType: 'a/b', digest }])],
  ['index.json', 'has a size below 0', indexText([{ mediaType: 'a/b', digest, size: -1 }])],
  ['index.json', 'has no digest', indexText([{ mediaType: 'a/b', size: 1 }])],
  ['index.json', 'is gone', undefined],
  ['oci-layout', 'is empty', ''],
  ['oci-layout', 'is of another version', '{"imageLayoutVersion":"2.0.0"}'],
  ['oci-layout', 'is gone', undefined],
] as const) {
  test(
    `an ${file} that ${what} is PKG_E_STORE_FORMAT with its path, and stays as it is`,
    inFolder(async (folder) => {
      const path = join(folder, 'demo-lib', file);
      const { manifest, blob } = await withStore(folder, async (store) => {
        const repository = store.repository('demo-lib');
        const blob = randomBlob(10);
        await repository.blobs.push(blob.target, blob.bytes);
        const manifest = await pushedManifest(repository, { mark: 'a', tag: 'one' });
        return { manifest, blob };
      });
      if (content === undefined) await rm(path);
      else await writeFile(path, content);
      await withStore(folder, async (store) => {
        const { blobs, manifests, tags, referrers } = store.repository('demo-lib');
        const other = randomBlob(10);
        for (const call of [
          () => manifests.resolve('one'),
          () => manifests.fetch(manifest.digest),
          () => manifests.push(manifest, { tag: 'two' }),
          () => manifests.tag(manifest.digest, 'two'),
          () => manifests.untag(['one']),
          () => listAll(tags()),
          () => listAll(referrers(manifest.digest)),
          () => blobs.push(other.target, other.bytes),
        ]) {
          const error = await rejectsWith('PKG_E_STORE_FORMAT', call());
          assert.match(error.message, path);
        }
        // A blob is found without the index, and other repositories are no part of the damage.
        assert.ok(await blobs.stat(blob.target.digest));
        await pushedManifest(store.repository('other'), { mark: 'a', tag: 'one' });
      });
      assert.is(await readFile(path, 'utf8').catch(() => undefined), content);
    }),
  );
}

test(
  'a layout whose making was cut short is made again',
  inFolder(async (folder) => {
    await withStore(folder, (store) =>
      store.repository('demo-lib').blobs.push(randomBlob(0).target, new Uint8Array()),
    );
    await rm(join(folder, 'demo-lib', 'oci-layout'));
    await withStore(folder, async (store) => {
      const repository = store.repository('demo-lib');
      assert.equal(await listAll(repository.tags()), []);
      await pushedManifest(repository, { mark: 'a', tag: 'one' });
    });
    await withStore(folder, async (store) => {
      assert.equal(await listAll(store.repository('demo-lib').tags()), ['one']);
    });
  }),
);

function blobPath(folder: string, digest: Digest): string {
  return join(folder, 'demo-lib', 'blobs', 'sha256', hexOf(digest));
}

async function flip(path: string, at: number) {
  const bytes = await readFile(path);
  bytes[at]! ^= 1;
  await writeFile(path, bytes);
}

test.run();
