import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import type { Named, ResolveRequest } from '../../src/resolve/port.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { suite } from '../support/suite.ts';
import { outcome, registry, request, solve } from './registry.ts';

const test = suite('what a request may ask for');

const nowMs = Date.parse('2026-06-01T00:00:00.000Z');

const aged = {
  a: {
    '1.0.0': { $: { publishedAt: '2026-01-01T00:00:00.000Z' } },
    '1.1.0': { $: { publishedAt: '2026-05-01T00:00:00.000Z' } },
    '1.2.0': { $: { publishedAt: '2026-05-31T23:00:00.000Z' } },
    '1.3.0': { $: { publishedAt: '2026-06-02T00:00:00.000Z' } },
  },
};

const cases: [
  what: string,
  packages: Record<string, Record<string, unknown>>,
  more: Partial<ResolveRequest>,
  gives: string[] | string,
][] = [
  ['The highest version is chosen', { a: versions('1.0.0 1.1.0 2.0.0') }, {}, ['a 2.0.0']],
  [
    'With `minimal` the lowest, of dependencies too',
    { a: { '1.0.0': { b: '^1.1' }, '2.0.0': {} }, b: versions('1.0.0 1.1.0 1.2.0') },
    { prefer: 'minimal' },
    ['a 1.0.0', 'b 1.1.0'],
  ],
  [
    'With `locked` those that a lockfile holds, then the highest',
    { a: { '1.0.0': { b: '*' }, '1.1.0': { b: '*' } }, b: versions('1.0.0 1.1.0 1.2.0') },
    { prefer: 'locked', locked: named('b 1.1.0', 'c 9.9.9') },
    ['a 1.1.0', 'b 1.1.0'],
  ],
  [
    'A locked version that the requirements no longer take is given up',
    { a: { '1.0.0': { b: '>=1.2' } }, b: versions('1.0.0 1.1.0 1.2.0') },
    { prefer: 'locked', locked: named('b 1.1.0') },
    ['a 1.0.0', 'b 1.2.0'],
  ],
  ['A yanked version is not chosen', { a: yanked('1.0.0', '1.1.0') }, {}, ['a 1.0.0']],
  [
    'One that a lockfile holds may be, whatever is preferred',
    { a: yanked('1.0.0', '1.1.0') },
    { locked: named('a 1.1.0') },
    ['a 1.1.0'],
  ],
  [
    'A package of which all is yanked cannot be had',
    { a: { '1.0.0': { $: { yanked: true } } } },
    {},
    'PKG_E_RESOLVE_CONFLICT',
  ],
  ['Without a time all that is published counts', aged, {}, ['a 1.3.0']],
  [
    'What was published after `asOf` does not',
    aged,
    { asOf: '2026-05-31T23:00:00.000Z' },
    ['a 1.2.0'],
  ],
  [
    'Nor does what is younger than the minimum age',
    aged,
    { minimumAgeSeconds: 7 * 86_400 },
    ['a 1.1.0'],
  ],
  [
    'The minimum age counts from `asOf`, where that is earlier than now',
    aged,
    { asOf: '2026-05-02T00:00:00.000Z', minimumAgeSeconds: 7 * 86_400 },
    ['a 1.0.0'],
  ],
  [
    'A lockfile excuses from the minimum age',
    aged,
    { minimumAgeSeconds: 7 * 86_400, locked: named('a 1.2.0') },
    ['a 1.2.0'],
  ],
  [
    'It does not excuse from `asOf`',
    aged,
    { asOf: '2026-05-02T00:00:00.000Z', locked: named('a 1.2.0') },
    ['a 1.1.0'],
  ],
  [
    'An override takes the place of every requirement on a name',
    { a: { '1.0.0': { b: '^1' } }, b: versions('1.0.0 2.0.0 3.0.0') },
    { overrides: [{ name: name('b'), requirement: '^2' as Requirement }] },
    ['a 1.0.0', 'b 2.0.0'],
  ],
  [
    'An override of the request’s own requirement counts as well',
    { a: versions('1.0.0 2.0.0') },
    { overrides: [{ name: name('a'), requirement: '1.0.0' as Requirement }] },
    ['a 1.0.0'],
  ],
  [
    'An override of what nothing depends on adds nothing',
    { a: versions('1.0.0'), b: versions('1.0.0') },
    { overrides: [{ name: name('b'), requirement: '*' as Requirement }] },
    ['a 1.0.0'],
  ],
  [
    'A version without sources is chosen only with a binary for the target',
    {
      a: {
        '1.0.0': {},
        '1.1.0': { $: { sources: false, targets: ['x86_64'] } },
        '1.2.0': { $: { sources: false, targets: ['arm64'] } },
      },
    },
    { target: 'x86_64' },
    ['a 1.1.0'],
  ],
  [
    'Without a target it may be chosen whatever its binaries are',
    { a: { '1.0.0': {}, '1.2.0': { $: { sources: false, targets: ['arm64'] } } } },
    {},
    ['a 1.2.0'],
  ],
  ['Prereleases are not in `*`', { a: versions('1.0.0 2.0.0-rc.1') }, {}, ['a 1.0.0']],
  [
    'unless they are allowed for that package',
    { a: versions('1.0.0 2.0.0-rc.1') },
    { prereleases: [name('a')] },
    ['a 2.0.0-rc.1'],
  ],
  [
    'A dependency that comes from elsewhere than the registry is left out',
    {
      a: { '1.0.0': { b: { requirement: '^9', source: 'workspace' }, c: '*' } },
      b: versions('1.0.0 9.0.0'),
      c: versions('1.0.0'),
    },
    {},
    ['a 1.0.0', 'c 1.0.0'],
  ],
  [
    'Where a feature switches it on, the feature is there, and it is left out',
    {
      a: {
        '1.0.0': {
          $: { features: { default: ['b', 'c/x'] } },
          b: { requirement: '*', source: 'workspace', optional: true },
          c: { requirement: '*', source: 'git' },
        },
      },
    },
    {},
    ['a 1.0.0'],
  ],
  [
    'A version differs from another in its build alone',
    { a: versions('1.0.0 1.0.0+b.1 1.0.0+b.2') },
    {},
    ['a 1.0.0+b.2'],
  ],
  [
    'Versions may come in any order',
    { a: versions('1.10.0 1.2.0 1.10.0-rc.1 1.9.0') },
    {},
    ['a 1.10.0'],
  ],
  [
    'The highest may come first, as in an index document',
    { a: versions('2.0.0 2.0.0-rc.1 1.0.0') },
    {},
    ['a 2.0.0'],
  ],
  [
    'A dependency on the root’s name is the root’s version',
    { a: { '1.0.0': { app: '^2' }, '2.0.0': { app: '^3' } }, app: versions('3.0.0') },
    { root: { name: name('app'), version: '2.5.0' as Version } },
    ['a 1.0.0'],
  ],
  [
    'A root without a version is no package that others could mean',
    { a: { '1.0.0': { app: '^2' }, '2.0.0': { app: '^3' } }, app: versions('3.0.0') },
    { root: { name: name('app') } },
    ['a 2.0.0', 'app 3.0.0'],
  ],
];

for (const [what, packages, more, gives] of cases) {
  test(what, async () => {
    assert.equal(await outcome(packages, { a: '*' }, more, { nowMs }), gives);
  });
}

test('A root that a dependency does not take is told of', async () => {
  const root = { name: name('app'), version: '2.5.0' as Version };
  const result = await solve({ a: { '1.0.0': { app: '^3' } } }, { a: '*' }, { root });
  assert.is(result.status, 'unsolvable');
});

test('Of two rows for one name both hold', async () => {
  const rows = [
    { name: name('a'), requirement: '>=1 <3' as Requirement },
    { name: name('a'), requirement: '>=2 <4' as Requirement },
  ];
  const packages = { a: versions('1.0.0 2.0.0 3.0.0') };
  assert.equal(await outcome(packages, {}, { requirements: rows }), ['a 2.0.0']);
});

test('The graph names each package with its digest, its dependencies and what they came to', async () => {
  const digest = `sha256:${'ab'.repeat(32)}`;
  const packages = {
    'roussov/math': { '1.0.0': { b: '^1', a: '*', $: { digest } } },
    a: { '1.0.0': { b: '~1.2' } },
    b: versions('1.2.0 1.3.0'),
  };
  const result = await solve(packages, { 'roussov/math': '^1', a: '*' });
  assert.equal(result.status === 'resolved' && result.graph, {
    requirements: [
      { name: 'a', requirement: '*', version: '1.0.0' },
      { name: 'roussov/math', requirement: '^1', version: '1.0.0' },
    ],
    packages: [
      {
        name: 'a',
        version: '1.0.0',
        dependencies: [{ name: 'b', requirement: '~1.2', version: '1.2.0' }],
      },
      { name: 'b', version: '1.2.0', dependencies: [] },
      {
        name: 'roussov/math',
        version: '1.0.0',
        digest,
        dependencies: [
          { name: 'a', requirement: '*', version: '1.0.0' },
          { name: 'b', requirement: '^1', version: '1.2.0' },
        ],
      },
    ],
    cycles: [],
  });
});

test('The order in which requirements and versions are given changes nothing', async () => {
  const packages = {
    a: { '1.0.0': { c: '^1' }, '2.0.0': { c: '^2' } },
    b: { '1.0.0': { c: '*' }, '2.0.0': { c: '^1' } },
    c: versions('1.0.0 2.0.0'),
  };
  const turned = Object.fromEntries(
    Object.entries(packages).map(([name, versions]) => [
      name,
      Object.fromEntries(Object.entries(versions).reverse()),
    ]),
  );
  const first = await solve(packages, { a: '*', b: '*' });
  const second = await solve(turned, { b: '*', a: '*' });
  assert.equal(second, { ...first, steps: second.steps });
});

test('Cycles and packages that depend on themselves are solved, and named', async () => {
  const packages = {
    a: { '1.0.0': { b: '*' } },
    b: { '1.0.0': { c: '*' } },
    c: { '1.0.0': { a: '*', d: '*' } },
    d: { '1.0.0': { d: '^1' } },
  };
  const result = await solve(packages, { a: '*' });
  assert.equal(result.status === 'resolved' && result.graph.cycles, [
    named('a 1.0.0', 'b 1.0.0', 'c 1.0.0'),
    named('d 1.0.0'),
  ]);
});

test('A provider that is waited for is asked once a level of the graph, for each name once', async () => {
  const asked: string[][] = [];

  const packages = registry({
    a: { '1.0.0': { c: '*', d: '*' } },
    b: { '1.0.0': { d: '*', e: '*' } },
    c: { '1.0.0': { f: '*' } },
    d: { '1.0.0': { f: '*', g: '*' } },
    e: versions('1.0.0'),
    f: versions('1.0.0'),
    g: versions('1.0.0'),
  });
  const provider = {
    packages: async (names: readonly PackageName[]) => {
      asked.push([...names].sort());
      return names.map((wanted) => packages.get(wanted));
    },
  };
  const result = await resolve(request({ a: '*', b: '*' }), provider);
  assert.is(result.status, 'resolved');
  assert.equal(asked, [
    ['a', 'b'],
    ['c', 'd', 'e'],
    ['f', 'g'],
  ]);
});

test('What a provider throws ends the resolution', async () => {
  for (const packages of [
    () => {
      throw new Error('away');
    },
    () => Promise.reject(new Error('away')),
  ]) {
    const failed = await resolve(request({ a: '*' }), { packages }).catch((error) => error.message);
    assert.is(failed, 'away');
  }
});

function versions(list: string): Record<string, object> {
  return Object.fromEntries(list.split(' ').map((version) => [version, {}]));
}

function yanked(kept: string, gone: string) {
  return { [kept]: {}, [gone]: { $: { yanked: true } } };
}

function named(...rows: string[]): Named[] {
  return rows.map((row) => {
    const [name, version] = row.split(' ');
    return { name: name as PackageName, version: version as Version };
  });
}

function name(text: string): PackageName {
  return text as PackageName;
}

test.run();
