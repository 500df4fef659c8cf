import type { Entry, JournalHead } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import { compareVersions } from '../core/version.ts';
import { frozenCopy } from './frozen.ts';
import { listedVersions } from './listed-versions.ts';
import { foldedPackage, type PackageChange, packageOf } from './package-fold.ts';
import type { DependentRecord, Index, PackageRecord, StoreRecord, TokenRecord } from './port.ts';
import { dependentRecords, type IndexChange } from './project.ts';
import { openSortedList, type SortedList } from './sorted-list.ts';

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
    if (change.change === 'store') store ??= change.store;
    else if (change.change === 'token') {
      if (!tokens.has(change.token.sha256)) tokens.set(change.token.sha256, change.token);
    } else takePackage(change);
  }

  function takePackage(change: PackageChange) {
    const before = packages.get(packageOf(change));
    const folded = foldedPackage(before, change);
    if (!folded || folded === before) return;
    const after = frozenRecord(folded);
    packages.set(after.name, after);
    const wasListed = before !== undefined && listedVersions(before).length > 0;
    const isListed = listedVersions(after).length > 0;
    if (isListed && !wasListed) listed.add(after.name);
    if (wasListed && !isListed) listed.delete(after.name);
    if (change.change === 'version') countIn(change.record);
    if (change.change === 'void') {
      const gone = before?.versions.find(({ version }) => version === change.version);
      if (gone) countOut(gone);
    }
  }

  function countIn(record: PackageRecord['versions'][number]) {
    if (record.voided) return;
    for (const { on, record: dependent } of dependentRecords(record)) {
      const list = dependents.get(on) ?? openSortedList<DependentRecord>(compareDependents);
      dependents.set(on, list);
      list.add(Object.freeze(dependent));
    }
  }

  function countOut(record: PackageRecord['versions'][number]) {
    if (record.voided) return;
    for (const { on, record: dependent } of dependentRecords(record)) {
      const list = dependents.get(on);
      list?.delete(dependent);
      if (list?.size === 0) dependents.delete(on);
    }
  }
}

/** What a fold made new is frozen; the rest is so already. */
function frozenRecord(record: PackageRecord): PackageRecord {
  const versions = record.versions.map((version) =>
    Object.isFrozen(version) ? version : frozenCopy(version),
  );
  return Object.freeze({
    ...record,
    owners: Object.freeze(record.owners) as PackageRecord['owners'],
    versions: Object.freeze(versions) as PackageRecord['versions'],
  });
}

type Place = Parameters<Index['dependents']>[1]['after'] & {};

function compareDependents(a: Place, b: Place): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return compareVersions(a.version, b.version);
}
