import type { PackageName } from '../core/name.ts';
import { latestVersion, type Version } from '../core/version.ts';
import { listedVersions } from '../index/listed-versions.ts';
import { readVersion } from './exact-version.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, PackageInfo, VersionInfo } from './port.ts';
import { packageNotFound, versionInfo } from './version-info.ts';

/** Everything about a package. Throws PKG_E_NOT_FOUND. */
export async function packageInfo(
  parts: Parts,
  name: PackageName,
  context: CallContext,
): Promise<Answer<PackageInfo>> {
  const [{ sequence, value: record }, downloads] = await Promise.all([
    readPackage(parts, name, context),
    parts.downloads.of(name),
  ]);
  const listed = record ? listedVersions(record) : [];
  if (!record || listed.length === 0) throw packageNotFound(name);
  const latest = latestVersion(listed);
  return {
    sequence,
    value: {
      name,
      createdAt: record.createdAt,
      owners: record.owners.flatMap(({ account, role }) => (role === 'owner' ? account : [])),
      deprecation: record.deprecation,
      downloads,
      sequence: record.sequence,
      latest: latest && versionInfo(name, latest),
      versions: listed.map((version) => versionInfo(name, version)).reverse(),
    },
  };
}

/** Everything about a version, yanked ones too. Throws PKG_E_NOT_FOUND. */
export async function versionInfoOf(
  parts: Parts,
  name: PackageName,
  version: Version,
  context: CallContext,
): Promise<Answer<VersionInfo>> {
  const { sequence, value: record } = await readVersion(parts, name, version, context);
  return { sequence, value: versionInfo(name, record) };
}

/** A package's record, as new as the caller asks for. */
export function readPackage(parts: Parts, name: PackageName, context: CallContext) {
  return parts.reader.read((index, options) => index.package(name, options), context);
}
