// How records lie in Redis. Everything that the index answers follows from journal entries and the facts beside
// them, so those are what is kept, each once: the feed refers to a package's records for the entries that made them,
// and a reader makes the answer from entry and facts by the same projection as every adapter. Versions of one package
// say much the same, so a few lie together and what comes again is a reference.
import { VitteError } from '../../core/errors.ts';
import type { Entry } from '../../core/journal-entry.ts';
import type { Requirement } from '../../core/requirement.ts';
import { compareVersions, type Version } from '../../core/version.ts';
import type { AppliedEntry, DependentRecord, Outcome, PackageRecord } from '../port.ts';
import { type IndexChange, project } from '../project.ts';
import { pack, stringsOf } from './pack.ts';
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
};

/** A version: the entry that published it, and the facts as they stand now, signatures added later among them. */
export type PublishedEntry = { entry: Entry; facts: NonNullable<AppliedEntry['facts']> };

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

export function packHead({ entry, ...rest }: PackageHead): Buffer {
  return packFrame([entry], [rest.sequence, rest.listed, rest.versions]);
}

export function unpackHead(bytes: Buffer): PackageHead {
  const { entries, rest } = unpackFrame(bytes);
  const [sequence, listed, versions] = rest as [number, number, Version[]];
  return { entry: entries[0]!, sequence, listed, versions };
}

export function packGroup(group: PublishedEntry[]): Buffer {
  return packFrame(
    group.map(({ entry }) => entry),
    group.map(({ facts }) => facts),
  );
}

export function unpackGroup(bytes: Buffer): PublishedEntry[] {
  const { entries, rest } = unpackFrame(bytes);
  const facts = rest as PublishedEntry['facts'][];
  return entries.map((entry, at) => ({ entry, facts: facts[at]! }));
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
export function packageRecord(hash: Buffer[]): PackageRecord | undefined {
  let head: PackageHead | undefined;
  const versions: PackageRecord['versions'] = [];
  for (let at = 0; at + 1 < hash.length; at += 2) {
    const field = hash[at]!.toString();
    const value = hash[at + 1]!;
    if (field === headField) head = unpackHead(value);
    else if (/^\d/.test(field)) versions.push(...unpackGroup(value).map(versionRecord));
  }
  if (!head) return undefined;
  versions.sort((a, b) => compareVersions(a.version, b.version));
  const { record } = changeOf('package', { entry: head.entry });
  return { ...record, sequence: head.sequence, versions };
}

export function versionRecord(published: PublishedEntry): PackageRecord['versions'][number] {
  return changeOf('version', published).record;
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

/**
 * Entries, each of which can be cut out and read by itself, and what goes with them. A byte for their count, three
 * for the length of each, the entries, the rest.
 */
function packFrame(entries: Entry[], rest: unknown): Buffer {
  const packed = entries.map((entry) => pack(entry));
  const lengths = Buffer.alloc(1 + 3 * packed.length);
  lengths.writeUInt8(packed.length);
  for (const [at, { length }] of packed.entries()) lengths.writeUIntBE(length, 1 + 3 * at, 3);
  return Buffer.concat([lengths, ...packed, pack(rest, stringsOf(entries))]);
}

function unpackFrame(bytes: Buffer): { entries: Entry[]; rest: unknown } {
  return readable(() => {
    const count = bytes.readUInt8();
    let from = 1 + 3 * count;
    const entries = Array.from({ length: count }, (_, at) => {
      const to = from + bytes.readUIntBE(1 + 3 * at, 3);
      const entry = unpack(bytes.subarray(from, to)) as Entry;
      from = to;
      return entry;
    });
    return { entries, rest: unpack(bytes.subarray(from), stringsOf(entries)) };
  });
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'Redis holds what this release cannot read', {
      help: 'make the index anew from the journal: vitte registry rebuild',
      cause,
    });
  }
}
