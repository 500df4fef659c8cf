import type { Entry, JournalHead } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import { compareVersions } from '../core/version.ts';
import { frozenCopy } from './frozen.ts';
import { listedVersions } from './listed-versions.ts';
import type { DependentRecord, Index, PackageRecord, StoreRecord, TokenRecord } from './port.ts';
import { dependentRecords, type IndexChange, voidedRecord, withSignatures } from './project.ts';
import { openSortedList, type SortedList } from './sorted-list.ts';

type VersionChange = Extract<IndexChange, { change: 'version' }>;
type SignChange = Extract<IndexChange, { change: 'sign' }>;
type VoidChange = Extract<IndexChange, { change: 'void' }>;

export type MemoryState = ReturnType<typeof openMemoryState>;

/**
 * What the journal says, in maps: everything of the memory index that `clear` forgets but the outcomes. All
 * that it holds is frozen, so that it can be given out as it is.
 */
export function openMemoryState() {
  let head: JournalHead | undefined;
  let store: StoreRecord | undefined;
  const entries: Entry[] = [];
  const tokens = new Map<string, TokenRecord>();
  const packages = new Map<string, PackageRecord>();
  /** Names of packages with a listed version. Names are ASCII, where `<` is code point order. */
  const listed = openSortedList<PackageName>((a, b) => (a < b ? -1 : Number(a > b)));
  const dependents = new Map<string, SortedList<DependentRecord>>();

  return {
    head: () => head,
    store: () => store,
    token: (sha256: string) => tokens.get(sha256),
    package: (name: string) => packages.get(name),
    /** Entry n lies at n - 1. */
    feed(since: number, limit: number): Entry[] {
      const start = Math.max(since, 0);
      return entries.slice(start, start + limit);
    },

    packages({ after, namespace, limit }: Parameters<Index['packages']>[0]) {
      const start = namespace === undefined ? '' : `${namespace}/`;
      const end = namespace === undefined ? '\uffff' : `${namespace}0`; // the character after `/`
      const cursor = after ?? '';
      const records = listed
        .from((name) => name > cursor && name >= start, limit)
        .filter((name) => name < end)
        .map((name) => packages.get(name)!);
      const total =
        listed.countUntil((name) => name >= end) - listed.countUntil((name) => name >= start);
      return { records, total };
    },

    dependents(
      name: PackageName,
      { after, limit }: Parameters<Index['dependents']>[1],
    ): DependentRecord[] {
      const past = (record: DependentRecord) =>
        after === undefined || compareDependents(record, after) > 0;
      return dependents.get(name)?.from(past, limit) ?? [];
    },

    /** Takes over a step that was checked. Does not throw, so a step is taken whole or not at all. */
    take(after: JournalHead, newEntries: readonly Entry[], changes: readonly IndexChange[]) {
      for (const change of changes) takeChange(frozenCopy(change));
      for (const entry of newEntries) entries.push(frozenCopy(entry));
      head = frozenCopy(after);
    },
  };

  function takeChange(change: IndexChange) {
    switch (change.change) {
      case 'store':
        store ??= change.store;
        return;
      case 'package': {
        const { record } = change;
        if (packages.has(record.name)) return;
        packages.set(record.name, Object.freeze({ ...record, versions: frozenList([]) }));
        return;
      }
      case 'version':
        return takeVersion(change);
      case 'void':
        return takeVoid(change);
      case 'sign':
        return takeSignatures(change);
      case 'token':
        if (!tokens.has(change.token.sha256)) tokens.set(change.token.sha256, change.token);
    }
  }

  function takeVersion({ name, record }: VersionChange) {
    const before = packages.get(name);
    if (!before || before.versions.some(({ version }) => version === record.version)) return;
    // From the end: most versions are higher than those before.
    const place = before.versions.findLastIndex(
      ({ version }) => compareVersions(version, record.version) < 0,
    );
    replace(before, before.versions.toSpliced(place + 1, 0, record), record.sequence);
    if (record.voided) return;
    for (const { on, record: dependent } of dependentRecords(record)) {
      const list = dependents.get(on) ?? openSortedList<DependentRecord>(compareDependents);
      dependents.set(on, list);
      list.add(Object.freeze(dependent));
    }
  }

  function takeSignatures({ name, version, signatures, sequence }: SignChange) {
    const before = packages.get(name);
    const record = before?.versions.find((candidate) => candidate.version === version);
    if (!before || !record || record.voided) return;
    const signed = frozenCopy(withSignatures(record, signatures));
    const versions = before.versions.map((other) => (other === record ? signed : other));
    replace(before, versions, sequence);
  }

  function takeVoid({ name, version, sequence }: VoidChange) {
    const before = packages.get(name);
    const record = before?.versions.find((candidate) => candidate.version === version);
    if (!before || !record) return;
    const gone = Object.freeze(voidedRecord(record));
    const versions = before.versions.map((other) => (other === record ? gone : other));
    replace(before, versions, sequence);
    if (record.voided) return;
    for (const { on, record: dependent } of dependentRecords(record)) {
      const list = dependents.get(on);
      list?.delete(dependent);
      if (list?.size === 0) dependents.delete(on);
    }
  }

  function replace(before: PackageRecord, versions: PackageRecord['versions'], sequence: number) {
    const after = Object.freeze({ ...before, sequence, versions: frozenList(versions) });
    packages.set(after.name, after);
    const wasListed = listedVersions(before).length > 0;
    const isListed = listedVersions(after).length > 0;
    if (isListed && !wasListed) listed.add(after.name);
    if (wasListed && !isListed) listed.delete(after.name);
  }
}

type Place = Parameters<Index['dependents']>[1]['after'] & {};

function compareDependents(a: Place, b: Place): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return compareVersions(a.version, b.version);
}

function frozenList<T>(items: T[]): T[] {
  return Object.freeze(items) as T[];
}
