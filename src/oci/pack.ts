import { type Descriptor, emptyDescriptor, type ImageManifest } from '../core/descriptor.ts';
import { type Digest, sha256 } from '../core/digest.ts';
import { canonicalBytes } from '../core/json.ts';
import { mediaTypes } from '../core/media-types.ts';

export type ManifestParts = {
  artifactType: string;
  /** The empty descriptor when absent. */
  config?: Descriptor;
  /** One empty layer stands in for none: Quay refuses a manifest without layers. */
  layers: readonly Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
};

/** A manifest ready to be pushed. */
export type PackedManifest = { mediaType: string; digest: Digest; bytes: Buffer };

/**
 * An image manifest in canonical JSON: the same parts give the same bytes. No time is added, so that a retry
 * attaches nothing twice. The caller pushes the blobs it names, `emptyContent` included, before it.
 */
export function packManifest(parts: ManifestParts): PackedManifest {
  const { artifactType, config = emptyDescriptor, layers, subject, annotations } = parts;
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType,
    config,
    layers: layers.length > 0 ? [...layers] : [emptyDescriptor],
    ...(subject ? { subject: plainDescriptor(subject) } : {}),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
  };
  const bytes = canonicalBytes(manifest);
  return { mediaType: mediaTypes.ociManifest, digest: sha256(bytes), bytes };
}

/** A descriptor without what is said of the content beside type, digest and size. */
export function plainDescriptor({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
