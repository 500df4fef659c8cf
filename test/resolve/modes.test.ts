import * as assert from 'uvu/assert';
import { seedOfRun } from '../support/seeded-random.ts';
import { suite } from '../support/suite.ts';
import { checkModes } from './mode-agreement.ts';
import { outcome, type Rows, solve } from './registry.ts';

const test = suite('features and several versions of a name');

const tls = { $: { features: { tls: ['openssl'], default: ['log'] } } };
const optional = {
  openssl: { requirement: '^3', optional: true },
  log: { requirement: '^1', optional: true },
  trace: { requirement: '*', optional: true },
};

const cases: [
  what: string,
  packages: Record<string, Record<string, unknown>>,
  requires: Rows,
  gives: string[] | string,
][] = [
  [
    'An optional dependency is left out, but for those of the default feature',
    { net: { '1.0.0': { ...optional, ...tls } }, openssl: all(), log: all(), trace: all() },
    { net: '*' },
    ['log 1.0.0', 'net 1.0.0'],
  ],
  [
    'A feature switches on what it lists',
    { net: { '1.0.0': { ...optional, ...tls } }, openssl: all(), log: all(), trace: all() },
    { net: { requirement: '*', features: ['tls'] } },
    ['log 1.0.0', 'net 1.0.0', 'openssl 3.0.0'],
  ],
  [
    'An optional dependency is a feature of its name',
    { net: { '1.0.0': { ...optional, ...tls } }, openssl: all(), log: all(), trace: all() },
    { net: { requirement: '*', features: ['trace'] } },
    ['log 1.0.0', 'net 1.0.0', 'trace 3.0.0'],
  ],
  [
    'A feature that has the name of an optional dependency switches that on',
    {
      net: {
        '1.0.0': { log: { requirement: '*', optional: true }, $: { features: { log: ['log'] } } },
      },
      log: all(),
    },
    { net: { requirement: '*', features: ['log'] } },
    ['log 3.0.0', 'net 1.0.0'],
  ],
  [
    'Every version has a default feature',
    { net: { '1.0.0': {} } },
    { net: { requirement: '*', features: ['default'] } },
    ['net 1.0.0'],
  ],
  [
    'An optional dependency of the name default is not on by default',
    {
      net: {
        '1.0.0': { default: { requirement: '*', optional: true }, $: { features: { x: [] } } },
      },
      default: all(),
    },
    { net: { requirement: '*', features: ['default'] } },
    ['net 1.0.0'],
  ],
  [
    'A feature of a dependency is asked of it',
    {
      app2: { '1.0.0': { net: { requirement: '*', features: ['tls'] } } },
      net: { '1.0.0': { ...optional, ...tls } },
      openssl: all(),
      log: all(),
    },
    { app2: '*' },
    ['app2 1.0.0', 'log 1.0.0', 'net 1.0.0', 'openssl 3.0.0'],
  ],
  [
    'A feature may ask for a feature of a dependency',
    {
      web: { '1.0.0': { net: '*', $: { features: { secure: ['net/tls'] } } } },
      net: { '1.0.0': { ...optional, ...tls } },
      openssl: all(),
      log: all(),
    },
    { web: { requirement: '*', features: ['secure'] } },
    ['log 1.0.0', 'net 1.0.0', 'openssl 3.0.0', 'web 1.0.0'],
  ],
  [
    'A version without the feature is passed over',
    {
      net: { '1.0.0': { ...optional, ...tls }, '2.0.0': { $: { features: {} } } },
      openssl: all(),
      log: all(),
    },
    { net: { requirement: '*', features: ['tls'] } },
    ['log 1.0.0', 'net 1.0.0', 'openssl 3.0.0'],
  ],
  [
    'A version whose feature cannot be had with the rest is passed over',
    {
      net: {
        '1.0.0': { openssl: { requirement: '^1', optional: true } },
        '1.1.0': { openssl: { requirement: '^2', optional: true } },
      },
      openssl: all(),
    },
    { net: { requirement: '^1', features: ['openssl'] }, openssl: '^1' },
    ['net 1.0.0', 'openssl 1.0.0'],
  ],
  [
    'A feature that names what the version has not is no feature',
    { net: { '1.0.0': { $: { features: { tls: ['nowhere'] } } } } },
    { net: { requirement: '*', features: ['tls'] } },
    'PKG_E_RESOLVE_CONFLICT',
  ],
  [
    'Features may switch one another on in a circle',
    { net: { '1.0.0': { $: { features: { a: ['b'], b: ['a'] } } } } },
    { net: { requirement: '*', features: ['a'] } },
    ['net 1.0.0'],
  ],
];

for (const [what, packages, requires, gives] of cases) {
  test(what, async () => assert.equal(await outcome(packages, requires), gives));
}

test('The graph says which features are on, those that others switch on among them', async () => {
  const packages = {
    net: { '1.0.0': { $: { features: { a: ['b'], b: [], default: ['c'], c: [], d: [] } } } },
  };
  const result = await solve(packages, { net: { requirement: '*', features: ['a'] } });
  const features = result.status === 'resolved' && result.graph.packages[0]?.features;
  assert.equal(features, ['a', 'b', 'c', 'default']);
});

const shared = { a: { '1.0.0': { c: '^1' } }, b: { '1.0.0': { c: '^2' } }, c: all() };

test('One version of a name is chosen, or several where that is asked for', async () => {
  assert.is(await outcome(shared, { a: '*', b: '*' }), 'PKG_E_RESOLVE_CONFLICT');
  const several = ['a 1.0.0', 'b 1.0.0', 'c 1.0.0', 'c 2.0.0'];
  assert.equal(await outcome(shared, { a: '*', b: '*' }, { mode: 'multi' }), several);
});

test('Of one compatible series there is one version even then', async () => {
  const packages = {
    a: { '1.0.0': { c: '1.0.0' } },
    b: { '1.0.0': { c: '1.1.0' } },
    c: { '1.0.0': {}, '1.1.0': {} },
  };
  const multi = { mode: 'multi' } as const;
  assert.is(await outcome(packages, { a: '*', b: '*' }, multi), 'PKG_E_RESOLVE_CONFLICT');
});

test('0.1 and 0.2 are series of their own, and so are 0.0.1 and 0.0.2', async () => {
  const packages = {
    a: { '1.0.0': { c: '0.1.0', d: '0.0.1' } },
    b: { '1.0.0': { c: '0.2.0', d: '0.0.2' } },
    c: { '0.1.0': {}, '0.2.0': {} },
    d: { '0.0.1': {}, '0.0.2': {} },
  };
  const found = await outcome(packages, { a: '*', b: '*' }, { mode: 'multi' });
  assert.equal(found, ['a 1.0.0', 'b 1.0.0', 'c 0.1.0', 'c 0.2.0', 'd 0.0.1', 'd 0.0.2']);
});

test('A requirement that more than one series satisfies takes one version, the highest', async () => {
  const packages = { a: { '1.0.0': { c: '>=1' } }, b: { '1.0.0': { c: '^2' } }, c: all() };
  const result = await solve(packages, { a: '*', b: '*' }, { mode: 'multi' });
  const edges =
    result.status === 'resolved' && result.graph.packages.map((row) => row.dependencies);
  assert.equal(edges, [
    [{ name: 'c', requirement: '>=1', version: '3.0.0' }],
    [{ name: 'c', requirement: '^2', version: '2.0.0' }],
    [],
    [],
  ]);
});

test('Where the highest series cannot be had, a lower one is taken', async () => {
  const packages = {
    a: { '1.0.0': { c: '>=1' } },
    c: { '1.0.0': {}, '2.0.0': {}, '3.0.0': { nowhere: '*' } },
  };
  assert.equal(await outcome(packages, { a: '*' }, { mode: 'multi' }), ['a 1.0.0', 'c 2.0.0']);
});

/** test/long goes through 10,000 more. */
const graphs = 500;

test('On random graphs with all of this, solver and brute force agree, explanations too', async () => {
  const first = seedOfRun('graphs with features');
  const counts = { solvable: 0, unsolvable: 0 };
  for (let seed = first; seed < first + graphs; seed += 1) counts[await checkModes(seed)] += 1;
  assert.ok(counts.solvable > graphs / 5, `${counts.solvable} solvable`);
  assert.ok(counts.unsolvable > graphs / 5, `${counts.unsolvable} unsolvable`);
});

function all() {
  return { '1.0.0': {}, '2.0.0': {}, '3.0.0': {} };
}

test.run();
