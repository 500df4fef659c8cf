import { mapConcurrently } from '../core/concurrency.ts';
import type { PackageName } from '../core/name.ts';
import { createRecent, type Recent } from '../core/recent.ts';
import { type Requirement, satisfies } from '../core/requirement.ts';
import type { Version } from '../core/version.ts';
import { pageItemsMax } from '../index/limits.ts';
import type { DependentRecord } from '../index/port.ts';
import { comparePlaces } from './dependent-place.ts';
import type { Parts } from './parts.ts';
import type { CallContext, Dependent } from './port.ts';

export type Found = { rows: readonly Dependent[]; complete: boolean };

/** What is followed at most: versions that are found, and packages that are asked for those that depend on them. */
const rowsMax = 10_000;
const packagesMax = 2_000;
const readsMax = 16;
/** Lists that are kept for those who ask for the next page. */
const keptMax = 8;

const memories = new WeakMap<Parts, Recent<Found & { sequence: number }>>();

/**
 * Every version that depends on a package through whatever others, each with the shortest way: a requirement counts
 * where it admits a version that was found before. What comes through a development dependency ends there, since
 * whoever takes the dependent does not take that. `sequence` is the index's number as the caller read it: a list
 * that was made at the same number is given again.
 */
export async function transitiveDependents(
  parts: Parts,
  name: PackageName,
  sequence: number,
  context: CallContext,
): Promise<Found> {
  const limits = { entriesMax: keptMax, ageMs: Number.POSITIVE_INFINITY };
  const memory = memories.get(parts) ?? createRecent(limits, () => 0);
  memories.set(parts, memory);
  const kept = memory.get(name);
  if (kept?.sequence === sequence) return kept;
  const found = await follow(parts, name, context);
  memory.set(name, { ...found, sequence });
  return found;
}

async function follow(parts: Parts, root: PackageName, context: CallContext): Promise<Found> {
  const listed = new Map<string, Dependent>();
  const followed = new Set<string>();
  const asked = new Map<PackageName, DependentRecord[]>();
  let complete = true;
  /** Versions found in the round before, by package; all of the root's count. */
  let frontier = new Map<PackageName, Version[] | 'all'>([[root, 'all']]);

  for (let depth = 1; frontier.size > 0; depth += 1) {
    const next = new Map<PackageName, Version[]>();
    await readAll([...frontier.keys()]);
    for (const [on, versions] of frontier) {
      const admits = admission(versions);
      for (const row of asked.get(on) ?? []) {
        if (row.name !== root && admits(row.requirement)) take({ ...row, on, depth }, next);
      }
    }
    frontier = next;
  }
  return { rows: [...listed.values()].sort(comparePlaces), complete };

  function take(row: Dependent, next: Map<PackageName, Version[]>) {
    const label = `${row.name} ${row.version}`;
    if (!listed.has(label)) {
      if (listed.size >= rowsMax) {
        complete = false;
        return;
      }
      listed.set(label, row);
    }
    if (row.scope === 'development' || followed.has(label)) return;
    followed.add(label);
    next.set(row.name, [...(next.get(row.name) ?? []), row.version]);
  }

  /** Reads who depends on these, as far as that is not known and may be asked. */
  async function readAll(names: PackageName[]) {
    const wanted = names.filter((name) => !asked.has(name));
    const may = wanted.slice(0, packagesMax - asked.size);
    if (may.length < wanted.length) complete = false;
    await mapConcurrently(may, readsMax, async (name) => {
      const { rows, whole } = await directDependents(parts, name, context);
      asked.set(name, rows);
      if (!whole) complete = false;
    });
  }
}

async function directDependents(
  { index }: Parts,
  name: PackageName,
  { signal }: CallContext,
): Promise<{ rows: DependentRecord[]; whole: boolean }> {
  const rows: DependentRecord[] = [];
  while (rows.length < rowsMax) {
    const after = rows.at(-1);
    const page = { limit: pageItemsMax, ...(after ? { after } : {}) };
    const { value } = await index.dependents(name, page, signal ? { signal } : {});
    rows.push(...value);
    if (value.length < pageItemsMax) return { rows, whole: true };
  }
  return { rows, whole: false };
}

/** Tells whether a requirement admits one of these versions. Many ask for the same. */
function admission(versions: Version[] | 'all'): (requirement: Requirement) => boolean {
  if (versions === 'all') return () => true;
  const known = new Map<Requirement, boolean>();
  return (requirement) => {
    const admits =
      known.get(requirement) ?? versions.some((version) => satisfies(version, requirement));
    known.set(requirement, admits);
    return admits;
  };
}
