import * as assert from 'uvu/assert';
import { emptyDescriptor, type ImageManifest } from '../../src/core/descriptor.ts';
import { isManifestProfile, manifestProfiles } from '../../src/core/manifest-profile.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { profileOf, versionManifest } from '../../src/core/version-manifest.ts';
import { sampleVersion } from '../support/sample-version.ts';
import { suite } from '../support/suite.ts';

const test = suite('manifest profiles');
const { archive, manifest, facts } = sampleVersion('roussov/demo', '1.0.0');
const input = {
  document: facts.document,
  archive: { kind: 'vitmod', digest: facts.archive.digest, size: archive.length },
  readme: undefined,
} as const;

test('without a profile a version is made by profile 1', () => {
  assert.is(manifest.digest, versionManifest(input, 1).digest);
  assert.is(manifest.manifest.artifactType, mediaTypes.package);
  assert.is(manifest.manifest.config.mediaType, mediaTypes.packageConfig);
});

test('profile 2 differs in its types alone: no artifactType, and the config of an image', () => {
  const { artifactType, ...first } = versionManifest(input, 1).manifest;
  const config = { ...first.config, mediaType: 'application/vnd.oci.image.config.v1+json' };
  const second = versionManifest(input, 2);
  assert.is(artifactType, 'application/vnd.vitte.package.v1');
  assert.equal(second.manifest, { ...first, config });
  assert.equal(second.config, { ...manifest.config, descriptor: config });
});

test('the profile that made a version is told by its manifest', () => {
  for (const profile of manifestProfiles) {
    assert.is(profileOf(versionManifest(input, profile).manifest), profile);
  }
});

test('a manifest of anything else has none', () => {
  const first = versionManifest(input, 1).manifest;
  const second = versionManifest(input, 2).manifest;
  const image = { ...emptyDescriptor, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' };
  const others: ImageManifest[] = [
    { ...first, artifactType: 'application/vnd.example.thing' },
    { ...second, artifactType: 'application/vnd.example.thing' },
    { ...second, layers: [image] },
    { ...second, layers: [] },
    { ...second, config: emptyDescriptor },
    { ...second, config: first.config },
  ];
  for (const other of others) assert.is(profileOf(other), undefined);
});

test('a profile is one of those that are known', () => {
  assert.equal([0, 1, 2, 3, '1', undefined].map(isManifestProfile), [
    false,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test.run();
