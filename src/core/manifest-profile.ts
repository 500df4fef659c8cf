import { emptyDescriptor, type ImageManifest } from './descriptor.ts';
import { mediaTypes } from './media-types.ts';

/**
 * The forms of the manifests that this release writes and reads (`spec/mapping.md`). A registry keeps the one that it
 * was made with, and tells it by `GET /api/v1/registry`. 2 is for storages that take known types alone (GitLab).
 */
export const manifestProfiles = [1, 2] as const;
export type ManifestProfile = (typeof manifestProfiles)[number];
/** Of a registry whose storage takes any type, and of what is made without one. */
export const standardProfile = 1;

/** True for a profile that this release knows. */
export function isManifestProfile(value: unknown): value is ManifestProfile {
  return manifestProfiles.some((profile) => profile === value);
}

/**
 * What tells the type of a manifest of ours: by profile 1 its artifactType; by profile 2 nothing does, and the config
 * passes for that of an image.
 */
export function manifestType(
  profile: ManifestProfile,
  artifactType: string,
  config = emptyDescriptor,
): Pick<ImageManifest, 'artifactType' | 'config'> {
  if (profile === 1) return { artifactType, config };
  return { config: { ...config, mediaType: mediaTypes.ociConfig } };
}

/** True where nothing speaks against this type: by profile 2 the rest of the manifest must tell it. */
export function mayBeOfType(manifest: ImageManifest, artifactType: string): boolean {
  if (manifest.artifactType !== undefined) return manifest.artifactType === artifactType;
  return manifest.config.mediaType === mediaTypes.ociConfig;
}
