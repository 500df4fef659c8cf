// What a change makes of one package. Pure, and told once: the index in memory holds what comes of it, and so does
// who works a record out without an index.
import { compareVersions } from '../core/version.ts';
import type { PackageRecord, VersionRecord } from './port.ts';
import {
  type IndexChange,
  voidedRecord,
  withDeprecation,
  withOwner,
  withSignatures,
  withYank,
} from './project.ts';

/** A change that concerns one package. */
export type PackageChange = Exclude<IndexChange, { change: 'store' | 'token' }>;

/** True for a change that concerns one package. */
export function isPackageChange(change: IndexChange): change is PackageChange {
  return change.change !== 'store' && change.change !== 'token';
}

/** The package that a change concerns. */
export function packageOf(change: PackageChange): PackageRecord['name'] {
  return change.change === 'package' ? change.record.name : change.name;
}

/**
 * The package as a change leaves it: the very record of before where the change does not count (`IndexChange` says
 * when it does). What it is given is not changed.
 */
export function foldedPackage(
  before: PackageRecord | undefined,
  change: PackageChange,
): PackageRecord | undefined {
  if (change.change === 'package') return before ?? { ...change.record, versions: [] };
  if (!before) return undefined;
  const { sequence } = change.change === 'version' ? change.record : change;
  switch (change.change) {
    case 'version':
      return withVersion(before, change.record);
    case 'void':
      return replaced(before, change.version, sequence, (record) =>
        record.voided ? record : voidedRecord(record),
      );
    case 'sign':
      return changed(before, change.version, sequence, (record) =>
        withSignatures(record, change.signatures),
      );
    case 'yank':
      return changed(before, change.version, sequence, (record) => withYank(record, change.yank));
    case 'deprecate':
      return withDeprecation({ ...before, sequence }, change.deprecation);
    case 'owner':
      return {
        ...before,
        sequence,
        owners: withOwner(before.owners, change.account, change.owner),
      };
  }
}

type AnyVersion = PackageRecord['versions'][number];

function withVersion(before: PackageRecord, record: AnyVersion): PackageRecord {
  if (before.versions.some(({ version }) => version === record.version)) return before;
  // From the end: most versions are higher than those before.
  const place = before.versions.findLastIndex(
    ({ version }) => compareVersions(version, record.version) < 0,
  );
  const versions = before.versions.toSpliced(place + 1, 0, record);
  return { ...before, sequence: record.sequence, versions };
}

/** With what `made` makes of a version that is not voided in its place. */
function changed(
  before: PackageRecord,
  version: AnyVersion['version'],
  sequence: number,
  made: (record: VersionRecord) => VersionRecord,
): PackageRecord {
  const standing = before.versions.find((candidate) => candidate.version === version);
  if (!standing || standing.voided) return before;
  return replaced(before, version, sequence, (record) => (record.voided ? record : made(record)));
}

function replaced(
  before: PackageRecord,
  version: AnyVersion['version'],
  sequence: number,
  made: (record: AnyVersion) => AnyVersion,
): PackageRecord {
  const place = before.versions.findIndex((candidate) => candidate.version === version);
  const standing = before.versions[place];
  if (!standing) return before;
  return { ...before, sequence, versions: before.versions.with(place, made(standing)) };
}
