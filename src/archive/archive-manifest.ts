import { sha256 } from '../core/digest.ts';
import type { ManifestProfile } from '../core/manifest-profile.ts';
import { type VersionManifest, versionManifest } from '../core/version-manifest.ts';
import type { InspectedArchive } from './port.ts';

/** The manifest of the version that an archive makes: what its signatures are over (spec/mapping.md). */
export function manifestOf(
  { document, kind, digest, size, readme }: InspectedArchive,
  profile?: ManifestProfile,
): VersionManifest {
  const input = {
    document,
    archive: { kind, digest, size },
    readme: readme && { digest: sha256(readme.bytes), size: readme.bytes.length },
  };
  return versionManifest(input, profile);
}
