// The whole service on a storage in each encoding: what it answers is the same, where it lies is not.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { type StorageEncoding, storageEncodings } from '../../src/core/storage-encoding.ts';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import { rebuildIndex } from '../../src/server/compose.ts';
import type { Config } from '../../src/server/config.ts';
import { makeLogger } from '../../src/server/logger.ts';
import type { StorageAddress } from '../../src/server/setting-values.ts';
import { listAll } from '../contract/oci-support.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { call, feed, put, putSigned, type RestService, serveConfig } from '../support/rest.ts';
import { configIn, packSample, signSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = { folder: string; remove(): Promise<void> };
const test = suite<Rig>('encodings of the storage, through REST');
const docker = await startDockerRegistry();
const logger = makeLogger('silent', process.stderr);

test.before(async (rig) => {
  const temporary = await temporaryFolder();
  Object.assign(rig, { folder: temporary.path, remove: temporary.remove });
});
test.after(async (rig) => {
  if (!('missing' in docker)) await docker.stop();
  await rig.remove();
});

/** The repository that `single` has in a folder, and the hashes of the names below. */
const one = 'packages';
const hashes = { 'roussov/demo': '4ee69144d8b366e14591', 'demo-lib': 'ec682ff792893143d3e8' };

/** Where `roussov/demo` 1.0.0+build.7 and `demo-lib` 0.1.0 then lie: repository and tag. */
const places: Record<StorageEncoding, [repository: string, tag: string][]> = {
  path: [
    ['roussov/demo', '1.0.0_build.7'],
    ['demo-lib', '0.1.0'],
  ],
  flat: [
    ['roussov.demo', '1.0.0_build.7'],
    ['demo-lib', '0.1.0'],
  ],
  single: [
    [one, `${hashes['roussov/demo']}-1.0.0_build.7`],
    [one, `${hashes['demo-lib']}-0.1.0`],
  ],
};

for (const storageEncoding of storageEncodings) {
  test(`${storageEncoding}, in folders: publish, list, info, fetch and rebuild`, async ({
    folder,
  }) => {
    const data = join(folder, storageEncoding);
    const config = { ...configIn(data), storageEncoding };
    const found = await useAndRebuild(folder, config);
    const store = await openOciLayoutStore(data);
    for (const [index, [repository, tag]] of places[storageEncoding].entries()) {
      const resolved = await store.repository(repository).manifests.resolve(tag);
      assert.is(resolved?.digest, found[index], `${repository}:${tag}`);
    }
    await store.close();
  });

  if ('missing' in docker) test.skip(`${storageEncoding}, on docker-registry (${docker.missing})`);
  else
    test(`${storageEncoding}, on docker-registry: publish, list, info, fetch and rebuild`, async ({
      folder,
    }) => {
      const url = docker.storage();
      const config = remoteConfig(join(folder, `${storageEncoding}-remote`), url, storageEncoding);
      const found = await useAndRebuild(folder, config);
      // Of `single` the address itself is the repository.
      const prefix = storageEncoding === 'single' ? url.slice(0, url.lastIndexOf('/')) : url;
      const store = openRemoteRegistry({ url: prefix });
      for (const [index, [repository, tag]] of places[storageEncoding].entries()) {
        const name = storageEncoding === 'single' ? url.slice(prefix.length + 1) : repository;
        const resolved = await store.repository(name).manifests.resolve(tag);
        assert.is(resolved?.digest, found[index], `${name}:${tag}`);
      }
      await store.close();
    });
}

test('single: all that is written, on docker-registry too, lies in the one repository', async ({
  folder,
}) => {
  const data = join(folder, 'all-in-one');
  const service = await serveConfig({ ...configIn(data), storageEncoding: 'single' });
  const packed = await packSample(folder, { name: 'ns/a', version: '1.0.0' });
  assert.is((await putSigned(service, packed, signSample(packed))).status, 201);
  await service.stop();
  const store = await openOciLayoutStore(data);
  const tags = (await listAll(store.repository(one).tags())).sort();
  const forms = [
    /^[0-9a-f]{20}-1\.0\.0$/,
    /^_j-1-[0-9a-f]{16}-\d+$/,
    /^_t-1-[0-9a-f]{16}$/,
    /^_term$/,
  ];
  for (const tag of tags)
    assert.ok(
      forms.some((form) => form.test(tag)),
      tag,
    );
  for (const form of forms)
    assert.ok(
      tags.some((tag) => form.test(tag)),
      String(form),
    );
  for (const name of ['ns/a', 'vitte-registry', 'vitte-registry/terms']) {
    assert.equal(await listAll(store.repository(name).tags()), [], name);
  }
  await store.close();
});

test('a start in another encoding than the store has stops with one line, and writes nothing', async ({
  folder,
}) => {
  for (const [made, asked] of pairs()) {
    const config = { ...configIn(join(folder, `${made}-${asked}`)), storageEncoding: made };
    await (await serveConfig(config)).stop();
    const other = { ...config, storageEncoding: asked };
    for (const start of [serveConfig, rebuild]) {
      await stops(() => start(other), `holds a registry in the encoding ${made}`);
    }
    const again = await serveConfig(config);
    assert.equal((await feed(again.url)).length, 2);
    await again.stop();
  }
});

if ('missing' in docker) test.skip(`the same on docker-registry (${docker.missing})`);
else
  test('the same on docker-registry, where single lies at another address', async ({ folder }) => {
    const url = docker.storage();
    const made = remoteConfig(join(folder, 'made-single'), url, 'single');
    await (await serveConfig(made)).stop();
    for (const asked of ['path', 'flat'] as const) {
      const other = remoteConfig(made.data, url, asked);
      await stops(() => serveConfig(other), 'holds a registry in the encoding single');
    }
  });

test('single leaves a version 107 characters, and a longer one is refused before anything is stored', async ({
  folder,
}) => {
  const config = configIn(join(folder, 'long'));
  const service = await serveConfig({ ...config, storageEncoding: 'single' });
  for (const [length, status] of [
    [107, 201],
    [108, 400],
  ] as const) {
    const version = `1.0.0-${'a'.repeat(length - 6)}`;
    const reply = await put(service, await packSample(folder, { name: 'long', version }));
    assert.is(reply.status, status, reply.bytes.toString());
    if (status === 400) assert.is(reply.json().code, 'PKG_E_PACKAGE_VERSION');
  }
  await service.stop();
});

/** Publishes two packages, reads them, and reads them again after a rebuild. Gives the versions' digests. */
async function useAndRebuild(folder: string, config: Config): Promise<string[]> {
  await mkdir(config.data, { recursive: true });
  const service = await serveConfig(config);
  const files = { 'README.md': '# demo\n' };
  const signed = await packSample(folder, {
    name: 'roussov/demo',
    version: '1.0.0+build.7',
    files,
  });
  const plain = await packSample(folder, { name: 'demo-lib', version: '0.1.0' });
  const first = await putSigned(service, signed, signSample(signed));
  const second = await put(service, plain);
  assert.equal([first.status, second.status], [201, 201], first.bytes.toString());
  const before = await answers(service, config.storageEncoding);
  await service.stop();

  const counted = await rebuild(config);
  assert.equal([counted?.sequence, counted?.packages], [6, 2]);
  const again = await serveConfig(config);
  assert.equal(await answers(again, config.storageEncoding), before);
  await again.stop();
  return [first, second].map((reply) => reply.json<{ digest: string }>().digest);
}

async function answers({ url }: RestService, encoding: StorageEncoding) {
  const api = `${url}/api/v1`;
  const read = async (path: string) => (await call(api + path)).json();
  const { encoding: told, profile } = await read('/registry');
  assert.equal([told, profile], [encoding, 1]);
  const { packages } = (await read('/packages')) as { packages: { name: string }[] };
  assert.equal(
    packages.map(({ name }) => name),
    ['demo-lib', 'roussov/demo'],
  );
  const version = '/packages/roussov/demo/1.0.0+build.7';
  const download = await call(`${api}${version}/download`);
  assert.is(download.status, 200);
  const info = (await read(version)) as { archive: { digest: string }; signatures: unknown[] };
  assert.is(sha256(download.bytes), info.archive.digest);
  assert.is(info.signatures.length, 1);
  const signatures = await read(`${version}/signatures`);
  // Links name the port, which is another one each time.
  const all = { packages, info, signatures, feed: await feed(url) };
  return JSON.stringify(all, null, 2).replaceAll(url, 'URL');
}

function rebuild(config: Config) {
  return rebuildIndex(config, logger, undefined);
}

function remoteConfig(data: string, url: string, storageEncoding: StorageEncoding): Config {
  const storage: StorageAddress = { kind: 'remote', url };
  return { ...configIn(data), storage, storageEncoding };
}

function pairs(): [StorageEncoding, StorageEncoding][] {
  return storageEncodings.flatMap((made) =>
    storageEncodings.flatMap((asked): [StorageEncoding, StorageEncoding][] =>
      asked === made ? [] : [[made, asked]],
    ),
  );
}

async function stops(start: () => Promise<unknown>, line: string) {
  const error = await start().then(
    () => assert.unreachable(`started, although: ${line}`),
    (thrown: unknown) => thrown,
  );
  if (!isVitteError(error, 'PKG_E_CONFIG')) throw error;
  assert.match(error.message, line);
}

test.run();
