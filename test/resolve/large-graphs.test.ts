import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import type { DependencyRow, LockedGraph, ResolveRequest } from '../../src/resolve/port.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { explanationText } from '../../src/resolve/sentences.ts';
import { type Random, seededRandom, seedOfRun } from '../support/seeded-random.ts';
import { suite } from '../support/suite.ts';
import { takes } from './brute-force.ts';
import { explanationFault } from './check-explanation.ts';
import type { RandomGraph } from './random-graph.ts';
import { providerOf, type Registry } from './registry.ts';

const test = suite('graphs too large for brute force');

const graphs = 100;

test('What is solved is a solution, and what is not is proved unsolvable', async () => {
  const first = seedOfRun('large graphs');
  let solved = 0;
  let proved = 0;
  for (let seed = first; seed < first + graphs; seed += 1) {
    const graph = largeGraph(seed);
    const result = await resolve(graph.request, providerOf(graph.packages), { suggestions: false });
    if (result.status === 'resolved') {
      solved += 1;
      assert.is(solutionFault(graph, result.graph), undefined, `seed ${seed}`);
      continue;
    }
    const { explanation } = result;
    // Of a longer explanation lines are left out, and a proof with holes proves nothing.
    if (explanation.elided > 0) continue;
    proved += 1;
    const fault = explanationFault(graph, explanation, 20_000);
    assert.is(fault, undefined, `seed ${seed}\n${explanationText(explanation, 'en')}`);
  }
  assert.ok(solved > 0 && proved > 0, `of ${graphs} ${solved} solved, ${proved} proved unsolvable`);
});

/** Up to two hundred packages in layers, so tied that a solver goes back over many levels. */
function largeGraph(seed: number): RandomGraph {
  const random = seededRandom(seed * 2);
  for (let warmUp = 0; warmUp < 8; warmUp += 1) random.fraction();
  const count = 60 + random.below(140);
  const names = Array.from({ length: count }, (_, number) => `p${number}` as PackageName);
  const strictness = 0.5 + random.fraction() * 0.5;
  const packages: Registry = new Map(
    names.map((name, number) => {
      const versions = Array.from({ length: 2 + random.below(6) }, (_, minor) => ({
        version: `1.${minor}.0` as Version,
        yanked: random.chance(0.03),
        dependencies: dependencies(random, names, number, strictness),
      }));
      return [name, { name, versions }];
    }),
  );
  const requirements = names.slice(0, 6).map((name) => ({ name, requirement: '*' as Requirement }));
  return { request: { requirements } satisfies ResolveRequest, packages };
}

function dependencies(random: Random, names: PackageName[], number: number, strictness: number) {
  const rows = new Map<PackageName, DependencyRow>();
  for (let left = random.below(4); left > 0; left -= 1) {
    const name = names[number + 1 + random.below(40)];
    if (name === undefined) continue;
    const minor = random.below(6);
    const narrow = random.pick([`<=1.${minor}.0`, `>=1.${minor}.0`, `~1.${minor}`])!;
    const requirement = (random.chance(strictness) ? narrow : '*') as Requirement;
    rows.set(name, { name, requirement });
  }
  return [...rows.values()];
}

/** Says what is wrong with a graph as an answer to a request. */
function solutionFault({ request, packages }: RandomGraph, graph: LockedGraph): string | undefined {
  const chosen = new Map(graph.packages.map((found) => [found.name, found]));
  const needed = new Set<PackageName>();
  const open = [...request.requirements];
  for (let row = open.pop(); row; row = open.pop()) {
    const found = chosen.get(row.name);
    if (!found) return `${row.name} is missing`;
    if (!takes(row.requirement, found.version))
      return `${row.name} ${found.version} does not satisfy`;
    if (needed.has(row.name)) continue;
    needed.add(row.name);
    const candidate = packages
      .get(row.name)!
      .versions.find(({ version }) => version === found.version)!;
    if (candidate.yanked) return `${row.name} ${found.version} is yanked`;
    open.push(...(candidate.dependencies ?? []));
  }
  return needed.size === graph.packages.length ? undefined : 'more is chosen than is needed';
}

test.run();
