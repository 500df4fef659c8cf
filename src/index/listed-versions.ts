import type { PackageRecord, VersionRecord } from './port.ts';

/** The versions that may be shown: those not voided, lowest first. */
export function listedVersions(record: Pick<PackageRecord, 'versions'>): VersionRecord[] {
  return record.versions.filter((version) => !version.voided);
}
