import { execFile, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { emptyDescriptor } from '../../src/core/descriptor.ts';
import { hexOf } from '../../src/core/digest.ts';
import { type OciLayoutStore, openOciLayoutStore } from '../../src/oci/layout.ts';
import {
  failingSource,
  listAll,
  piecesOf,
  pushedManifest,
  randomBlob,
  readAll,
  rejectsAs,
  rejectsWith,
  stallingSource,
} from '../contract/oci-support.ts';
import { suite } from '../support/suite.ts';
import { inFolder, uploadsIn, withStore } from './layout-folder.ts';
import { startWorker } from './start-worker.ts';

const test = suite('OCI layout store');

test(
  'a repository is an OCI image layout, with one descriptor for each tag',
  inFolder(async (folder) => {
    const digests = await withStore(folder, async (store) => {
      const repository = store.repository('roussov/vitte-math');
      const tagged = await pushedManifest(repository, { mark: 'a', tag: '0.1.0' });
      await repository.manifests.tag(tagged.digest, 'latest');
      const untagged = await pushedManifest(repository, { mark: 'b' });
      return [tagged.digest, tagged.digest, untagged.digest];
    });
    const layout = join(folder, 'roussov', 'vitte-math');
    const json = async (file: string) => JSON.parse(await readFile(join(layout, file), 'utf8'));
    assert.equal(await json('oci-layout'), { imageLayoutVersion: '1.0.0' });
    const { manifests, ...members } = await json('index.json');
    assert.equal(members, {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
    });
    assert.equal(
      manifests.map((found: { digest: string }) => found.digest),
      digests,
    );
    const refName = 'org.opencontainers.image.ref.name';
    assert.equal(
      manifests.map((found: { annotations?: object }) => found.annotations),
      [{ [refName]: '0.1.0' }, { [refName]: 'latest' }, undefined],
    );
    assert.is(manifests[2].artifactType, 'application/vnd.example.thing');
    const files = await readdir(join(layout, 'blobs', 'sha256'));
    assert.equal(
      files.sort(),
      [...new Set([...digests, emptyDescriptor.digest].map(hexOf))].sort(),
    );
  }),
);

test(
  'a store that is opened again holds what it held',
  inFolder(async (folder) => {
    const { subject, referrer } = await withStore(folder, async (store) => {
      const repository = store.repository('demo-lib');
      const subject = await pushedManifest(repository, { mark: 'a', tag: '0.1.0' });
      const referrer = await pushedManifest(repository, {
        mark: 'b',
        subject: subject.descriptor,
      });
      return { subject, referrer };
    });
    await withStore(folder, async (store) => {
      const repository = store.repository('demo-lib');
      assert.equal(await listAll(repository.tags()), ['0.1.0']);
      assert.equal(await repository.manifests.resolve('0.1.0'), subject.descriptor);
      const { descriptor } = referrer;
      assert.equal(await repository.manifests.resolve(referrer.digest), descriptor);
      assert.equal(await listAll(repository.referrers(subject.digest)), [
        {
          ...descriptor,
          artifactType: 'application/vnd.example.thing',
          annotations: { mark: 'b' },
        },
      ]);
    });
  }),
);

test(
  'more repositories than are kept in memory lose nothing',
  inFolder(async (folder) => {
    const cache = { repositoriesMax: 2, manifestsMax: 3 };
    const store = await openOciLayoutStore(folder, { cache });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const push = (name: string, tag: string) =>
      pushedManifest(store.repository(name), { mark: `${name} ${tag}`, tag });
    for (const tag of ['1', '2', '3']) await Promise.all(names.map((name) => push(name, tag)));
    for (const name of names) {
      const tags = await listAll(store.repository(name).tags());
      assert.equal(tags.sort(), ['1', '2', '3']);
    }
    await store.close();
  }),
);

test(
  'a manifest lies among the blobs, and is not deleted as one',
  inFolder(async (folder) => {
    await withStore(folder, async (store) => {
      const repository = store.repository('demo-lib');
      const { digest } = await pushedManifest(repository, { mark: 'a', tag: 'one' });
      assert.is(await repository.blobs.delete(digest), false);
      assert.ok(await repository.manifests.fetch('one'));
    });
  }),
);

test(
  'a deleted manifest takes its file along',
  inFolder(async (folder) => {
    await withStore(folder, async (store) => {
      const repository = store.repository('demo-lib');
      const { digest } = await pushedManifest(repository, { mark: 'a', tag: 'one' });
      const files = () => readdir(join(folder, 'demo-lib', 'blobs', 'sha256'));
      assert.ok((await files()).includes(hexOf(digest)));
      await repository.manifests.delete(digest);
      assert.not((await files()).includes(hexOf(digest)));
    });
  }),
);

test(
  'whenever another program reads index.json, it is whole',
  inFolder(async (folder) => {
    await withStore(folder, async (store) => {
      const repository = store.repository('demo-lib');
      const { digest } = await pushedManifest(repository, { mark: 'a', tag: 'one' });
      let tagging = true;
      const tagAll = async () => {
        for (let n = 0; n < 100; n += 1) await repository.manifests.tag(digest, `tag-${n}`);
        tagging = false;
      };
      const readAgain = async () => {
        while (tagging) JSON.parse(await readFile(join(folder, 'demo-lib/index.json'), 'utf8'));
      };
      await Promise.all([tagAll(), readAgain()]);
    });
  }),
);

test(
  'what another program put into index.json stays there',
  inFolder(async (folder) => {
    await withStore(folder, (store) =>
      pushedManifest(store.repository('demo-lib'), { mark: 'a', tag: 'one' }),
    );
    const path = join(folder, 'demo-lib', 'index.json');
    const index = JSON.parse(await readFile(path, 'utf8'));
    const platform = { architecture: 'amd64', os: 'linux' };
    const foreign = [
      { ...emptyDescriptor, annotations: { 'org.opencontainers.image.ref.name': 'a/b:c' } },
      { ...emptyDescriptor, digest: `blake3:${'0'.repeat(64)}` },
    ];
    index.annotations = { note: 'kept' };
    index.manifests[0].platform = platform;
    index.manifests.push(...foreign);
    await writeFile(path, JSON.stringify(index));
    await withStore(folder, async (store) => {
      const repository = store.repository('demo-lib');
      await pushedManifest(repository, { mark: 'b', tag: 'two' });
      assert.equal(await listAll(repository.tags()), ['one', 'two']);
    });
    const after = JSON.parse(await readFile(path, 'utf8'));
    assert.equal(after.annotations, { note: 'kept' });
    assert.equal(after.manifests[0].platform, platform);
    assert.equal(after.manifests.slice(2), foreign);
  }),
);

const skopeo = 'the layouts are read by skopeo, one within another too';
if (spawnSync('skopeo', ['--version']).error) test.skip(`${skopeo} (skopeo is not on PATH)`);
else {
  test(
    skopeo,
    inFolder(async (folder) => {
      await withStore(folder, async (store) => {
        for (const name of ['roussov', 'roussov/blobs']) {
          const pushed = await pushedManifest(store.repository(name), { mark: name, tag: '0.1.0' });
          // Read while the store is open: it needs no closing to be whole.
          const reference = `oci:${join(folder, name)}:0.1.0`;
          const { stdout } = await promisify(execFile)('skopeo', ['inspect', '--raw', reference]);
          assert.is(stdout, pushed.bytes.toString());
        }
      });
    }),
  );
}

test(
  'an upload that fails leaves no file, and one that is never committed goes with the store',
  inFolder(async (folder) => {
    const store = await openOciLayoutStore(folder);
    const { blobs } = store.repository('demo-lib');
    const { target, bytes } = randomBlob(300_000);
    const other = randomBlob(300_000);
    const error = new Error('the client went away');
    await rejectsAs(error, blobs.stage(failingSource(bytes, error)));
    await rejectsAs(
      error,
      blobs.push(target, () => failingSource(bytes, error)),
    );
    await rejectsWith('PKG_E_INTEGRITY', blobs.push(target, other.bytes));
    const abort = new AbortController();
    const { source, stalled } = stallingSource(bytes);
    stalled.then(() => abort.abort(error));
    await rejectsAs(error, blobs.stage(source, { signal: abort.signal }));
    await (await blobs.stage(piecesOf(bytes))).abort();
    const refused = await blobs.stage(piecesOf(bytes));
    await rejectsAs(error, refused.commit({ signal: AbortSignal.abort(error) }));
    await (await blobs.stage(piecesOf(bytes))).commit();
    await (await blobs.stage(piecesOf(bytes))).commit();
    assert.equal(await uploadsIn(folder), []);
    await blobs.stage(piecesOf(other.bytes));
    assert.is((await uploadsIn(folder)).length, 1);
    await store.close();
    assert.equal(await uploadsIn(folder), []);
  }),
);

test(
  'uploads that a killed process left are removed when the store is opened',
  inFolder(async (folder) => {
    await mkdir(join(folder, '.uploads'));
    await writeFile(join(folder, '.uploads', 'left'), 'half a blo');
    await withStore(folder, async () => assert.equal(await uploadsIn(folder), []));
  }),
);

test(
  'a closed store writes nothing more, and ends an upload whose source has stalled',
  inFolder(async (folder) => {
    const store = await openOciLayoutStore(folder);
    const repository = store.repository('demo-lib');
    const pushed = await pushedManifest(repository, { mark: 'a', tag: 'one' });
    const { target, bytes } = randomBlob(100);
    const staged = await repository.blobs.stage(piecesOf(bytes));
    const { source, stalled } = stallingSource(bytes);
    const staging = rejectsWith('PKG_E_SHUTTING_DOWN', repository.blobs.stage(source));
    await stalled;
    await Promise.all([store.close(), store.close(), staging]);
    await rejectsWith('PKG_E_SHUTTING_DOWN', staged.commit());
    await rejectsWith('PKG_E_SHUTTING_DOWN', repository.blobs.push(target, bytes));
    await rejectsWith('PKG_E_SHUTTING_DOWN', repository.manifests.push(pushed, { tag: 'two' }));
    await rejectsWith('PKG_E_SHUTTING_DOWN', repository.manifests.untag(['one']));
    await withStore(folder, async (again) => {
      assert.equal(await listAll(again.repository('demo-lib').tags()), ['one']);
    });
  }),
);

if (process.platform !== 'linux') test.skip('a reader holds its file open no longer (no /proc)');
else {
  test(
    'a body holds its file open from its first piece until its reader leaves',
    inFolder(async (folder) => {
      await withStore(folder, async (store) => {
        const { blobs } = store.repository('demo-lib');
        const { target, bytes } = randomBlob(2 * 1024 * 1024);
        await blobs.push(target, bytes);
        const read = await blobs.fetch(target.digest);
        assert.is(await openFiles(hexOf(target.digest)), 0);
        for await (const _piece of read!.body) {
          assert.is(await openFiles(hexOf(target.digest)), 1);
          break;
        }
        assert.is(await openFiles(hexOf(target.digest)), 0);
        await readAll((await blobs.fetch(target.digest))!.body);
        assert.is(await openFiles(hexOf(target.digest)), 0);
      });
    }),
  );
}

test(
  'a push without room is PKG_E_STORE_LAYOUT_FULL, leaves no file, and harms nothing else',
  inFolder(async (folder) => {
    const worker = startWorker({ fileBytesMax: 64 * 1024 });
    try {
      assert.equal(await worker.ask({ do: 'open', folder, attempts: 1 }), ['open']);
      const large = { do: 'push', bytes: 1024 * 1024 } as const;
      assert.equal(await worker.ask(large), ['PKG_E_STORE_LAYOUT_FULL']);
      assert.equal(await uploadsIn(folder), []);
      assert.equal(await worker.ask({ do: 'push', bytes: 1024 }), ['done']);
      assert.equal(await worker.ask(large), ['PKG_E_STORE_LAYOUT_FULL']);
    } finally {
      await worker.kill();
    }
  }),
);

test(
  'a file in the way of a repository is PKG_E_STORAGE_UNAVAILABLE, with its cause',
  inFolder(async (folder) => {
    await writeFile(join(folder, 'demo-lib'), 'a file');
    await withStore(folder, async (store) => {
      const { target, bytes } = randomBlob(10);
      const { blobs } = store.repository('demo-lib');
      const error = await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', blobs.push(target, bytes));
      assert.is((error.cause as NodeJS.ErrnoException).code, 'ENOTDIR');
    });
  }),
);

test(
  'a store is made where there is none, unless it must be there; a file is no store',
  inFolder(async (folder) => {
    const path = join(folder, 'a', 'b');
    await rejectsWith('PKG_E_STORE_MISSING', openOciLayoutStore(path, { create: false }));
    await withStore(path, async () => {});
    const found = await openOciLayoutStore(path, { create: false });
    await found.close();
    const file = join(folder, 'file');
    await writeFile(file, '');
    await rejectsWith('PKG_E_STORE_FORMAT', openOciLayoutStore(file));
    await rejectsWith('PKG_E_STORE_FORMAT', openOciLayoutStore(join(file, 'below')));
  }),
);

for (const killAfter of [1, 20, 60]) {
  test(
    `kill -9 after ${killAfter} acknowledged pushes loses none of them`,
    inFolder(async (folder) => {
      const worker = startWorker();
      const acknowledged = new Map<string, string>();
      try {
        await worker.ask({ do: 'open', folder, attempts: 1 });
        for await (const { tag, digest } of worker.write()) {
          acknowledged.set(tag, digest);
          if (acknowledged.size >= killAfter) break;
        }
      } finally {
        await worker.kill();
      }
      JSON.parse(await readFile(join(folder, 'demo-lib', 'index.json'), 'utf8'));
      await withStore(folder, async (store: OciLayoutStore) => {
        assert.equal(await uploadsIn(folder), []);
        const { manifests, tags } = store.repository('demo-lib');
        for (const [tag, digest] of acknowledged) {
          assert.is((await manifests.fetch(tag))?.descriptor.digest, digest);
        }
        // Also what was never acknowledged is whole, where it is listed at all.
        for (const tag of await listAll(tags())) assert.ok(await manifests.fetch(tag), tag);
      });
    }),
  );
}

async function openFiles(name: string): Promise<number> {
  const links = (await readdir('/proc/self/fd')).map((fd) =>
    readlink(`/proc/self/fd/${fd}`).catch(() => ''),
  );
  return (await Promise.all(links)).filter((path) => path.endsWith(name)).length;
}

test.run();
