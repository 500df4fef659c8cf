import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import type { PackageProvider, ResolveRequest } from '../../src/resolve/port.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { suite } from '../support/suite.ts';
import { randomModeGraph } from './mode-agreement.ts';
import { randomGraph } from './random-graph.ts';
import { providerOf, type Registry } from './registry.ts';

const test = suite('facts that are used again');

test('What is kept of them leaks from no request into another, one after the other or side by side', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    for (const { request, packages } of [randomGraph(seed), randomModeGraph(seed)]) {
      const requests = variantsOf(request, [...packages.keys()]);
      const alone = await Promise.all(requests.map((one) => resolve(one, copyOf(packages))));
      const again = [];
      for (const one of requests) again.push(await resolve(one, providerOf(packages)));
      assert.equal(again, alone, `seed ${seed}`);
      const waiting = await Promise.all(requests.map((one) => resolve(one, slow(packages))));
      assert.equal(waiting.map(withoutSteps), alone.map(withoutSteps), `seed ${seed}`);
    }
  }
});

test('Rows that are the same object in several versions are facts of each', async () => {
  const row = { name: 'b' as PackageName, requirement: '^1' as Requirement };
  const other = { name: 'c' as PackageName, requirement: '*' as Requirement };
  const a = ['1.0.0', '2.0.0', '3.0.0', '4.0.0', '5.0.0'].map((version, at) => ({
    version: version as Version,
    dependencies: at === 2 ? [other] : [row],
  }));
  const packages: Registry = new Map([
    ['a' as PackageName, { name: 'a' as PackageName, versions: a }],
    ['b' as PackageName, { name: 'b' as PackageName, versions: [{ version: '2.0.0' as Version }] }],
  ]);
  const requirements = [{ name: 'a' as PackageName, requirement: '*' as Requirement }];
  const result = await resolve({ requirements }, providerOf(packages), { suggestions: false });
  assert.is(result.status, 'unsolvable');
});

function variantsOf(request: ResolveRequest, names: PackageName[]): ResolveRequest[] {
  const [name] = names;
  const override = { name: name!, requirement: '>=1' as Requirement };
  return [
    request,
    { ...request, mode: 'multi' },
    { ...request, mode: 'multi', prereleases: names },
    { ...request, prereleases: names },
    { ...request, overrides: [override] },
    { ...request, mode: 'multi', overrides: [override] },
    { ...request, root: { name: name!, version: '1.0.0' as Version } },
    request,
  ];
}

function copyOf(packages: Registry): PackageProvider {
  return providerOf(new Map([...packages].map(([name, facts]) => [name, { ...facts }])));
}

/** Gives way before each answer, so that searches on the same facts take turns. */
function slow(packages: Registry): PackageProvider {
  return {
    packages: async (names) => {
      await new Promise((done) => setImmediate(done));
      return names.map((name) => packages.get(name));
    },
  };
}

function withoutSteps({ steps: _, ...result }: Awaited<ReturnType<typeof resolve>>) {
  return result;
}

test.run();
