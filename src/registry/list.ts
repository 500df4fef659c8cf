import { latestVersion } from '../core/version.ts';
import { listedVersions } from '../index/listed-versions.ts';
import type { PackageRecord } from '../index/port.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, PackagePage, PackageSummary } from './port.ts';

/** Packages by name, after the name `after`, at most `limit` (1 to 1,000). */
export async function list(
  parts: Parts,
  page: { after?: string; limit: number; namespace?: string },
  context: CallContext,
): Promise<Answer<PackagePage>> {
  const { sequence, value } = await parts.reader.read(
    (index, options) => index.packages(page, options),
    context,
  );
  const { records, total } = value;
  const packages = records.map(summary).filter((row) => row !== undefined);
  const next = records.length === page.limit ? records.at(-1)?.name : undefined;
  return { sequence, value: { packages, total, next } };
}

/** A package as a row of a list: its latest version, or its highest where all are yanked. */
export function summary(record: PackageRecord): PackageSummary | undefined {
  const listed = listedVersions(record);
  const shown = latestVersion(listed) ?? listed.at(-1);
  if (!shown) return undefined;
  const { version, document, publishedAt, yanked } = shown;
  const { description, kind, license } = document;
  return { name: record.name, version, description, kind, license, publishedAt, yanked };
}
