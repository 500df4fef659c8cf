import { VitteError } from '../core/errors.ts';
import { archiveKindOf } from '../core/media-types.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import { archiveFileName } from '../core/version-manifest.ts';
import { listedVersions } from '../index/listed-versions.ts';
import type { PackageRecord, VersionRecord } from '../index/port.ts';
import type { PublishedVersion, VersionInfo } from './port.ts';

/** A version as its readers see it. */
export function versionInfo(name: PackageName, record: VersionRecord): VersionInfo {
  const { actor, yanked, yank, signatures, readme, document } = record;
  return {
    ...publishedVersion(name, record),
    actor,
    yanked,
    ...(yank ? { yank } : {}),
    signatures,
    readme,
    document,
  };
}

/** What a publish answers. */
export function publishedVersion(name: PackageName, record: VersionRecord): PublishedVersion {
  const { version, digest, archive, sequence, publishedAt } = record;
  const { mediaType } = archive;
  const fileName = archiveFileName(name, version, archiveKindOf(mediaType) ?? 'vitmod');
  return {
    name,
    version,
    digest,
    archive: { digest: archive.digest, bytes: archive.bytes, mediaType, fileName },
    sequence,
    publishedAt,
  };
}

/** One version of a package. Throws PKG_E_NOT_FOUND. */
export function requireVersion(
  name: PackageName,
  record: PackageRecord | undefined,
  version: Version,
): VersionRecord {
  const listed = record ? listedVersions(record) : [];
  const found = listed.find((candidate) => candidate.version === version);
  if (found) return found;
  if (listed.length === 0) throw packageNotFound(name);
  throw new VitteError('PKG_E_NOT_FOUND', `${name} has no version ${version}`, {
    help: `see its versions: vitte registry info ${name}`,
  });
}

export function packageNotFound(name: PackageName): VitteError {
  return new VitteError('PKG_E_NOT_FOUND', `there is no package ${name}`, {
    help: `search for it: vitte registry search ${name}`,
  });
}
