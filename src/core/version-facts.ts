import type { ImageManifest } from './descriptor.ts';
import type { Digest } from './digest.ts';
import type { PackageDocument } from './document.ts';
import { VitteError } from './errors.ts';
import { canonicalCopy } from './json.ts';
import { archiveKindOf, mediaTypes } from './media-types.ts';
import type { Version } from './version.ts';
import { profileOf } from './version-manifest.ts';

/**
 * What the index keeps of a version: a pure function of the version's manifest, its document and its
 * signatures, so that a rebuild from the store gives the same.
 */
export type VersionFacts = {
  version: Version;
  /** Digest of the version's manifest. */
  digest: Digest;
  archive: { digest: Digest; bytes: number; mediaType: string; tarSha256: string };
  readme?: { digest: Digest; bytes: number };
  /** Manifest digests of the signature bundles, with the kid of the key that each claims. */
  signatures: SignatureFact[];
  document: PackageDocument;
};

/**
 * One signature. `verified`: its key came with it and the signature was checked against it; without the key only
 * what it says of itself is known, and a reader who has the key must check it.
 */
export type SignatureFact = { bundle: Digest; kid: string; verified: boolean };

/** The facts of a version from what the store holds of it. Throws PKG_E_STORE_FORMAT for a manifest that is not one of ours. */
export function versionFacts(
  digest: Digest,
  manifest: ImageManifest,
  document: PackageDocument,
  signatures: SignatureFact[],
): VersionFacts {
  if (profileOf(manifest) === undefined) {
    throw new VitteError('PKG_E_STORE_FORMAT', `${digest} is not the manifest of a version`);
  }
  const archive = manifest.layers.find((layer) => archiveKindOf(layer.mediaType));
  if (!archive) throw new VitteError('PKG_E_STORE_FORMAT', `${digest} has no archive layer`);
  const readme = manifest.layers.find((layer) => layer.mediaType === mediaTypes.readme);
  return {
    version: document.version,
    digest,
    archive: {
      digest: archive.digest,
      bytes: archive.size,
      mediaType: archive.mediaType,
      tarSha256: document.archive.tarSha256,
    },
    ...(readme ? { readme: { digest: readme.digest, bytes: readme.size } } : {}),
    signatures,
    // In the order of its stored form: see canonicalCopy.
    document: canonicalCopy(document),
  };
}
