import type { Entry } from '../../core/journal-entry.ts';
import type { PackageName } from '../../core/name.ts';
import type { Version } from '../../core/version.ts';
import type { SignatureFact } from '../../core/version-facts.ts';
import type { DeprecationRecord, OwnerRecord, PackageRecord, YankRecord } from '../port.ts';
import { dependentRecords, withDeprecation, withOwner } from '../project.ts';
import type { CommandList } from './command-list.ts';
import type { SetKeys } from './keys.ts';
import {
  type EdgeRow,
  edgeField,
  groupField,
  groupSize,
  headField,
  isEdgeField,
  ownersOf,
  type PackageHead,
  type PublishedEntry,
  packEdge,
  packGroup,
  packHead,
  unpackEdge,
  unpackGroup,
  unpackHead,
  versionRecord,
} from './records.ts';

/** One package while a step's changes are taken: the fields of its hash that they meet. */
export type PackageState = {
  /** Undefined while there is no such package. */
  readonly head: PackageHead | undefined;
  /** Takes over a field as it was read; undefined where there is none. */
  load(field: string, value: Buffer | undefined): void;
  /** A version as it stands, if it is one that the step's changes meet. */
  version(version: Version): PackageRecord['versions'][number] | undefined;
  create(entry: Entry): void;
  /** Adds a version, and gives its place. */
  add(version: Version, published: PublishedEntry): number;
  /** Takes these for a version's signatures. */
  sign(version: Version, signatures: SignatureFact[]): void;
  /** Takes this for a version's yank state. */
  yank(version: Version, yank: YankRecord | undefined): void;
  /** Forgets a version's facts. */
  void(version: Version): void;
  deprecate(deprecation: DeprecationRecord | undefined): void;
  setOwner(account: string, owner: OwnerRecord | undefined): void;
  /** Notes the last entry that concerns the package. */
  touch(sequence: number): void;
  write(keys: SetKeys, list: CommandList): void;
};

export function openPackageState(name: PackageName): PackageState {
  let head: PackageHead | undefined;
  let wasListed = false;
  const groups = new Map<string, PublishedEntry[]>();
  const edges = new Map<string, { rows: EdgeRow[]; wasThere: boolean }>();
  const changed = new Set<string>();

  return {
    get head() {
      return head;
    },
    load(field, value) {
      if (field === headField) {
        head = value && unpackHead(name, value);
        wasListed = head !== undefined && head.listed > 0;
      } else if (isEdgeField(field)) {
        edges.set(field, { rows: value ? unpackEdge(value) : [], wasThere: value !== undefined });
      } else groups.set(field, value ? unpackGroup(name, value) : []);
    },
    version(version) {
      const standing = published(version);
      return standing && versionRecord(standing);
    },
    create(entry) {
      head = { entry, sequence: entry.n, listed: 0, versions: [] };
      changed.add(headField);
    },
    add(version, given) {
      const place = head!.versions.push(version) - 1;
      groupOf(place).push(given);
      changed.add(groupField(place));
      count(versionRecord(given), 1);
      return place;
    },
    sign(version, signatures) {
      const standing = published(version);
      if (!standing || standing.facts === 'gone') return;
      standing.facts = { ...standing.facts, signatures };
      changed.add(groupField(head!.versions.indexOf(version)));
    },
    yank(version, yank) {
      const standing = published(version);
      if (!standing) return;
      standing.yank = yank;
      changed.add(groupField(head!.versions.indexOf(version)));
    },
    void(version) {
      const standing = published(version)!;
      count(versionRecord(standing), -1);
      standing.facts = 'gone';
      standing.yank = undefined;
      changed.add(groupField(head!.versions.indexOf(version)));
    },
    deprecate(deprecation) {
      head = withDeprecation(head!, deprecation);
    },
    setOwner(account, owner) {
      head!.owners = withOwner(ownersOf(head!), account, owner);
    },
    touch(sequence) {
      head!.sequence = sequence;
      changed.add(headField);
    },
    write,
  };

  function published(version: Version): PublishedEntry | undefined {
    const place = head?.versions.indexOf(version) ?? -1;
    return place < 0 ? undefined : groups.get(groupField(place))?.[place % groupSize];
  }

  function groupOf(place: number): PublishedEntry[] {
    const field = groupField(place);
    const group = groups.get(field) ?? [];
    groups.set(field, group);
    return group;
  }

  /** Counts a version that is not voided in or out, with what it depends on. */
  function count(record: PackageRecord['versions'][number], by: 1 | -1) {
    if (record.voided) return;
    head!.listed += by;
    for (const { on, record: dependent } of dependentRecords(record)) {
      const { name: _, ...row } = dependent;
      const edge = edges.get(edgeField(on)) ?? { rows: [], wasThere: false };
      edges.set(edgeField(on), edge);
      edge.rows = edge.rows.filter(({ version }) => version !== row.version);
      if (by > 0) edge.rows.push(row);
      changed.add(edgeField(on));
    }
  }

  function packed(field: string): Buffer {
    return field === headField ? packHead(name, head!) : packGroup(name, groups.get(field)!);
  }

  function write(keys: SetKeys, list: CommandList) {
    const values: (string | Buffer)[] = [];
    for (const field of changed) {
      const edge = edges.get(field);
      if (edge) writeEdge(field, edge);
      else values.push(field, packed(field));
    }
    list.addAll('HSET', keys.package(name), values, 2);
    const isListed = head !== undefined && head.listed > 0;
    if (isListed && !wasListed) list.add('ZADD', keys.names, 0, name);
    if (!isListed && wasListed) list.add('ZREM', keys.names, name);

    function writeEdge(field: string, { rows, wasThere }: { rows: EdgeRow[]; wasThere: boolean }) {
      const dependents = keys.dependents(field.slice(1));
      if (rows.length > 0) values.push(field, packEdge(rows));
      if (rows.length > 0 && !wasThere) list.add('ZADD', dependents, 0, name);
      if (rows.length > 0 || !wasThere) return;
      list.add('HDEL', keys.package(name), field);
      list.add('ZREM', dependents, name);
    }
  }
}
