import { type Descriptor, emptyDescriptor, type ImageManifest } from './descriptor.ts';
import { type Digest, sha256 } from './digest.ts';
import { documentBytes, type PackageDocument } from './document.ts';
import { canonicalBytes } from './json.ts';
import { configDataBytesMax } from './limits.ts';
import { type ManifestProfile, manifestType, standardProfile } from './manifest-profile.ts';
import { type ArchiveKind, annotations, archiveKindOf, mediaTypes } from './media-types.ts';
import { type PackageName, splitName } from './name.ts';
import { type Version, versionTag } from './version.ts';

export type VersionManifestInput = {
  document: PackageDocument;
  /** The compressed archive as it is stored; undefined for a package without sources. */
  archive: { kind: ArchiveKind; digest: Digest; size: number } | undefined;
  readme: { digest: Digest; size: number } | undefined;
};

export type VersionManifest = {
  digest: Digest;
  bytes: Buffer;
  manifest: ImageManifest;
  config: { descriptor: Descriptor; bytes: Buffer };
};

/**
 * The manifest of a version: a pure function of the package, computed alike by client and server, so that its
 * digest can be signed before anything is sent (`spec/mapping.md`). `profile` is the registry's. Throws
 * PKG_E_PACKAGE_VERSION where the version has no tag.
 */
export function versionManifest(
  input: VersionManifestInput,
  profile: ManifestProfile = standardProfile,
): VersionManifest {
  const { document, archive, readme } = input;
  versionTag(document.version);
  const configBytes = documentBytes(document);
  const documentConfig: Descriptor = {
    mediaType: mediaTypes.packageConfig,
    digest: sha256(configBytes),
    size: configBytes.length,
    ...(configBytes.length <= configDataBytesMax ? { data: configBytes.toString('base64') } : {}),
  };
  const layers: Descriptor[] = [];
  if (archive) {
    const title = archiveFileName(document.name, document.version, archive.kind);
    layers.push({
      mediaType: mediaTypes[archive.kind],
      digest: archive.digest,
      size: archive.size,
      annotations: { [annotations.title]: title },
    });
  } else layers.push(emptyDescriptor);
  if (readme) layers.push({ mediaType: mediaTypes.readme, ...readme });
  const type = manifestType(profile, mediaTypes.package, documentConfig);
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    ...type,
    layers,
    annotations: { [annotations.version]: document.version },
  };
  const bytes = canonicalBytes(manifest);
  return {
    digest: sha256(bytes),
    bytes,
    manifest,
    config: { descriptor: type.config, bytes: configBytes },
  };
}

/** The profile that made a version's manifest; undefined for a manifest that is no version's. */
export function profileOf({
  artifactType,
  config,
  layers,
}: ImageManifest): ManifestProfile | undefined {
  if (artifactType !== undefined) return artifactType === mediaTypes.package ? 1 : undefined;
  const holdsArchive = archiveKindOf(layers[0]?.mediaType ?? '') !== undefined;
  return config.mediaType === mediaTypes.ociConfig && holdsArchive ? 2 : undefined;
}

/** File name of an archive: `NAME-VERSION.vitmod`, a namespaced one `NAMESPACE-NAME-VERSION.vitmod`. */
export function archiveFileName(name: PackageName, version: Version, kind: ArchiveKind): string {
  const { namespace, local } = splitName(name);
  const stem = namespace === undefined ? local : `${namespace}-${local}`;
  return `${stem}-${version}.${kind}`;
}
