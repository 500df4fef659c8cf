// How records lie in Redis. Everything that the index answers follows from journal entries and the facts beside
// them, so those are what is kept, each once: the feed refers to a package's records for the entries that made them,
// and a reader makes the answer from entry and facts by the same projection as every adapter. Versions of one package
// say much the same, so a few lie together and what comes again is a reference.
import type { Entry } from '../../core/journal-entry.ts';
import type { PackageName } from '../../core/name.ts';
import type { Requirement } from '../../core/requirement.ts';
import { compareVersions, type Version } from '../../core/version.ts';
import type { VersionFacts } from '../../core/version-facts.ts';
import type {
  AppliedEntry,
  ChangeRecord,
  DependentRecord,
  DeprecationRecord,
  Outcome,
  OwnerRecord,
  PackageRecord,
  YankRecord,
} from '../port.ts';
import { type IndexChange, project, withYank } from '../project.ts';
import { packFrame, readable, unpackFrame } from './frame.ts';
import { pack } from './pack.ts';
import { unpack } from './unpack.ts';

/** A package apart from its versions: the entry that created it, and what later entries changed. */
export type PackageHead = {
  entry: Entry;
  /** Number of the last entry that concerns it. */
  sequence: number;
  /** How many of its versions are not voided. */
  listed: number;
  /** In the order in which they were published: the place tells the group. */
  versions: Version[];
  /** Undefined while the account that made the package is the one owner. */
  owners?: OwnerRecord[];
  deprecation?: DeprecationRecord;
};

/**
 * A version: the entry that published it, the facts as they stand now, signatures added later among them, and
 * whether it is yanked.
 */
export type PublishedEntry = {
  entry: Entry;
  facts: NonNullable<AppliedEntry['facts']>;
  yank?: YankRecord | undefined;
};

/** One version of a package in the list of those that depend on another. */
export type EdgeRow = Omit<DependentRecord, 'name'>;

/** Fields of a package's hash: its head, its versions by groups, and what they say of each package they depend on. */
export const headField = '@';
export const groupField = (place: number): string => `${Math.floor(place / groupSize)}`;
export const edgeField = (on: string): string => `>${on}`;
export const isEdgeField = (field: string): boolean => field.startsWith('>');
/** How many versions lie in one field: each publish writes one anew. */
export const groupSize = 8;

/** Fields of the registry's hash. */
export const storeField = 'store';
export const tokenField = (sha256: string): string => `token:${sha256}`;

/** Rows of the feed, as `feedScript` reads them: an entry, or where it lies. */
export const feedRow = {
  entry: (entry: Entry): Buffer => Buffer.concat([Buffer.from('e'), pack(entry)]),
  head: (name: string): Buffer => Buffer.from(`0${name}\0${headField}`),
  version: (name: string, place: number): Buffer =>
    Buffer.from(`${place % groupSize}${name}\0${groupField(place)}`),
};

type ChangeOf<K extends IndexChange['change']> = Extract<IndexChange, { change: K }>;

export const packEntry = (entry: Entry): Buffer => pack(entry);

export function unpackEntry(bytes: Buffer): Entry {
  return readable(() => unpack(bytes) as Entry);
}

/** An entry that was cut out of a frame of this package. */
export function unpackFramedEntry(name: string, bytes: Buffer): Entry {
  return readable(() => unpack(bytes, [name]) as Entry);
}

export function packHead(name: PackageName, head: PackageHead): Buffer {
  const { entry, sequence, listed, versions, owners, deprecation } = head;
  const more = [
    owners?.map((owner) => [owner.account, owner.role, ...packChange(owner)]) ?? null,
    deprecation ? [deprecation.message, ...packChange(deprecation)] : null,
  ];
  const isPlain = more.every((part) => part === null);
  return packFrame(name, [entry], [sequence, listed, versions, ...(isPlain ? [] : more)]);
}

export function unpackHead(name: string, bytes: Buffer): PackageHead {
  const { entries, rest } = unpackFrame(name, bytes);
  const [sequence, listed, versions, owners, deprecation] = rest as [
    number,
    number,
    Version[],
    [OwnerRecord['account'], OwnerRecord['role'], ...PackedChange][] | null | undefined,
    [DeprecationRecord['message'], ...PackedChange] | null | undefined,
  ];
  const head: PackageHead = { entry: entries[0]!, sequence, listed, versions };
  if (owners) {
    head.owners = owners.map(([account, role, ...change]) => ({
      account,
      role,
      ...unpackChange(change),
    }));
  }
  if (deprecation) {
    const [message, ...change] = deprecation;
    head.deprecation = { message, ...unpackChange(change) };
  }
  return head;
}

export function packGroup(name: PackageName, group: PublishedEntry[]): Buffer {
  const facts = group.map(({ facts }): PackedFacts => {
    if (facts === 'gone') return facts;
    const { version: _version, digest: _digest, ...others } = facts; // the entry says them
    return others;
  });
  const yanks = group.map(({ yank }) =>
    yank ? [...packChange(yank), ...(yank.reason === undefined ? [] : [yank.reason])] : null,
  );
  const isPlain = yanks.every((yank) => yank === null);
  return packFrame(
    name,
    group.map(({ entry }) => entry),
    isPlain ? facts : [...facts, yanks],
  );
}

export function unpackGroup(name: string, bytes: Buffer): PublishedEntry[] {
  const { entries, rest } = unpackFrame(name, bytes);
  const facts = rest as PackedFacts[];
  const yanks = (rest as unknown[])[entries.length] as PackedYank[] | undefined;
  return entries.map((entry, at) => ({
    entry,
    facts: factsOf(entry, facts[at]!),
    ...unpackYank(yanks?.[at] ?? null),
  }));
}

type PackedFacts = Omit<VersionFacts, 'version' | 'digest'> | 'gone';

function factsOf(entry: Entry, packed: PackedFacts): PublishedEntry['facts'] {
  if (packed === 'gone') return packed;
  const { version, digest } = entry as Extract<Entry, { event: 'published' }>;
  return { version, digest, ...packed };
}

type PackedChange = [sequence: number, at: string, actor: string];
type PackedYank = [...PackedChange, reason?: string] | null;

function packChange({ sequence, at, actor }: ChangeRecord): PackedChange {
  return [sequence, at, actor];
}

function unpackChange([sequence, at, actor]: PackedChange): ChangeRecord {
  return { sequence, at, actor };
}

function unpackYank(packed: PackedYank): { yank?: YankRecord } {
  if (!packed) return {};
  const [sequence, at, actor, reason] = packed;
  return { yank: { sequence, at, actor, ...(reason === undefined ? {} : { reason }) } };
}

/** An outcome with the time at which it was decided, as text: `applyScript` reads that. */
export function packOutcome(outcome: Outcome, time: number): Buffer {
  return Buffer.concat([Buffer.from(`${time} `), pack(outcome)]);
}

export function unpackOutcome(bytes: Buffer): Outcome {
  return readable(() => unpack(bytes.subarray(bytes.indexOf(' ') + 1)) as Outcome);
}

/** Versions of one package that depend on another, by what they ask for: most ask for the same. */
export function packEdge(rows: EdgeRow[]): Buffer {
  const groups = new Map<string, [Requirement, isDevelopment: boolean, Version[]]>();
  for (const { version, requirement, scope } of rows) {
    const key = `${scope} ${requirement}`;
    const group = groups.get(key) ?? [requirement, scope === 'development', []];
    groups.set(key, group);
    group[2].push(version);
  }
  return pack([...groups.values()]);
}

/** Lowest version first. */
export function unpackEdge(bytes: Buffer): EdgeRow[] {
  const groups = readable(() => unpack(bytes) as [Requirement, boolean, Version[]][]);
  return groups
    .flatMap(([requirement, isDevelopment, versions]) => {
      const scope = isDevelopment ? ('development' as const) : ('runtime' as const);
      return versions.map((version) => ({ version, requirement, scope }));
    })
    .sort((a, b) => compareVersions(a.version, b.version));
}

/** A package's record from its hash: names of fields and their values in turn. */
export function packageRecord(name: string, hash: Buffer[]): PackageRecord | undefined {
  let head: PackageHead | undefined;
  const versions: PackageRecord['versions'] = [];
  for (let at = 0; at + 1 < hash.length; at += 2) {
    const field = hash[at]!.toString();
    const value = hash[at + 1]!;
    if (field === headField) head = unpackHead(name, value);
    else if (/^\d/.test(field)) versions.push(...unpackGroup(name, value).map(versionRecord));
  }
  if (!head) return undefined;
  versions.sort((a, b) => compareVersions(a.version, b.version));
  const { record } = changeOf('package', { entry: head.entry });
  const { sequence, owners = record.owners, deprecation } = head;
  return { ...record, sequence, owners, ...(deprecation ? { deprecation } : {}), versions };
}

/** What a package's head says of its owners. */
export function ownersOf(head: PackageHead): OwnerRecord[] {
  return head.owners ?? changeOf('package', { entry: head.entry }).record.owners;
}

export function versionRecord(published: PublishedEntry): PackageRecord['versions'][number] {
  const { record } = changeOf('version', published);
  return record.voided || !published.yank ? record : withYank(record, published.yank);
}

/** What the entry of this kind says by itself. */
export function changeOf<K extends IndexChange['change']>(
  kind: K,
  applied: AppliedEntry,
): ChangeOf<K> {
  return readable(() => {
    const change = project(applied);
    if (change?.change !== kind) throw new TypeError(`an entry that is no ${kind}`);
    return change as ChangeOf<K>;
  });
}
