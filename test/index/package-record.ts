import type { PackageName } from '../../src/core/name.ts';
import type { Version } from '../../src/core/version.ts';
import type { PackageRecord } from '../../src/index/port.ts';
import { voidedRecord } from '../../src/index/project.ts';
import { factsOf } from '../contract/index-journal.ts';

export type Described = {
  version?: string;
  description?: string;
  keywords?: string[];
  yanked?: boolean;
  voided?: boolean;
};

/** A package as the index would give it, with these versions (one of 1.0.0 that says nothing by default). */
export function packageRecord(name: string, ...described: Described[]): PackageRecord {
  const versions = (described.length > 0 ? described : [{}]).map(
    ({ version = '1.0.0', description, keywords, yanked = false, voided = false }) => {
      const facts = factsOf(name, version, description === undefined ? {} : { description });
      const document = { ...facts.document, ...(keywords ? { keywords } : {}) };
      const place = { id: version, sequence: 1, publishedAt: '2026-11-22', actor: 'ann' };
      const record = { ...facts, ...place, document, yanked, voided: false } as const;
      return voided ? voidedRecord({ ...record, version: version as Version }) : record;
    },
  );
  return {
    name: name as PackageName,
    createdAt: '2026-11-22',
    createdSequence: 1,
    owners: [{ account: 'ann', role: 'owner', sequence: 1, at: '2026-11-22', actor: 'ann' }],
    sequence: 1,
    versions,
  };
}
