// Small graphs of all kinds: satisfiable or not, with cycles, prereleases, yanked versions and missing packages.
import type { PackageName } from '../../src/core/name.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import type { DependencyRow, ResolveRequest } from '../../src/resolve/port.ts';
import { type Random, seededRandom } from '../support/seeded-random.ts';
import type { Registry } from './registry.ts';

const versions = [
  '0.1.0',
  '0.2.0',
  '1.0.0',
  '1.1.0-alpha.1',
  '1.1.0',
  '1.2.0-rc.1',
  '1.2.0-rc.2',
  '1.2.0',
  '2.0.0-beta.1',
  '2.0.0',
  '2.1.0+build.5',
  '3.0.0',
];
const requirements = [
  '*',
  '',
  '^1.0.0',
  '^1.1.0',
  '~1.1',
  '>=1.1 <3',
  '>=1.0, <2.0',
  '^2.0.0',
  '^2.0.0-beta.1',
  '<2',
  '>=2',
  '1.x || 3',
  '^0.1',
  '0.x',
  '1.0.0',
  'v1.2.0',
  '>1.0.0',
  '<=1.2.0-rc.1',
  '1.1.0-alpha.1 - 1.2.0-rc.2',
  '^3',
];

export type RandomGraph = { request: ResolveRequest; packages: Registry };

/** The graph of a seed: at most seven packages. */
export function randomGraph(seed: number): RandomGraph {
  const random = seededRandom(seed * 2);
  for (let warmUp = 0; warmUp < 8; warmUp += 1) random.fraction();
  const names = [...'abcdefg'].slice(0, 2 + random.below(6)) as PackageName[];
  const packages: Registry = new Map();
  for (const name of names) {
    const candidates = versions
      .filter(() => random.chance(0.4))
      .map((version) => ({
        version: version as Version,
        yanked: random.chance(0.06),
        dependencies: randomRows(random, names, random.below(4)),
      }));
    packages.set(name, { name, versions: candidates });
  }
  const rows = randomRows(random, names, 1 + random.below(3));
  const request: ResolveRequest = {
    root: { name: 'app' as PackageName },
    requirements: rows,
    prefer: random.pick(['highest', 'highest', 'minimal', 'locked'] as const)!,
    locked: names.flatMap((name) => {
      const candidate = random.pick(packages.get(name)!.versions);
      return candidate && random.chance(0.4) ? [{ name, version: candidate.version }] : [];
    }),
    overrides: random.chance(0.1) ? randomRows(random, names, 1) : [],
  };
  return { request, packages };
}

function randomRows(random: Random, names: PackageName[], count: number): DependencyRow[] {
  const rows = new Map<PackageName, DependencyRow>();
  for (let row = 0; row < count; row += 1) {
    const name = random.chance(0.03) ? ('missing' as PackageName) : random.pick(names)!;
    rows.set(name, { name, requirement: random.pick(requirements) as Requirement });
  }
  return [...rows.values()];
}
