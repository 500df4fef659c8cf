// What a journal entry means to the index. Pure, and the same for every adapter: an adapter holds what these
// changes say and decides nothing itself.
import { VitteError } from '../core/errors.ts';
import type { JournalEntry } from '../core/journal-entry.ts';
import { compareCodePoints } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import type { SignatureFact, VersionFacts } from '../core/version-facts.ts';
import type {
  AppliedEntry,
  ChangeRecord,
  DependentRecord,
  DeprecationRecord,
  OwnerRecord,
  PackageRecord,
  PublishedRecord,
  StoreRecord,
  TokenRecord,
  VersionRecord,
  VoidedRecord,
  YankRecord,
} from './port.ts';

/** Each kind says when it counts; where it does not, nothing is changed. */
export type IndexChange =
  /** While no store is recorded. */
  | { change: 'store'; store: StoreRecord }
  /** While there is no package of this name. */
  | { change: 'package'; record: Omit<PackageRecord, 'versions'> }
  /** While the package exists and has no such version, voided ones included. Sets the package's sequence. */
  | { change: 'version'; name: PackageName; record: VersionRecord | VoidedRecord }
  /** While the package has this version and it is not voided: those that it has not yet. Sets the package's sequence. */
  | {
      change: 'sign';
      name: PackageName;
      version: VersionRecord['version'];
      signatures: SignatureFact[];
      sequence: number;
    }
  /** While the package has this version. Sets the package's sequence, if the version was voided before as well. */
  | { change: 'void'; name: PackageName; version: VersionRecord['version']; sequence: number }
  /** While the package has this version and it is not voided; no `yank` lifts it. Sets the package's sequence. */
  | {
      change: 'yank';
      name: PackageName;
      version: VersionRecord['version'];
      yank: YankRecord | undefined;
      sequence: number;
    }
  /** While the package exists; no `deprecation` lifts it. Sets the package's sequence. */
  | {
      change: 'deprecate';
      name: PackageName;
      deprecation: DeprecationRecord | undefined;
      sequence: number;
    }
  /** While the package exists; no `owner` takes the account off the list. Sets the package's sequence. */
  | {
      change: 'owner';
      name: PackageName;
      account: string;
      owner: OwnerRecord | undefined;
      sequence: number;
    }
  /** While no token has this hash. */
  | { change: 'token'; token: TokenRecord };

/**
 * The change that an entry makes; undefined for an event that this release does not know. Throws
 * PKG_E_JOURNAL_CHAIN for a `published` entry without its facts, or with those of another version.
 */
export function project({ entry, facts, signatures = [] }: AppliedEntry): IndexChange | undefined {
  switch (entry.event) {
    case 'registry created': {
      const { n, at, ...store } = entry;
      return { change: 'store', store };
    }
    case 'package created':
      return {
        change: 'package',
        record: {
          name: entry.package,
          createdAt: entry.at,
          createdSequence: entry.n,
          owners: [{ account: entry.owner, role: 'owner', ...changeRecord(entry) }],
          sequence: entry.n,
        },
      };
    case 'published':
      return { change: 'version', name: entry.package, record: versionRecord(entry, facts) };
    case 'attached':
      return {
        change: 'sign',
        name: entry.package,
        version: entry.version,
        signatures,
        sequence: entry.n,
      };
    case 'voided':
      return {
        change: 'void',
        name: entry.package,
        version: entry.version,
        sequence: entry.n,
      };
    case 'yanked':
    case 'unyanked':
      return {
        change: 'yank',
        name: entry.package,
        version: entry.version,
        yank: entry.event === 'yanked' ? yankRecord(entry) : undefined,
        sequence: entry.n,
      };
    case 'deprecated':
      return {
        change: 'deprecate',
        name: entry.package,
        deprecation:
          entry.message === '' ? undefined : { message: entry.message, ...changeRecord(entry) },
        sequence: entry.n,
      };
    case 'owner':
      return {
        change: 'owner',
        name: entry.package,
        account: entry.account,
        owner: ownerRecord(entry),
        sequence: entry.n,
      };
    case 'token made': {
      const { token, sha256, account, role, at } = entry;
      return { change: 'token', token: { token, sha256, account, role, madeAt: at } };
    }
    default:
      return undefined;
  }
}

/** What stays of a version when its content is gone. */
export function voidedRecord(record: PublishedRecord): VoidedRecord {
  const { version, digest, id, sequence, publishedAt, actor } = record;
  return { version, digest, id, sequence, publishedAt, actor, voided: true };
}

/** A version with another yank state. */
export function withYank(record: VersionRecord, yank: YankRecord | undefined): VersionRecord {
  const { yank: _, ...rest } = record;
  return yank ? { ...rest, yanked: true, yank } : { ...rest, yanked: false };
}

/** What a package is apart from its versions, with another deprecation. */
export function withDeprecation<T extends { deprecation?: DeprecationRecord }>(
  record: T,
  deprecation: DeprecationRecord | undefined,
): T {
  const { deprecation: _, ...rest } = record;
  return { ...rest, ...(deprecation ? { deprecation } : {}) } as T;
}

/** The owners, by account, with another word on one account. */
export function withOwner(
  owners: readonly OwnerRecord[],
  account: string,
  owner: OwnerRecord | undefined,
): OwnerRecord[] {
  const others = owners.filter((other) => other.account !== account);
  return [...others, ...(owner ? [owner] : [])].sort((a, b) =>
    compareCodePoints(a.account, b.account),
  );
}

/** A version's signatures with new ones behind them, each bundle once. */
export function withSignatures(record: VersionRecord, added: SignatureFact[]): VersionRecord {
  const known = new Set(record.signatures.map((signature) => signature.bundle));
  const fresh = added.filter((signature) => !known.has(signature.bundle));
  return { ...record, signatures: [...record.signatures, ...fresh] };
}

/** The names that a version depends on directly, each with the record that its dependents list holds. */
export function dependentRecords(
  version: VersionRecord,
): { on: PackageName; record: DependentRecord }[] {
  const { document } = version;
  const found = new Map<PackageName, DependentRecord>();
  const scopes = [
    { scope: 'runtime', rows: document.dependencies },
    { scope: 'development', rows: document.devDependencies },
  ] as const;
  for (const { scope, rows } of scopes) {
    for (const { name, requirement } of rows ?? []) {
      if (found.has(name)) continue;
      found.set(name, { name: document.name, version: version.version, requirement, scope });
    }
  }
  return [...found].map(([on, record]) => ({ on, record }));
}

type EntryOf<E extends JournalEntry['event']> = Extract<JournalEntry, { event: E }>;

function changeRecord({ n, at, actor }: JournalEntry): ChangeRecord {
  return { sequence: n, at, actor };
}

function yankRecord(entry: EntryOf<'yanked'>): YankRecord {
  const { reason } = entry;
  return { ...changeRecord(entry), ...(reason === undefined ? {} : { reason }) };
}

function ownerRecord(entry: EntryOf<'owner'>): OwnerRecord | undefined {
  const { account, change, role } = entry;
  if (change !== 'added' || role === undefined) return undefined;
  return { account, role, ...changeRecord(entry) };
}

type PublishedEntry = Extract<JournalEntry, { event: 'published' }>;

function versionRecord(entry: PublishedEntry, facts: AppliedEntry['facts']) {
  const { version, digest, id, n, at, actor } = entry;
  const published: PublishedRecord = { version, digest, id, sequence: n, publishedAt: at, actor };
  if (facts === 'gone') return voidedRecord(published);
  checkFacts(entry, facts);
  return { ...facts, ...published, yanked: false, voided: false } as const;
}

function checkFacts(
  entry: PublishedEntry,
  facts: VersionFacts | undefined,
): asserts facts is VersionFacts {
  const fits =
    facts?.version === entry.version &&
    facts.digest === entry.digest &&
    facts.document.name === entry.package &&
    facts.document.version === entry.version;
  if (fits) return;
  const label = `entry ${entry.n} publishes ${entry.package}@${entry.version}`;
  throw new VitteError(
    'PKG_E_JOURNAL_CHAIN',
    facts === undefined ? `${label} without its facts` : `${label} with another version's facts`,
  );
}
