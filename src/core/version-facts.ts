import type { Digest } from './digest.ts';
import type { PackageDocument } from './document.ts';
import type { Version } from './version.ts';

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

export type SignatureFact = { bundle: Digest; kid: string };
