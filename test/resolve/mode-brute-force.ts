// The slow solver with features, optional dependencies and, in `multi`, several versions of one name. Like that of
// `brute-force.ts` it goes breadth first and tries the highest first; what features mean is written out once more.
import semver from 'semver';
import type { PackageName } from '../../src/core/name.ts';
import type { Candidate, DependencyRow, ResolveRequest } from '../../src/resolve/port.ts';
import { takes } from './brute-force.ts';
import type { Registry } from './registry.ts';

/**
 * One thing to decide: the version of a package (in `multi` of one series of it), that a feature of it is on, or the series
 * that a requirement takes.
 */
type Item = { name: PackageName; series: string; feature?: string; choice?: DependencyRow };

/** What was chosen, as `NAME VERSION FEATURES`, sorted; undefined where there is no solution. */
export function modeBruteForce(request: ResolveRequest, packages: Registry): string[] | undefined {
  const multi = request.mode === 'multi';
  const chosen = new Map<string, Candidate>();
  const features = new Map<string, Set<string>>();
  const decided = new Set<string>();
  const stated: { item: Item; requirement: string }[] = [];
  if (!demand([...request.requirements], [])) return undefined;
  return [...chosen].map(([key, candidate]) => line(key, candidate)).sort();

  function go(queue: Item[]): boolean {
    const item = queue.find((waiting) => !decided.has(keyOf(waiting)));
    if (!item) return true;
    decided.add(keyOf(item));
    const done = item.choice
      ? chooseSeries(item, queue)
      : item.feature
        ? switchOn(item, queue)
        : chooseVersion(item, queue);
    if (!done) decided.delete(keyOf(item));
    return done;
  }

  function chooseVersion(item: Item, queue: Item[]): boolean {
    for (const candidate of candidatesOf(item)) {
      chosen.set(keyOf(item), candidate);
      if (demand(plain(candidate), queue)) return true;
      chosen.delete(keyOf(item));
    }
    return false;
  }

  function switchOn(item: Item, queue: Item[]): boolean {
    const rows = featureRows(
      chosen.get(keyOf({ name: item.name, series: item.series }))!,
      item.feature!,
    );
    return rows !== undefined && demand(rows, queue);
  }

  function chooseSeries(item: Item, queue: Item[]): boolean {
    const row = item.choice!;
    return seriesOf(row)
      .toReversed()
      .some((series) => {
        const items = withFeatures({ name: row.name, series }, row);
        return demand(
          [],
          queue,
          items.map((target) => ({ item: target, requirement: row.requirement })),
        );
      });
  }

  /** Adds what these rows ask for, and goes on if nothing chosen speaks against it. */
  function demand(rows: DependencyRow[], queue: Item[], more: typeof stated = []): boolean {
    const added = [
      ...more,
      ...sorted(rows).flatMap((row) =>
        itemsOf([row]).map((item) => ({ item, requirement: row.requirement })),
      ),
    ];
    stated.push(...added);
    const done = stated.every(holds) && go([...queue, ...added.map(({ item }) => item)]);
    if (!done) stated.length -= added.length;
    return done;
  }

  function holds({ item, requirement }: { item: Item; requirement: string }): boolean {
    if (item.choice) return seriesOf(item.choice).length > 0;
    const candidate = chosen.get(keyOf({ name: item.name, series: item.series }));
    if (!candidate) return true;
    if (item.feature && !featureRows(candidate, item.feature)) return false;
    return takes(requirement, candidate.version);
  }

  function itemsOf(rows: readonly DependencyRow[]): Item[] {
    return sorted(rows).flatMap((row) => {
      if (!multi) return withFeatures({ name: row.name, series: '' }, row);
      const series = seriesOf(row);
      if (series.length > 1) return [{ name: row.name, series: '', choice: row }];
      return withFeatures({ name: row.name, series: series[0] ?? 'none' }, row);
    });
  }

  function withFeatures(item: Item, row: DependencyRow): Item[] {
    return [item, ...(row.features ?? []).map((feature) => ({ ...item, feature }))];
  }

  /** The series in which a version satisfies, yanked or not, lowest first. */
  function seriesOf({ name, requirement }: DependencyRow): string[] {
    const versions = (packages.get(name)?.versions ?? []).map(({ version }) => version);
    const taken = versions.filter((version) => takes(requirement, version));
    return [...new Set(semver.sort([...taken]).map(seriesName))];
  }

  function candidatesOf({ name, series }: Item): Candidate[] {
    return (packages.get(name)?.versions ?? [])
      .filter(({ version, yanked }) => !yanked && (!multi || seriesName(version) === series))
      .filter((candidate) => {
        chosen.set(keyOf({ name, series }), candidate);
        const fits = stated.every(holds);
        chosen.delete(keyOf({ name, series }));
        return fits;
      })
      .toSorted((a, b) => semver.rcompare(a.version, b.version));
  }

  function line(key: string, candidate: Candidate): string {
    const [name] = key.split(' ');
    const asked = stated.filter(
      ({ item }) => item.feature && keyOf({ name: item.name, series: item.series }) === key,
    );
    const on = new Set<string>();
    const visit = (feature: string) => {
      if (on.has(feature)) return;
      on.add(feature);
      for (const entry of candidate.features?.[feature] ?? []) {
        if (entry !== feature && isFeature(candidate, entry)) visit(entry);
      }
    };
    for (const { item } of asked) visit(item.feature!);
    if (featureRows(candidate, 'default')) visit('default');
    features.set(key, on);
    return [name, candidate.version, [...on].sort().join(',')].join(' ').trim();
  }
}

function keyOf({ name, series, feature, choice }: Item): string {
  if (choice) return `choice ${name} ${choice.requirement} ${[...(choice.features ?? [])].sort()}`;
  return `${name} ${series}${feature === undefined ? '' : `[${feature}]`}`;
}

export function seriesName(version: string): string {
  const { major, minor, patch } = new semver.SemVer(version);
  if (major > 0) return `${major}`;
  return minor > 0 ? `0.${minor}` : `0.0.${patch}`;
}

function sorted<T extends { name: string }>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

/** The dependencies of a version whatever is asked of it. */
export function plain(candidate: Candidate): DependencyRow[] {
  const rows = (candidate.dependencies ?? []).filter(({ optional }) => !optional);
  return [...rows, ...(featureRows(candidate, 'default') ?? [])];
}

function isFeature(candidate: Candidate, name: string): boolean {
  if (candidate.features && Object.hasOwn(candidate.features, name)) return true;
  return (candidate.dependencies ?? []).some((row) => row.name === name && row.optional);
}

/** The dependencies that a feature adds: optional ones, and ones of which it wants more features. */
export function featureRows(candidate: Candidate, feature: string): DependencyRow[] | undefined {
  const rows = candidate.dependencies ?? [];
  const on = new Set<string>();
  const extra = new Map<string, Set<string>>();
  const enabled = new Set<string>();
  if (!visit(feature)) return undefined;
  return rows.flatMap((row) => {
    const more = extra.get(row.name);
    if (!more && !(row.optional && enabled.has(row.name))) return [];
    const all = [...new Set([...(row.features ?? []), ...(more ?? [])])].sort();
    return [all.length > 0 ? { ...row, features: all } : row];
  });

  function visit(name: string): boolean {
    if (on.has(name)) return true;
    on.add(name);
    const entries = candidate.features?.[name];
    if (!entries) {
      enabled.add(name);
      return rows.some((row) => row.name === name && row.optional);
    }
    return entries.every((entry) => {
      if (entry !== name && isFeature(candidate, entry)) return visit(entry);
      const [dependency = '', wanted] = entry.replace(/^dep:/, '').split('/');
      if (!rows.some((row) => row.name === dependency)) return false;
      enabled.add(dependency);
      if (wanted) extra.set(dependency, new Set([...(extra.get(dependency) ?? []), wanted]));
      return true;
    });
  }
}
