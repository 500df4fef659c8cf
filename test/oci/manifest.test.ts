import * as assert from 'uvu/assert';
import { emptyDescriptor } from '../../src/core/descriptor.ts';
import { sha256 } from '../../src/core/digest.ts';
import { canonicalBytes } from '../../src/core/json.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { parseImageManifest } from '../../src/oci/manifest.ts';
import { packManifest } from '../../src/oci/pack.ts';
import { rejectsWith } from '../contract/oci-support.ts';
import { suite } from '../support/suite.ts';

const test = suite('OCI manifests');

const layer = {
  mediaType: 'text/plain',
  digest: sha256('a'),
  size: 1,
  annotations: { 'org.opencontainers.image.title': 'a.txt' },
};
const whole = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  artifactType: 'application/vnd.example.thing',
  config: { ...emptyDescriptor, data: 'e30=' },
  layers: [layer, emptyDescriptor],
  subject: emptyDescriptor,
  annotations: { a: 'b' },
};

test('a packed manifest is canonical JSON: equal parts, whatever their order, give equal bytes', () => {
  const one = packManifest({
    artifactType: 'a/b',
    layers: [layer],
    annotations: { x: '1', y: '2' },
  });
  const two = packManifest({
    annotations: { y: '2', x: '1' },
    layers: [layer],
    artifactType: 'a/b',
  });
  assert.is(one.bytes.toString(), two.bytes.toString());
  assert.is(one.digest, sha256(one.bytes));
  assert.is(one.mediaType, mediaTypes.ociManifest);
});

test('a manifest packed from the least parts names the empty descriptor as config and layer', () => {
  const { bytes } = packManifest({ artifactType: 'a/b', layers: [], annotations: {} });
  assert.equal(JSON.parse(bytes.toString()), {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: 'a/b',
    config: emptyDescriptor,
    layers: [emptyDescriptor],
  });
});

test('a packed subject is type, digest and size alone', () => {
  const { bytes } = packManifest({ artifactType: 'a/b', layers: [], subject: layer });
  const { mediaType, digest, size } = layer;
  assert.equal(JSON.parse(bytes.toString()).subject, { mediaType, digest, size });
});

test('a manifest is parsed as it was packed; unknown fields are left out', () => {
  assert.equal(parseImageManifest(canonicalBytes(whole)), whole);
  assert.equal(parseImageManifest(canonicalBytes({ ...whole, extra: [1] })), whole);
  const { mediaType: _, ...untyped } = whole;
  assert.equal(parseImageManifest(canonicalBytes(untyped)), whole);
});

const bad = (change: object) => canonicalBytes({ ...whole, ...change });
for (const [what, bytes] of [
  ['no JSON', Buffer.from('{')],
  ['no object', Buffer.from('"text"')],
  ['a member twice', Buffer.from(`{"layers":[],${canonicalBytes(whole).toString().slice(1)}`)],
  ['over 4 MiB', Buffer.concat([canonicalBytes(whole), Buffer.alloc(4 * 1024 * 1024, ' ')])],
  ['nested deeper than 64 levels', Buffer.from(`{"a":${'['.repeat(70)}${']'.repeat(70)}}`)],
  ['another schemaVersion', bad({ schemaVersion: 1 })],
  ['another media type', bad({ mediaType: mediaTypes.ociIndex })],
  ['a number for artifactType', bad({ artifactType: 1 })],
  ['no config', bad({ config: undefined })],
  ['text for a config', bad({ config: 'x' })],
  ['no layers', bad({ layers: undefined })],
  ['an object for layers', bad({ layers: {} })],
  ['a layer that is null', bad({ layers: [null] })],
  ['a layer without media type', bad({ layers: [{ digest: layer.digest, size: 1 }] })],
  ['a sha512 layer', bad({ layers: [{ ...layer, digest: `sha512:${'0'.repeat(128)}` }] })],
  ['a digest that leaves a folder', bad({ layers: [{ ...layer, digest: 'sha256:../x' }] })],
  ['a size below 0', bad({ layers: [{ ...layer, size: -1 }] })],
  ['a size that is no integer', bad({ layers: [{ ...layer, size: 1.5 }] })],
  ['a size that is text', bad({ layers: [{ ...layer, size: '1' }] })],
  ['a size beyond all integers', bad({ layers: [{ ...layer, size: 2 ** 60 }] })],
  ['a list for annotations', bad({ annotations: [] })],
  ['a number among annotations', bad({ annotations: { a: 1 } })],
  ['a number among a layer’s annotations', bad({ layers: [{ ...layer, annotations: { a: 1 } }] })],
  ['a number for data', bad({ config: { ...emptyDescriptor, data: 1 } })],
  ['a malformed subject', bad({ subject: {} })],
] as const) {
  test(`a stored manifest with ${what} is PKG_E_STORAGE_ANSWER`, async () => {
    await rejectsWith('PKG_E_STORAGE_ANSWER', (async () => parseImageManifest(bytes))());
  });
}

test.run();
