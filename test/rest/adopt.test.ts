import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { manifestOf } from '../../src/archive/archive-manifest.ts';
import type { PackedArchive } from '../../src/archive/pack.ts';
import { type Digest, sha256 } from '../../src/core/digest.ts';
import { canonicalBytes } from '../../src/core/json.ts';
import { annotations, mediaTypes } from '../../src/core/media-types.ts';
import { type PackageName, parsePackageName } from '../../src/core/name.ts';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import type { Repository } from '../../src/oci/port.ts';
import { type Adopted, adoptPackages } from '../../src/server/adopt.ts';
import { verifyStore } from '../../src/server/verify.ts';
import { generateKey, spkiOf } from '../../src/signing/keys.ts';
import { signVersion } from '../../src/signing/version-signature.ts';
import { call, put, putSigned, serveStore } from '../support/rest.ts';
import { packSample, signSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

const test = suite('packages that lie in a storage without a journal');
const stderr = { write: () => {} };

function adoptIn(data: string, ...names: string[]): Promise<Adopted> {
  const flags = { data, 'log-level': 'silent' };
  return adoptPackages({ flags, env: {}, stderr, names: names.map(parsePackageName) });
}

const statuses = ({ adoptions }: Adopted) =>
  adoptions
    .map(({ name, version, status, signatures, ignored, error }) =>
      [`${name}@${version}`, status, signatures, ignored, error?.code ?? ''].join(' '),
    )
    .sort();

test('what a folder copies of another registry is served, its signatures verified', async () => {
  const temporary = await temporaryFolder();
  const origin = await serveStore(join(temporary.path, 'origin'));
  const signed = await packSample(temporary.path, { name: 'roussov/demo', version: '1.0.0' });
  const signature = signSample(signed);
  assert.is((await putSigned(origin, signed, signature)).status, 201);
  for (const sample of [
    { name: 'roussov/demo', version: '1.1.0+build.5' },
    { name: 'other', version: '0.1.0' },
  ]) {
    assert.is((await put(origin, await packSample(temporary.path, sample))).status, 201);
  }
  await origin.stop();

  const data = join(temporary.path, 'moved');
  for (const name of ['roussov', 'other']) {
    await cp(join(origin.data, name), join(data, name), { recursive: true });
  }
  const adopted = await adoptIn(data);
  assert.equal(statuses(adopted), [
    'other@0.1.0 adopted 0 0 ',
    'roussov/demo@1.0.0 adopted 1 0 ',
    'roussov/demo@1.1.0+build.5 adopted 0 0 ',
  ]);
  assert.equal(
    new Set(statuses(await adoptIn(data)).map((row) => row.split(' ')[1])),
    new Set(['known']),
  );

  const moved = await serveStore(data);
  const path = '/api/v1/packages/roussov/demo/1.0.0';
  const { digest, signatures, actor } = (await call(moved.url + path)).json<{
    digest: Digest;
    actor: string;
    signatures: { kid: string; verified: boolean }[];
  }>();
  assert.is(digest, manifestOf(signed).digest);
  assert.is(actor, 'admin');
  assert.equal(
    signatures.map(({ kid, verified }) => [kid, verified]),
    [[signature.key.kid, true]],
  );
  const archive = await call(`${moved.url}${path}/download`);
  assert.is(sha256(archive.bytes), sha256(await readFile(signed.file)));
  await moved.stop();
  const verified = await verifyStore({
    flags: { data, 'log-level': 'silent' },
    env: {},
    stderr,
    store: true,
  });
  assert.equal(verified.findings, []);
  await temporary.remove();
});

test('what an archive does not make, and what is no valid signature, is not taken in', async () => {
  const temporary = await temporaryFolder();
  const data = join(temporary.path, 'store');
  const layout = await openOciLayoutStore(data);
  const packed = await packSample(temporary.path, { name: 'demo', version: '1.0.0' });
  const at = (name: string) => layout.repository(name);
  const good = manifestOf(packed);

  await pushVersion(at('demo'), packed, '1.0.0');
  await pushSignature(at('demo'), good.digest, good.digest, generateKey());
  await pushSignature(at('demo'), good.digest, sha256('another version'), generateKey());
  await pushVersion(at('demo'), packed, '2.0.0');
  await pushVersion(at('elsewhere'), packed, '1.0.0');
  const claiming = await packSample(temporary.path, { name: 'claims', version: '1.0.0' });
  const claimed = JSON.parse(manifestOf(claiming).bytes.toString());
  claimed.layers.push({ ...claimed.layers[0], mediaType: mediaTypes.readme });
  await pushVersion(at('claims'), claiming, '1.0.0', canonicalBytes(claimed));
  await pushVersion(at('empty'), packed, '1.0.0');
  await at('empty').blobs.delete(packed.digest);
  await pushVersion(
    at('images'),
    claiming,
    '1.0.0',
    canonicalBytes({ ...claimed, artifactType: 'other/type' }),
  );
  await layout.close();

  assert.equal(statuses(await adoptIn(data)), [
    'claims@1.0.0 refused 0 0 PKG_E_MISMATCH',
    'demo@1.0.0 adopted 1 1 ',
    'demo@2.0.0 refused 0 0 PKG_E_MISMATCH',
    'elsewhere@1.0.0 refused 0 0 PKG_E_MISMATCH',
    'empty@1.0.0 refused 0 0 PKG_E_MISMATCH',
  ]);
  await temporary.remove();
});

test('a manifest of the other profile keeps its digest; packages that are not named are left alone', async () => {
  const temporary = await temporaryFolder();
  const data = join(temporary.path, 'store');
  const layout = await openOciLayoutStore(data);
  const packed = await packSample(temporary.path, { name: 'demo', version: '1.0.0' });
  const second = manifestOf(packed, 2);
  await pushVersion(layout.repository('demo'), packed, '1.0.0', second.bytes);
  await pushVersion(layout.repository('unnamed'), packed, '1.0.0');
  await layout.close();
  const { adoptions } = await adoptIn(data, 'demo', 'nobody');
  assert.equal(
    adoptions.map(({ name, status, digest }) => [name, status, digest]),
    [['demo' as PackageName, 'adopted', second.digest]],
  );
  const service = await serveStore(data);
  const shown = (await call(`${service.url}/api/v1/packages/demo/1.0.0`)).json();
  assert.is(shown.digest, second.digest);
  await service.stop();
  await temporary.remove();
});

/** Pushes an archive's version under a tag, by its own manifest or another. */
async function pushVersion(
  { blobs, manifests }: Repository,
  packed: PackedArchive,
  tag: string,
  bytes: Uint8Array = manifestOf(packed).bytes,
) {
  const archive = await readFile(packed.file);
  await blobs.push({ digest: packed.digest, size: archive.length }, archive);
  const { config } = manifestOf(packed);
  await blobs.push(config.descriptor, config.bytes);
  await manifests.push({ mediaType: mediaTypes.ociManifest, bytes }, { tag });
}

/** Pushes a referrer of a version that signs `signed`, which may be another one. */
async function pushSignature(
  { blobs, manifests }: Repository,
  subject: Digest,
  signed: Digest,
  key: ReturnType<typeof generateKey>,
) {
  const bundle = signVersion(signed, key);
  const layer = {
    mediaType: mediaTypes.sigstoreBundle,
    digest: sha256(bundle),
    size: bundle.length,
  };
  await blobs.push(layer, bundle);
  const config = { mediaType: mediaTypes.ociEmpty, digest: sha256('{}'), size: 2 };
  await blobs.push(config, Buffer.from('{}'));
  const bytes = canonicalBytes({
    ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] },
    artifactType: mediaTypes.sigstoreBundle,
    subject: { mediaType: mediaTypes.ociManifest, digest: subject, size: 1 },
    annotations: { [annotations.signatureKey]: spkiOf(key).toString('base64') },
  });
  await manifests.push({ mediaType: mediaTypes.ociManifest, bytes });
}

test.run();
