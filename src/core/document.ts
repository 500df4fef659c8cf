import { canonicalBytes } from './json.ts';
import type { PackageManifest } from './package-manifest.ts';

/** What is known of an archive's tar stream and files. `files` counts entries. */
export type ArchiveFacts = {
  tarSha256: string;
  unpackedBytes: number;
  files: number;
  /** Vitte's two source digests, both lowercase hex (`vitte.md`). */
  sourceSha256: string;
  registryChecksum: string;
};

/** The package document: config of the version manifest. What the manifest does not state is absent. */
export type PackageDocument = Omit<PackageManifest, 'file'> & {
  schema: 'vitte.package.document.v1';
  manifest: PackageManifest['file'];
  /** Path of the README within the archive. */
  readme?: string;
  archive: { tarSha256: string; unpackedBytes: number; files: number };
  sourceSha256: string;
  registryChecksum: string;
};

/** The document of a package, from its own manifest and its archive; nothing else goes in. */
export function packageDocument(
  manifest: PackageManifest,
  archive: ArchiveFacts,
  readme: string | undefined,
): PackageDocument {
  const { file, ...stated } = manifest;
  const { sourceSha256, registryChecksum, ...contents } = archive;
  return {
    schema: 'vitte.package.document.v1',
    ...stated,
    manifest: file,
    ...(readme === undefined ? {} : { readme }),
    archive: contents,
    sourceSha256,
    registryChecksum,
  };
}

/** The document's bytes in the store: canonical JSON. */
export function documentBytes(document: PackageDocument): Buffer {
  return canonicalBytes(document);
}
