// The slow solver that the fast one must agree with. It knows neither PubGrub nor intervals: it goes through the
// packages breadth first, in the order of names, and tries every version of each, the preferred first.
import semver from 'semver';
import type { PackageName } from '../../src/core/name.ts';
import type { Version } from '../../src/core/version.ts';
import type { DependencyRow, ResolveRequest } from '../../src/resolve/port.ts';
import type { Registry } from './registry.ts';

/** The first solution in that order, or undefined; `unify` alone, without features and times. */
export function bruteForce(request: ResolveRequest, packages: Registry) {
  const chosen = new Map<PackageName, Version>();
  const stated: DependencyRow[] = [...request.requirements];
  const overrides = new Map(request.overrides?.map((row) => [row.name, row.requirement]));
  return choose(byName(request.requirements)) ? new Map([...chosen].sort()) : undefined;

  function choose(queue: PackageName[]): boolean {
    const name = queue.find((waiting) => !chosen.has(waiting));
    if (name === undefined) return true;
    for (const { version, dependencies = [] } of candidates(name)) {
      chosen.set(name, version);
      stated.push(...dependencies);
      if (stated.every(holds) && choose([...queue, ...byName(dependencies)])) return true;
      stated.length -= dependencies.length;
      chosen.delete(name);
    }
    return false;
  }

  /** True unless the row speaks of a package at a version that it does not take. */
  function holds({ name, requirement }: DependencyRow): boolean {
    const version = chosen.get(name);
    return version === undefined || takes(overrides.get(name) ?? requirement, version);
  }

  function candidates(name: PackageName) {
    const lowest = request.prefer === 'minimal' ? 1 : -1;
    const isLocked = (version: Version) =>
      request.locked?.some((row) => row.name === name && row.version === version) ?? false;
    const rank = (version: Version) => Number(request.prefer === 'locked' && isLocked(version));
    return (packages.get(name)?.versions ?? [])
      .filter(({ version, yanked }) => !yanked || isLocked(version))
      .toSorted(
        (a, b) =>
          rank(b.version) - rank(a.version) || lowest * semver.compareBuild(a.version, b.version),
      );
  }
}

/** The requirement in npm's own words: commas are Vitte's. */
export function takes(requirement: string, version: string): boolean {
  return semver.satisfies(version, requirement.replaceAll(',', ' '));
}

function byName(rows: readonly DependencyRow[]): PackageName[] {
  return rows.map(({ name }) => name).sort();
}
