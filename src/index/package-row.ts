import type { PackageDocument } from '../core/document.ts';
import type { PackageName } from '../core/name.ts';
import { latestVersion, type Version } from '../core/version.ts';
import { listedVersions } from './listed-versions.ts';
import type { PackageRecord, VersionRecord } from './port.ts';

/** A package as a row of a list or a search. */
export type PackageRow = {
  name: PackageName;
  version: Version;
  description: string | undefined;
  kind: PackageDocument['kind'];
  license: string | undefined;
  publishedAt: string;
  yanked: boolean;
  /** What the deprecation of the package says; absent where it is not deprecated. */
  deprecated?: string;
};

/** The version that stands for a package: its latest, or its highest where all are yanked; undefined without any. */
export function shownVersion(record: Pick<PackageRecord, 'versions'>): VersionRecord | undefined {
  const listed = listedVersions(record);
  return latestVersion(listed) ?? listed.at(-1);
}

/** A package as a row: what its shown version says, and whether the package is deprecated. */
export function packageRow(
  { name, deprecation }: Pick<PackageRecord, 'name' | 'deprecation'>,
  shown: VersionRecord,
): PackageRow {
  const { version, document, publishedAt, yanked } = shown;
  const { description, kind, license } = document;
  const row = { name, version, description, kind, license, publishedAt, yanked };
  return deprecation ? { ...row, deprecated: deprecation.message } : row;
}
