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
};

/** The version that stands for a package: its latest, or its highest where all are yanked; undefined without any. */
export function shownVersion(record: Pick<PackageRecord, 'versions'>): VersionRecord | undefined {
  const listed = listedVersions(record);
  return latestVersion(listed) ?? listed.at(-1);
}

/** A package as a row: what its shown version says. */
export function packageRow(name: PackageName, shown: VersionRecord): PackageRow {
  const { version, document, publishedAt, yanked } = shown;
  const { description, kind, license } = document;
  return { name, version, description, kind, license, publishedAt, yanked };
}
