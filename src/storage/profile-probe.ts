import { emptyContent, emptyDescriptor, type ImageManifest } from '../core/descriptor.ts';
import { canonicalBytes } from '../core/json.ts';
import { type ManifestProfile, manifestType } from '../core/manifest-profile.ts';
import { mediaTypes } from '../core/media-types.ts';
import type { CallOptions, Registry } from '../oci/port.ts';
import { journalRepository } from './repositories.ts';

/**
 * Finds out whether a storage takes manifests of this profile: pushes a small one by digest, which no tag names, and
 * deletes it where that is allowed. Throws PKG_E_STORAGE_ANSWER with what the storage says against it.
 */
export async function requireProfileAccepted(
  registry: Registry,
  profile: ManifestProfile,
  options?: CallOptions,
): Promise<void> {
  const { blobs, manifests } = registry.repository(journalRepository);
  const config = { ...emptyDescriptor, mediaType: mediaTypes.packageConfig };
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    ...manifestType(profile, mediaTypes.package, config),
    layers: [{ ...emptyDescriptor, mediaType: mediaTypes.vitmod }],
  };
  const bytes = canonicalBytes(manifest);
  await blobs.push(emptyDescriptor, emptyContent, options);
  const { digest } = await manifests.push({ mediaType: mediaTypes.ociManifest, bytes }, options);
  // What stays, stays without a name, and a collector takes it.
  await manifests.delete(digest, options).catch(() => {});
}
