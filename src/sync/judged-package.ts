import type { Digest } from '../core/digest.ts';
import type { PackageRole } from '../core/people.ts';
import type { Version } from '../core/version.ts';
import type { PackageRecord } from '../index/port.ts';

/** The entry that brought a state about. */
export type Since = { n: number; at: string };

/** A version that the journal has, or that an item before in the queue brings. */
export type JudgedVersion = Since & {
  id: string;
  version: Version;
  digest: Digest;
  /** Undefined for one whose content is gone. */
  tarSha256: string | undefined;
  bundles: Set<Digest>;
  yank: (Since & { reason?: string | undefined }) | undefined;
};

/** A package as it stands behind the items judged so far. */
export type JudgedPackage = {
  /** Undefined while there is none of this name. */
  created: Since | undefined;
  versions: JudgedVersion[];
  deprecation: (Since & { message: string }) | undefined;
  owners: Map<string, Since & { role: PackageRole }>;
};

/** A package as the index has it. */
export function judgedPackage(record: PackageRecord | undefined): JudgedPackage {
  if (!record)
    return { created: undefined, versions: [], deprecation: undefined, owners: new Map() };
  const { createdSequence, createdAt, deprecation, owners } = record;
  return {
    created: { n: createdSequence, at: createdAt },
    versions: record.versions.map(judgedVersion),
    deprecation: deprecation && { message: deprecation.message, ...since(deprecation) },
    owners: new Map(owners.map((owner) => [owner.account, { role: owner.role, ...since(owner) }])),
  };
}

function judgedVersion(record: PackageRecord['versions'][number]): JudgedVersion {
  const yank = record.voided ? undefined : record.yank;
  return {
    id: record.id,
    version: record.version,
    digest: record.digest,
    tarSha256: record.voided ? undefined : record.archive.tarSha256,
    bundles: new Set(record.voided ? [] : record.signatures.map(({ bundle }) => bundle)),
    yank: yank && { reason: yank.reason, ...since(yank) },
    n: record.sequence,
    at: record.publishedAt,
  };
}

function since({ sequence, at }: { sequence: number; at: string }): Since {
  return { n: sequence, at };
}
