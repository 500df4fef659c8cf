// What features switch on. A feature lists other features of the same package, names of its optional dependencies
// (`tls` or `dep:tls`), and features of its dependencies (`net/async`), which switch an optional one on as well. An
// optional dependency is a feature of that name where the table has none. `default`, which every version has, is always
// on; it is what the table says, and never a dependency.
import type { Candidate, DependencyRow } from './port.ts';

const noRows: readonly DependencyRow[] = [];

/** The dependencies that a version has whatever is asked of it. */
export function plainRows(candidate: Candidate): readonly DependencyRow[] {
  const rows = candidate.dependencies ?? noRows;
  const allPlain = rows.every((row) => !row.optional && isFromRegistry(row));
  if (candidate.features === undefined && allPlain) return rows;
  const byDefault = featureRows(candidate, 'default') ?? noRows;
  return [...rows.filter((row) => !row.optional && isFromRegistry(row)), ...byDefault];
}

/** A dependency never changes its source: what comes from elsewhere is left to whoever knows that place. */
function isFromRegistry({ source }: DependencyRow): boolean {
  return source === undefined || source === 'registry';
}

/** The dependencies that a feature adds; undefined where the version has no such feature. */
export function featureRows(candidate: Candidate, feature: string): DependencyRow[] | undefined {
  const found = closure(candidate, [feature]);
  if (!found) return undefined;
  const rows: DependencyRow[] = [];
  for (const row of candidate.dependencies ?? noRows) {
    if (!isFromRegistry(row)) continue;
    const more = found.dependencyFeatures.get(row.name);
    if (!more && !(row.optional && found.dependencies.has(row.name))) continue;
    const features = [...new Set([...(row.features ?? []), ...(more ?? [])])].sort();
    rows.push(features.length > 0 ? { ...row, features } : row);
  }
  return rows;
}

/** The features that are on where these are asked for, sorted: those that they switch on, and the default ones. */
export function featuresOn(candidate: Candidate, asked: readonly string[]): string[] {
  if (asked.length === 0 && candidate.features === undefined) return [];
  const byDefault = closure(candidate, ['default']) ? ['default'] : [];
  const found = closure(candidate, [...asked, ...byDefault]);
  return [...(found?.features ?? [])].sort();
}

type Closure = {
  features: Set<string>;
  dependencies: Set<string>;
  dependencyFeatures: Map<string, Set<string>>;
};

/** What these features come to; undefined where one of them, or what it lists, is nothing of this version's. */
function closure(candidate: Candidate, asked: readonly string[]): Closure | undefined {
  const rows = new Map((candidate.dependencies ?? noRows).map((row) => [row.name as string, row]));
  const found: Closure = {
    features: new Set(),
    dependencies: new Set(),
    dependencyFeatures: new Map(),
  };
  const waiting = [...asked];
  for (let feature = waiting.pop(); feature !== undefined; feature = waiting.pop()) {
    if (found.features.has(feature)) continue;
    found.features.add(feature);
    const table = candidate.features;
    const entries = table && Object.hasOwn(table, feature) ? table[feature]! : undefined;
    if (!entries && feature === 'default') {
      found.features.delete(feature);
      continue;
    }
    if (!entries) {
      if (!rows.get(feature)?.optional) return undefined;
      found.dependencies.add(feature);
      continue;
    }
    for (const entry of entries) {
      if (!switchOn(entry, feature)) return undefined;
    }
  }
  return found;

  function switchOn(entry: string, feature: string): boolean {
    if (entry !== feature && isFeature(entry)) {
      waiting.push(entry);
      return true;
    }
    const name = entry.startsWith('dep:') ? entry.slice(4) : entry;
    if (rows.has(name)) {
      found.dependencies.add(name);
      return true;
    }
    const slash = entry.lastIndexOf('/');
    const dependency = entry.slice(0, Math.max(slash, 0));
    if (!rows.has(dependency)) return false;
    found.dependencies.add(dependency);
    const features = found.dependencyFeatures.get(dependency) ?? new Set();
    found.dependencyFeatures.set(dependency, features.add(entry.slice(slash + 1)));
    return true;
  }

  function isFeature(name: string): boolean {
    const table = candidate.features;
    if (table && Object.hasOwn(table, name)) return true;
    return name !== 'default' && rows.get(name)?.optional === true;
  }
}
