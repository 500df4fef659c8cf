// Random graphs with features, optional dependencies and both modes, solved twice.
import type { PackageName } from '../../src/core/name.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import type { DependencyRow } from '../../src/resolve/port.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { explanationText } from '../../src/resolve/sentences.ts';
import { type Random, seededRandom } from '../support/seeded-random.ts';
import { explanationFault } from './check-explanation.ts';
import { modeBruteForce } from './mode-brute-force.ts';
import type { RandomGraph } from './random-graph.ts';
import { providerOf, type Registry } from './registry.ts';

const versions = ['0.1.0', '0.2.0', '1.0.0', '1.1.0', '2.0.0', '2.1.0', '3.0.0'];
const requirements = [
  '*',
  '*',
  '^1',
  '^2.0.0',
  '>=1',
  '<3',
  '>=1 <3',
  '^0.1 || ^2',
  '1.0.0',
  '0.x',
];
const featureNames = ['x', 'y', 'default'];

/** Throws where solver and brute force disagree. Says whether there was a solution. */
export async function checkModes(seed: number): Promise<'solvable' | 'unsolvable'> {
  const { request, packages } = randomModeGraph(seed);
  const { mode } = request;
  const best = modeBruteForce(request, packages);
  const result = await resolve(request, providerOf(packages), { suggestions: false });
  if (result.status === 'resolved') {
    const found = result.graph.packages.map(({ name, version, features = [] }) => {
      return [name, version, features.join(',')].join(' ').trim();
    });
    if (JSON.stringify(found.sort()) !== JSON.stringify(best)) {
      throw new Error(`seed ${seed}, ${mode}: ${found.join('; ')} and not ${best?.join('; ')}`);
    }
    return 'solvable';
  }
  if (best) throw new Error(`seed ${seed}, ${mode}: unsolvable, and has ${best.join('; ')}`);
  const fault = explanationFault({ request, packages }, result.explanation);
  if (fault) {
    throw new Error(
      `seed ${seed}, ${mode}: ${fault}\n${explanationText(result.explanation, 'en')}`,
    );
  }
  return 'unsolvable';
}

/** The graph of a seed: at most five packages. */
export function randomModeGraph(seed: number): RandomGraph {
  const random = seededRandom(seed * 2);
  for (let warmUp = 0; warmUp < 8; warmUp += 1) random.fraction();
  const names = [...'abcde'].slice(0, 2 + random.below(4)) as PackageName[];
  const packages = randomPackages(random, names);
  const mode = random.pick(['unify', 'multi'] as const)!;
  const rows = randomRows(random, names, 1 + random.below(3));
  return { request: { requirements: rows, mode }, packages };
}

function randomPackages(random: Random, names: PackageName[]): Registry {
  return new Map(
    names.map((name) => {
      const candidates = versions
        .filter(() => random.chance(0.5))
        .map((version) => {
          const dependencies = randomRows(random, names, random.below(3)).map((row) => {
            return random.chance(0.35) ? { ...row, optional: true } : row;
          });
          const features = Object.fromEntries(
            featureNames
              .filter(() => random.chance(0.3))
              .map((feature) => [feature, randomEntries(random, dependencies)]),
          );
          const yanked = random.chance(0.04);
          return { version: version as Version, yanked, dependencies, features };
        });
      return [name, { name, versions: candidates }];
    }),
  );
}

function randomEntries(random: Random, rows: DependencyRow[]): string[] {
  const entries = ['x', 'y', ...rows.flatMap(({ name }) => [name, `dep:${name}`, `${name}/x`])];
  return entries.filter(() => random.chance(0.25));
}

function randomRows(random: Random, names: PackageName[], count: number): DependencyRow[] {
  const rows = new Map<PackageName, DependencyRow>();
  for (let row = 0; row < count; row += 1) {
    const name = random.pick(names)!;
    const requirement = random.pick(requirements) as Requirement;
    const features = ['x', 'y'].filter(() => random.chance(0.15));
    rows.set(name, { name, requirement, ...(features.length > 0 ? { features } : {}) });
  }
  return [...rows.values()];
}
