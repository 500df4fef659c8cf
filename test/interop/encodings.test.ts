// What is published in another encoding, or by profile 2, is plain OCI as well: other people's tools read it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { manifestOf } from '../../src/archive/archive-manifest.ts';
import { sha256 } from '../../src/core/digest.ts';
import type { ManifestProfile } from '../../src/core/manifest-profile.ts';
import type { StorageEncoding } from '../../src/core/storage-encoding.ts';
import type { Registry } from '../../src/oci/port.ts';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import { flatRegistry } from '../../src/oci/views/flat.ts';
import { singleRegistry } from '../../src/oci/views/single.ts';
import type { Config } from '../../src/server/config.ts';
import { exportPublicKey } from '../../src/signing/key-formats.ts';
import { generateKey } from '../../src/signing/keys.ts';
import { signVersion } from '../../src/signing/version-signature.ts';
import { ociContract } from '../contract/oci.ts';
import type { RegistryException } from '../contract/oci-support.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { putSigned, serveConfig } from '../support/rest.ts';
import { configIn, packSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { runTool, tool } from './tools.ts';

const found = await startDockerRegistry();
if ('missing' in found) throw new Error(found.missing);
const docker = found;

ociContract('encoding flat, on docker-registry', encoded(flatRegistry, []));
ociContract(
  'encoding single, on docker-registry',
  encoded((registry) => singleRegistry(registry, 'packages'), ['shared-content']),
);

function encoded(view: (registry: Registry) => Registry, more: RegistryException[]) {
  const open = async () => {
    const inner = openRemoteRegistry({ url: docker.storage(), limits: { retryBaseMs: 20 } });
    const registry = view(inner);
    return { registry, close: () => registry.close() };
  };
  return Object.assign(open, {
    exceptions: new Set(['torn-delete', 'blob-as-manifest', ...more] as const),
  });
}

type Rig = { folder: string; remove(): Promise<void> };
const test = suite<Rig>('OCI tools on the encodings and on profile 2', { timeoutMs: 25 * 60_000 });

test.before(async (rig) => {
  const temporary = await temporaryFolder();
  Object.assign(rig, { folder: temporary.path, remove: temporary.remove });
});
test.after(async (rig) => {
  await docker.stop();
  await rig.remove();
});

const cases: [StorageEncoding, ManifestProfile, reference: (prefix: string) => string][] = [
  ['flat', 1, (prefix) => `${prefix}/roussov.demo:1.0.0_build.7`],
  ['single', 1, (prefix) => `${prefix}:4ee69144d8b366e14591-1.0.0_build.7`],
  ['path', 2, (prefix) => `${prefix}/roussov/demo:1.0.0_build.7`],
];

for (const [storageEncoding, profile, referenceOf] of cases) {
  test(`${storageEncoding}, profile ${profile}: skopeo, oras and cosign read what was published`, async ({
    folder,
  }) => {
    const url = docker.storage();
    const config: Config = {
      ...configIn(join(folder, `${storageEncoding}-${profile}`)),
      storage: { kind: 'remote', url },
      storageEncoding,
      storageProfile: profile,
    };
    const service = await serveConfig(config);
    const packed = await packSample(folder, { name: 'roussov/demo', version: '1.0.0+build.7' });
    const { digest } = manifestOf(packed, profile);
    const key = generateKey();
    const reply = await putSigned(service, packed, { bundle: signVersion(digest, key), key });
    assert.is(reply.status, 201, reply.bytes.toString());
    await service.stop();

    const reference = referenceOf(url.replace(/^oci\+http:\/\//, ''));
    const words = ['inspect', '--raw', '--tls-verify=false', `docker://${reference}`];
    assert.is(sha256((await runTool(await tool('skopeo'), words)).stdout), digest);

    const out = join(folder, `pulled-${storageEncoding}-${profile}`);
    const oras = await tool('oras');
    await runTool(oras, ['pull', '--plain-http', reference, '-o', out]);
    const pulled = await readFile(join(out, 'roussov-demo-1.0.0+build.7.vitmod'));
    assert.is(sha256(pulled), sha256(await readFile(packed.file)));
    const { stdout } = await runTool(oras, [
      'discover',
      '--plain-http',
      reference,
      '--format',
      'json',
    ]);
    assert.match(stdout, /application\/vnd\.dev\.sigstore\.bundle\.v0\.3\+json/);

    const file = join(folder, 'key.pem');
    const verify = async (pem: string) => {
      await writeFile(file, pem);
      const args = ['--insecure-ignore-tlog=true', '--allow-http-registry', reference];
      const run = runTool(await tool('cosign'), ['verify', '--key', file, ...args], {
        env: { HOME: folder },
      });
      return run.then(
        () => 'accepted',
        () => 'refused',
      );
    };
    assert.is(await verify(String(exportPublicKey(key, 'pem'))), 'accepted');
    assert.is(await verify(String(exportPublicKey(generateKey(), 'pem'))), 'refused');
  });
}

test('in folders: oras and skopeo read a flat and a single one', async ({ folder }) => {
  for (const [storageEncoding, repository, tag] of [
    ['flat', 'roussov.demo', '1.0.0'],
    ['single', 'packages', '4ee69144d8b366e14591-1.0.0'],
  ] as const) {
    const config = { ...configIn(join(folder, `layout-${storageEncoding}`)), storageEncoding };
    const service = await serveConfig(config);
    const packed = await packSample(folder, { name: 'roussov/demo', version: '1.0.0' });
    const { digest } = manifestOf(packed);
    const key = generateKey();
    const reply = await putSigned(service, packed, { bundle: signVersion(digest, key), key });
    assert.is(reply.status, 201, reply.bytes.toString());
    // The server has it open meanwhile.
    const reference = `${join(config.data, repository)}:${tag}`;
    const raw = await runTool(await tool('skopeo'), ['inspect', '--raw', `oci:${reference}`]);
    assert.is(sha256(raw.stdout), digest);
    const out = join(folder, `pulled-${storageEncoding}`);
    await runTool(await tool('oras'), ['pull', '--oci-layout', reference, '-o', out]);
    const pulled = await readFile(join(out, 'roussov-demo-1.0.0.vitmod'));
    assert.is(sha256(pulled), sha256(await readFile(packed.file)));
    await service.stop();
  }
});

test.run();
