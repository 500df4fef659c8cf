import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import type { PackageName } from '../../src/core/name.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import type { ResolveLimits } from '../../src/resolve/limits.ts';
import type { PackageFacts, PackageProvider } from '../../src/resolve/port.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { suite } from '../support/suite.ts';
import { providerOf, type Registry, type Rows, request, rowsOf } from './registry.ts';

const test = suite('hostile graphs');

test('A chain of 10,000 packages is resolved, and one that ends badly is explained', async () => {
  const solved = await resolve(request({ p0: '*' }), providerOf(chain(10_000, {})));
  assert.is(solved.status === 'resolved' && solved.graph.packages.length, 10_000);
  const back = await resolve(request({ p0: '*' }), providerOf(chain(10_000, { p5: '^2' })));
  assert.is(back.status === 'unsolvable' && back.explanation.code, 'PKG_E_DEPENDENCY_VERSION');
  assert.ok(back.status === 'unsolvable' && back.explanation.lines.length <= 60);
});

test('A circle of 10,000 packages is one cycle', async () => {
  const found = await resolve(request({ p0: '*' }), providerOf(chain(10_000, { p0: '*' })));
  assert.is(found.status === 'resolved' && found.graph.cycles[0]?.length, 10_000);
});

test('Packages with 5,000 versions each are resolved', async () => {
  const count = 5_000;
  const versions = Array.from({ length: count }, (_, at) => versionAt(at));
  const packages = registryOf({
    a: versions.map((version, at) => [version, { c: versionAt(at) }]),
    b: versions.map((version, at) => [version, { c: versionAt((at + 1) % count) }]),
    c: versions.map((version) => [version, {}]),
  });
  const found = await resolve(request({ a: '*', b: '*' }), providerOf(packages));
  assert.equal(found.status === 'resolved' && found.graph.packages.map(({ version }) => version), [
    versionAt(count - 1),
    versionAt(count - 2),
    versionAt(count - 1),
  ]);
});

test('5,000 versions of which each fails in its own way are passed through, and explained', async () => {
  const versions = Array.from({ length: 5_000 }, (_, at) => versionAt(at));
  const packages = registryOf({
    a: versions.map((version) => [version, { b: `>=${version} <${version}` }]),
    b: versions.map((version) => [version, {}]),
  });
  const found = await resolve(request({ a: '*' }), providerOf(packages), { suggestions: false });
  assert.is(found.status === 'unsolvable' && found.explanation.code, 'PKG_E_DEPENDENCY_VERSION');
});

test('What takes exponentially many steps ends with a code: twelve pigeons in eleven holes', async () => {
  await limited(pigeons(11), Object.keys(pigeons(11)), { stepsMax: 2_000_000 }, 'stepsMax');
});

test('It ends by time as well, and by memory', async () => {
  await limited(pigeons(11), Object.keys(pigeons(11)), { timeMs: 1 }, 'timeMs');
  await limited(pigeons(11), Object.keys(pigeons(11)), { wordsMax: 10_000 }, 'wordsMax');
});

test('The same steps are taken every time', async () => {
  const packages = registryOf(pigeons(6));
  const requires = Object.fromEntries(Object.keys(pigeons(6)).map((name) => [name, '*']));
  const runs = [1, 2].map(() => resolve(request(requires), providerOf(packages)));
  const [first, second] = await Promise.all(runs);
  assert.is(first?.status, 'unsolvable');
  assert.equal(first, second);
});

test('Packages without end are not followed', async () => {
  const endless = (name: PackageName): PackageFacts => {
    const next = `p${Number(name.slice(1)) + 1}` as PackageName;
    const dependencies = [{ name: next, requirement: '*' as Requirement }];
    return { name, versions: [{ version: '1.0.0' as Version, dependencies }] };
  };
  const at: PackageProvider = { atHand: endless, packages: (names) => names.map(endless) };
  const later: PackageProvider = { packages: async (names) => names.map(endless) };
  for (const provider of [at, later]) {
    const failure = await resolve(request({ p0: '*' }), provider, {
      limits: { packagesMax: 500 },
    }).catch((error: unknown) => error);
    assert.ok(isVitteError(failure, 'PKG_E_RESOLVE_LIMIT'));
    assert.is((failure as { data?: { limit?: string } }).data?.limit, 'packagesMax');
  }
});

test('A package with too many versions is refused', async () => {
  await limited(
    {
      a: [
        ['1.0.0', {}],
        ['2.0.0', {}],
      ],
    },
    ['a'],
    { versionsMax: 1 },
    'versionsMax',
  );
});

test('A provider that never answers is waited for as long as the time allows', async () => {
  const provider = { packages: () => new Promise<never>(() => {}) };
  const late = resolve(request({ a: '*' }), provider, { limits: { timeMs: 20 } });
  assert.ok(isVitteError(await late.catch((error: unknown) => error), 'PKG_E_RESOLVE_LIMIT'));
});

test('A caller that goes away is left at once: while waiting, and in the middle of the search', async () => {
  const waiting = new AbortController();
  const silent = { packages: () => new Promise<never>(() => {}) };
  const first = resolve(request({ a: '*' }), silent, { signal: waiting.signal });
  waiting.abort(new Error('gone'));
  assert.is(await first.catch((error: Error) => error.message), 'gone');
  const searching = new AbortController();
  const requires = Object.fromEntries(Object.keys(pigeons(12)).map((name) => [name, '*']));
  const second = resolve(request(requires), providerOf(registryOf(pigeons(12))), {
    signal: searching.signal,
  });
  setImmediate(() => searching.abort(new Error('gone as well')));
  assert.is(await second.catch((error: Error) => error.message), 'gone as well');
});

type Packages = Record<string, [version: string, rows: Rows][]>;

async function limited(
  packages: Packages,
  names: string[],
  limits: Partial<ResolveLimits>,
  limit: keyof ResolveLimits,
) {
  const requires = Object.fromEntries(names.map((name) => [name, '*']));
  const failure = await resolve(request(requires), providerOf(registryOf(packages)), {
    limits,
  }).catch((error: unknown) => error);
  assert.ok(isVitteError(failure, 'PKG_E_RESOLVE_LIMIT'), String(failure));
  assert.is((failure as { data?: { limit?: string } }).data?.limit, limit);
}

/** One package more than there are places: each of its versions takes one, and a place takes one package. */
function pigeons(holes: number): Packages {
  const all: Packages = {};
  for (let hole = 1; hole <= holes; hole += 1) {
    all[`hole-${hole}`] = Array.from({ length: holes + 1 }, (_, pigeon) => [
      `${pigeon + 1}.0.0`,
      {},
    ]);
  }
  for (let pigeon = 1; pigeon <= holes + 1; pigeon += 1) {
    all[`pigeon-${pigeon}`] = Array.from({ length: holes }, (_, hole) => {
      return [`${hole + 1}.0.0`, { [`hole-${hole + 1}`]: `${pigeon}.0.0` }];
    });
  }
  return all;
}

function chain(length: number, end: Rows): Registry {
  return registryOf(
    Object.fromEntries(
      Array.from({ length }, (_, step) => {
        return [`p${step}`, [['1.0.0', step + 1 < length ? { [`p${step + 1}`]: '^1' } : end]]];
      }),
    ),
  );
}

function registryOf(packages: Packages): Registry {
  return new Map(
    Object.entries(packages).map(([name, versions]) => {
      const candidates = versions.map(([version, rows]) => {
        return { version: version as Version, dependencies: rowsOf(rows) };
      });
      return [name as PackageName, { name: name as PackageName, versions: candidates }];
    }),
  );
}

function versionAt(at: number): string {
  return `${1 + Math.floor(at / 100)}.${Math.floor(at / 10) % 10}.${at % 10}`;
}

test.run();
