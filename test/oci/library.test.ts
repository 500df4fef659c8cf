// `vitte-registry/oci` as others import it.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import {
  CredentialStore,
  copy,
  emptyContent,
  emptyDescriptor,
  extendedCopy,
  fetchAll,
  fileContent,
  MemoryStore,
  OciLayoutStore,
  packManifest,
  parseReference,
  RemoteRepository,
  sha256,
  type Target,
} from '../../src/oci/library.ts';
import { blobOf, listAll, readAll, rejectsAs, rejectsWith } from '../contract/oci-support.ts';
import { inFolder } from '../support/folders.ts';
import { fail, startForeignRegistry } from '../support/foreign-registry.ts';
import { suite } from '../support/suite.ts';

const run = promisify(execFile);
const test = suite('the library');

const targets: Record<string, (work: (target: Target) => Promise<void>) => Promise<void>> = {
  async MemoryStore(work) {
    const store = new MemoryStore();
    await work(store);
    await store.close();
  },
  OciLayoutStore: (work) =>
    inFolder(async (folder) => {
      const store = await OciLayoutStore.open(join(folder, 'made', 'here'));
      try {
        await work(store);
      } finally {
        await store.close();
      }
    }),
  async RemoteRepository(work) {
    const foreign = await startForeignRegistry({ referrers: true });
    const remote = new RemoteRepository(`${foreign.host}/team/app`, { plainHttp: true });
    try {
      await work(remote);
    } finally {
      await remote.close();
      await foreign.close();
    }
  },
};

for (const [name, withTarget] of Object.entries(targets)) {
  test(`${name} takes and gives content by its descriptor, whatever kind it is of`, () =>
    withTarget(async (target) => {
      const blob = blobOf(Buffer.from('a layer'));
      await target.push(blob.target, blob.bytes);
      await target.push(emptyDescriptor, emptyContent);
      const packed = packManifest({ artifactType: 'application/x', layers: [blob.target] });
      const { mediaType, digest, bytes } = packed;
      const manifest = { mediaType, digest, size: bytes.length };
      await target.push(manifest, () => pieces(bytes));
      await target.tag(manifest, 'v1');
      assert.equal(await target.resolve('v1'), manifest);
      for (const [descriptor, content] of [
        [manifest, bytes],
        [blob.target, blob.bytes],
      ] as const) {
        assert.is(await target.exists(descriptor), true);
        assert.is(Buffer.compare(await readAll(await target.fetch(descriptor)), content), 0);
        assert.is(Buffer.compare(await fetchAll(target, descriptor), content), 0);
      }
      const about = packManifest({ artifactType: 'application/y', layers: [], subject: manifest });
      await target.manifests.push(about);
      const referrers = await listAll(target.predecessors(manifest));
      assert.equal(
        referrers.map((one) => [one.digest, one.artifactType]),
        [[about.digest, 'application/y']],
      );
      assert.equal(await listAll(target.tags()), ['v1']);
      await target.untag('v1');
      assert.equal(await listAll(target.tags()), []);
      await target.delete(manifest);
      await target.delete(blob.target);
      assert.is(await target.exists(manifest), false);
      assert.is(await target.exists(blob.target), false);
    }));

  test(`${name} says PKG_E_NOT_FOUND for what it has not got`, () =>
    withTarget(async (target) => {
      const blob = blobOf(Buffer.from('nowhere')).target;
      const packed = packManifest({ artifactType: 'application/x', layers: [] });
      const manifest = { ...packed, size: packed.bytes.length };
      await rejectsWith('PKG_E_NOT_FOUND', target.resolve('v1'));
      for (const descriptor of [blob, manifest]) {
        assert.is(await target.exists(descriptor), false);
        await rejectsWith('PKG_E_NOT_FOUND', target.fetch(descriptor));
        await rejectsWith('PKG_E_NOT_FOUND', target.delete(descriptor));
      }
    }));

  test(`${name} takes and gives nothing under another digest or size`, () =>
    withTarget(async (target) => {
      const { target: blob, bytes } = blobOf(Buffer.from('a layer'));
      const packed = packManifest({ artifactType: 'application/x', layers: [] });
      const manifest = { ...packed, size: packed.bytes.length };
      const other = { digest: sha256('other') };
      await rejectsWith('PKG_E_INTEGRITY', target.push({ ...blob, ...other }, bytes));
      await rejectsWith('PKG_E_INTEGRITY', target.push({ ...manifest, ...other }, packed.bytes));
      await target.push(emptyDescriptor, emptyContent);
      await target.push(blob, bytes);
      await target.push(manifest, packed.bytes);
      for (const descriptor of [blob, manifest]) {
        const forged = { ...descriptor, size: descriptor.size + 1 };
        await rejectsWith('PKG_E_INTEGRITY', target.fetch(forged));
        await rejectsWith('PKG_E_BODY_SIZE', fetchAll(target, descriptor, { bytesMax: 3 }));
      }
    }));
}

test('repositories of one registry mount blobs from each other, and no others', async () => {
  const foreign = await startForeignRegistry({ referrers: true });
  const open = (name: string) =>
    new RemoteRepository(`${foreign.host}/${name}`, { plainHttp: true });
  const [from, to, memory] = [open('a/from'), open('b/to'), new MemoryStore()];
  try {
    const { target: layer, bytes } = blobOf(Buffer.from('a layer'));
    await from.push(layer, bytes);
    await from.push(emptyDescriptor, emptyContent);
    const packed = packManifest({ artifactType: 'application/x', layers: [layer] });
    await from.manifests.push(packed, { tag: 'v1' });
    foreign.forget();
    await copy(from, 'v1', to);
    const mounts = foreign.requests.filter(({ query }) => query.get('from') === 'a/from');
    assert.equal(
      mounts.map(({ query }) => query.get('mount')).sort(),
      [layer, emptyDescriptor].map((one) => one.digest).sort(),
    );
    assert.not(
      foreign.requests.some(({ method, path }) => method === 'GET' && path.includes('/blobs/')),
    );
    foreign.forget();
    await extendedCopy(from, 'v1', memory);
    assert.not(foreign.requests.some(({ query }) => query.has('mount')));
  } finally {
    await Promise.all([from.close(), to.close(), foreign.close()]);
  }
});

test('credentials go to the registry that they are for', async () => {
  const foreign = await startForeignRegistry();
  const expected = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
  foreign.hook(({ headers }, response) => {
    if (headers.authorization === expected) return false;
    response.setHeader('www-authenticate', 'Basic realm="r"');
    return fail(response, 401, 'UNAUTHORIZED');
  });
  const ann = { username: 'ann', password: 'secret' };
  const stores: [CredentialStore | undefined, boolean][] = [
    [undefined, false],
    [CredentialStore.static(foreign.host, ann), true],
    [CredentialStore.static('elsewhere.example', ann), false],
    [{ get: async (registry) => (registry === foreign.host ? ann : undefined) }, true],
  ];
  try {
    for (const [credentials, allowed] of stores) {
      const repository = new RemoteRepository(`${foreign.host}/app`, {
        plainHttp: true,
        ...(credentials ? { credentials } : {}),
      });
      await rejectsWith(allowed ? 'PKG_E_NOT_FOUND' : 'PKG_E_FORBIDDEN', repository.resolve('v1'));
      await repository.close();
    }
  } finally {
    await foreign.close();
  }
});

test('the Docker configuration is a credential store, in the words of oras-go', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'config.json');
    const auth = Buffer.from('ann:secret').toString('base64');
    await writeFile(
      path,
      JSON.stringify({ auths: { a: { auth }, b: { identitytoken: 'i', registrytoken: 'r' } } }),
    );
    const store = CredentialStore.docker(path);
    assert.equal(await store.get('a'), { username: 'ann', password: 'secret' });
    assert.equal(await store.get('b'), { refreshToken: 'i', accessToken: 'r' });
    assert.is(await store.get('c'), undefined);
    await rejectsWith('PKG_E_CONFIG', CredentialStore.docker(join(folder, 'none')).get('a'));
  }));

test('a reference names registry, repository, and tag or digest', () => {
  const digest = sha256('x');
  const rows: [string, string, string, string | undefined][] = [
    ['localhost:5000/name', 'localhost:5000', 'name', undefined],
    ['localhost:5000/name:v1', 'localhost:5000', 'name', 'v1'],
    [`ghcr.io/team/app@${digest}`, 'ghcr.io', 'team/app', digest],
    [`ghcr.io/team/app:v1@${digest}`, 'ghcr.io', 'team/app', digest],
    ['[::1]:5000/a/b:1.0_2', '[::1]:5000', 'a/b', '1.0_2'],
  ];
  for (const [text, registry, repository, reference] of rows) {
    assert.equal(parseReference(text), { registry, repository, reference }, text);
  }
  const wrong = [
    '',
    'name',
    'name:v1',
    'https://host/name',
    '/name',
    'user@host/name',
    'host/',
    'host/Name',
    'host/a/../b',
    'host/name:',
    'host/name:-x',
    'host/name@sha256:1',
    'ho st/name',
  ];
  for (const text of wrong) {
    assert.throws(() => parseReference(text), /not (?:REGISTRY|an OCI)/, text);
  }
  const remote = new RemoteRepository('localhost:5000/name:v1');
  assert.is(remote.reference, 'v1');
  assert.is(remote.name, 'name');
});

test('a layout is the folder itself, as other tools make and read it', () =>
  inFolder(async (folder) => {
    const store = await OciLayoutStore.open(folder);
    const { target, bytes } = blobOf(Buffer.from('a layer'));
    await store.push(target, bytes);
    const packed = packManifest({ artifactType: 'application/x', layers: [target] });
    await store.manifests.push(packed, { tag: 'v1' });
    assert.match(await readFile(join(folder, 'oci-layout'), 'utf8'), 'imageLayoutVersion');
    const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
    assert.is(index.manifests[0].digest, packed.digest);
    await rejectsWith('PKG_E_STORE_LOCKED', OciLayoutStore.open(folder));
    await store.close();
    const again = await OciLayoutStore.open(folder, { create: false });
    assert.is((await again.resolve('v1')).digest, packed.digest);
    await again.close();
    await rejectsWith(
      'PKG_E_STORE_MISSING',
      OciLayoutStore.open(join(folder, 'no'), { create: false }),
    );
  }));

test('a file is content, under the title that oras pull writes it as', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'a.txt');
    await writeFile(path, 'some text');
    const { descriptor, content } = await fileContent(path, { title: 'docs/a.txt' });
    assert.equal(descriptor, {
      mediaType: 'application/octet-stream',
      digest: sha256('some text'),
      size: 9,
      annotations: { 'org.opencontainers.image.title': 'docs/a.txt' },
    });
    const store = new MemoryStore();
    await writeFile(path, 'other text');
    await rejectsWith('PKG_E_INTEGRITY', store.push(descriptor, content));
    await writeFile(path, 'some text');
    await store.push(descriptor, content);
    assert.is((await fetchAll(store, descriptor)).toString(), 'some text');
    await rejectsWith('PKG_E_FILE', fileContent(join(folder, 'none')));
    const reason = new Error('enough');
    await rejectsAs(reason, fileContent(path, { signal: AbortSignal.abort(reason) }));
  }));

test('nothing but the rooms oci and core is loaded, whatever is imported', async () => {
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });
    const library = await import('vitte-registry/oci');
    new library.RemoteRepository('localhost:5000/name', { credentials: library.CredentialStore.docker() });
    await new library.MemoryStore().resolve('v1').catch(() => {});
  `;
  const args = ['--conditions=vitte-source', '--input-type=module', '--eval', script];
  const { stdout } = await run(process.execPath, args);
  const root = new URL('../../', import.meta.url).href;
  const own = stdout
    .split('\n')
    .flatMap((url) => (url.startsWith(root) ? [url.slice(root.length)] : []));
  const rooms = new Set(
    own.filter((path) => path.startsWith('src/')).map((path) => path.split('/')[1]),
  );
  assert.equal([...rooms].sort(), ['core', 'oci']);
  const packages = own.flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  );
  assert.equal([...new Set(packages)], ['undici']);
});

async function* pieces(bytes: Uint8Array) {
  yield bytes.subarray(0, 5);
  yield bytes.subarray(5);
}

test.run();
