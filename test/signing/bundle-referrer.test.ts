import * as assert from 'uvu/assert';
import { type Descriptor, emptyDescriptor, type ImageManifest } from '../../src/core/descriptor.ts';
import { sha256 } from '../../src/core/digest.ts';
import { annotations, mediaTypes } from '../../src/core/media-types.ts';
import { parseBundle } from '../../src/signing/bundle.ts';
import { bundleReferrer, readBundleReferrer } from '../../src/signing/bundle-referrer.ts';
import { generateKey, keyFromSeed, publicPart } from '../../src/signing/keys.ts';
import { signMessage } from '../../src/signing/message-signature.ts';
import { suite } from '../support/suite.ts';
import { hex, refusal, versionVectors } from './vectors.ts';

const test = suite('bundle referrer');

for (const vector of versionVectors) {
  test(`gives the vector's manifest, byte for byte: ${vector.name}`, () => {
    const key = keyFromSeed(hex(vector.seed));
    const bundle = parseBundle(Buffer.from(vector.bundle));
    const referrer = bundleReferrer(bundle, key, vector.manifest);
    assert.is(referrer.bytes.toString(), vector.referrer);
    assert.is(referrer.descriptor.digest, vector.referrerDigest);
    assert.is(referrer.descriptor.size, vector.referrer.length);
    const manifest = JSON.parse(vector.referrer) as ImageManifest;
    assert.equal(referrer.descriptor.annotations, manifest.annotations);
    assert.is(referrer.descriptor.artifactType, mediaTypes.sigstoreBundle);
    assert.equal(referrer.layer, manifest.layers[0]);
    assert.equal(referrer.config, emptyDescriptor);
    assert.equal(readBundleReferrer(manifest), { layer: referrer.layer, key: publicPart(key) });
  });
}

const vector = versionVectors[0]!;
const key = keyFromSeed(hex(vector.seed));
const bundle = parseBundle(Buffer.from(vector.bundle));

test('takes of the subject what names it, and nothing else', () => {
  const more: Descriptor = {
    ...vector.manifest,
    artifactType: 'x',
    annotations: { a: 'b' },
    data: '',
  };
  assert.is(bundleReferrer(bundle, key, more).bytes.toString(), vector.referrer);
});

test('without a key the annotation that tells it is absent', () => {
  const referrer = bundleReferrer(bundle, undefined, vector.manifest);
  const manifest = JSON.parse(referrer.bytes.toString()) as ImageManifest;
  assert.not(annotations.signatureKey in manifest.annotations!);
  assert.equal(readBundleReferrer(manifest), { layer: referrer.layer, key: undefined });
});

test('refuses a key that is not the bundle’s, and a file’s signature', () => {
  const other = generateKey();
  refusal('PKG_E_SIGNATURE_INVALID', () => bundleReferrer(bundle, other, vector.manifest));
  const file = parseBundle(signMessage(Buffer.from('x'), key));
  refusal('PKG_E_SIGNATURE_FORMAT', () => bundleReferrer(file, key, vector.manifest));
});

test('reads nothing from referrers that are no bundles, and refuses those that can not be', () => {
  const manifest = JSON.parse(vector.referrer) as ImageManifest;
  const [layer] = manifest.layers;
  for (const changes of [
    { artifactType: 'application/vnd.vitte.target.v1' },
    { layers: [] },
    { layers: [layer!, layer!] },
    { layers: [{ ...layer!, mediaType: 'text/plain' }] },
  ]) {
    assert.is(readBundleReferrer({ ...manifest, ...changes }), undefined);
  }
  const large = { ...manifest, layers: [{ ...layer!, size: 64 * 1024 + 1, digest: sha256('x') }] };
  refusal('PKG_E_SIGNATURE_LIMIT', () => readBundleReferrer(large));
  const unkeyed = { ...manifest, annotations: { [annotations.signatureKey]: 'x' } };
  refusal('PKG_E_KEY_FORMAT', () => readBundleReferrer(unkeyed));
});

test.run();
