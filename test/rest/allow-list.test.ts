// A container registry that takes known types alone, as GitLab's: the service finds out, and everything works.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { manifestOf } from '../../src/archive/archive-manifest.ts';
import { sha256 } from '../../src/core/digest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import { rebuildIndex } from '../../src/server/compose.ts';
import type { Config } from '../../src/server/config.ts';
import { makeLogger } from '../../src/server/logger.ts';
import { generateKey } from '../../src/signing/keys.ts';
import { signVersion } from '../../src/signing/version-signature.ts';
import { listAll } from '../contract/oci-support.ts';
import { type AllowListProxy, startAllowListProxy } from '../support/allow-list-registry.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { call, put, putSigned, type RestService, serveConfig } from '../support/rest.ts';
import { configIn, packSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = {
  folder: string;
  proxy: AllowListProxy;
  config(name: string): Config;
  remove(): Promise<void>;
};
const test = suite<Rig>('a storage that allow-lists types');
const found = await startDockerRegistry();

if ('missing' in found) test.skip(found.missing);
else cases(found);

function cases(docker: DockerRegistry) {
  test.before(async (rig) => {
    const temporary = await temporaryFolder();
    const proxy = await startAllowListProxy(docker.origin);
    const config = (name: string): Config => {
      const url = docker.storage().replace(new URL(docker.origin).host, proxy.host);
      return { ...configIn(join(temporary.path, name)), storage: { kind: 'remote', url } };
    };
    Object.assign(rig, { folder: temporary.path, remove: temporary.remove, proxy, config });
  });
  test.after(async (rig) => {
    await rig.proxy.close();
    await docker.stop();
    await rig.remove();
  });

  test('a registry begins there without being told: publish, sign, fetch, restart, rebuild', async (rig) => {
    const config = rig.config('found-out');
    const service = await serveConfig(config);
    assert.equal(rig.proxy.refused.splice(0), ['application/vnd.vitte.package.v1']);
    const packed = await packSample(rig.folder, { name: 'roussov/demo', version: '1.0.0' });
    const { digest } = manifestOf(packed, 2);
    const key = generateKey();
    const reply = await putSigned(service, packed, { bundle: signVersion(digest, key), key });
    assert.is(reply.status, 201, reply.bytes.toString());
    assert.is(reply.json().digest, digest);
    const before = await answers(service);
    await service.stop();

    assert.equal(
      (await rebuildIndex(config, makeLogger('silent', process.stderr), undefined))?.packages,
      1,
    );
    const again = await serveConfig(config);
    assert.equal(await answers(again), before);
    const download = await call(`${again.url}/api/v1/packages/roussov/demo/1.0.0/download`);
    assert.is(sha256(download.bytes), sha256(await readFile(packed.file)));
    // The same content stood there already, with the same manifest.
    assert.is((await put(again, packed)).status, 401);
    await again.stop();
    assert.equal(rig.proxy.refused, []);
    await onlyWellKnownTypes(config);
  });

  test('a signature over the manifest of profile 1 is refused, with the one that it should be over', async (rig) => {
    const service = await serveConfig(rig.config('signature'));
    const packed = await packSample(rig.folder, { name: 'signed', version: '1.0.0' });
    const key = generateKey();
    const bundle = signVersion(manifestOf(packed, 1).digest, key);
    const reply = await putSigned(service, packed, { bundle, key });
    assert.is(reply.status, 422);
    const problem = reply.json<{ code: string; digest: string; manifest: string }>();
    assert.is(problem.code, 'PKG_E_SIGNATURE_SUBJECT');
    assert.is(problem.digest, manifestOf(packed, 2).digest);
    assert.is(sha256(problem.manifest), problem.digest);
    await service.stop();
  });

  test('profile 1 by settings is refused at the start, in one line', async (rig) => {
    const config: Config = { ...rig.config('refused'), storageProfile: 1 };
    const error = await serveConfig(config).then(
      () => assert.unreachable('started'),
      (thrown: unknown) => thrown,
    );
    if (!isVitteError(error, 'PKG_E_CONFIG')) throw error;
    assert.match(error.message, 'storage-profile: the storage refuses manifests of profile 1');
    assert.match((error.cause as Error).message, 'MANIFEST_INVALID');
  });
}

async function answers({ url }: RestService) {
  const read = async (path: string) => (await call(`${url}/api/v1${path}`)).bytes.toString();
  const registry = await read('/registry');
  assert.is(JSON.parse(registry).profile, 2);
  const paths = ['/packages', '/packages/roussov/demo/1.0.0', '/changes'];
  const texts = await Promise.all([...paths, '/packages/roussov/demo/1.0.0/signatures'].map(read));
  return [registry, ...texts].join('\n').replaceAll(url, 'URL');
}

/** Every tagged manifest there, read without the proxy. */
async function onlyWellKnownTypes({ storage }: Config) {
  const url = storage.kind === 'remote' ? storage.url : '';
  const registry = openRemoteRegistry({ url });
  const seen: string[] = [];
  for (const name of ['roussov/demo', 'vitte-registry', 'vitte-registry/terms']) {
    const { manifests, tags } = registry.repository(name);
    for (const tag of await listAll(tags())) {
      const { bytes } = (await manifests.fetch(tag))!;
      const { artifactType, config, layers } = JSON.parse(Buffer.from(bytes).toString());
      if (!config) continue; // the list of referrers
      const own = layers[0].mediaType.includes('sigstore');
      assert.is(artifactType, own ? layers[0].mediaType : undefined, `${name}:${tag}`);
      seen.push(tag);
    }
  }
  assert.ok(seen.includes('1.0.0') && seen.includes('_term'), seen.join(' '));
  assert.ok(seen.some((tag) => tag.startsWith('_r-')) && seen.some((tag) => tag.startsWith('_j-')));
  await registry.close();
}

test.run();
