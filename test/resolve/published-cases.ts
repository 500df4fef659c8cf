// Graphs on which solvers are known to go wrong, as the documents and tests of others describe them: what PubGrub's
// paper walks through (dart-lang/pub, doc/solver.md), what pub's and pubgrub-rs's own tests hold. Where the answer
// here is another one than there, the case says why.

export type PublishedCase = {
  what: string;
  packages: Record<string, Record<string, Record<string, string>>>;
  requires: Record<string, string>;
  /** `NAME VERSION` of what is chosen, or a code. */
  gives: string[] | string;
};

const conflict = 'PKG_E_RESOLVE_CONFLICT';
const noVersion = 'PKG_E_DEPENDENCY_VERSION';

export const publishedCases: PublishedCase[] = [
  {
    what: 'no conflicts',
    packages: { foo: { '1.0.0': { bar: '^1.0.0' } }, bar: { '1.0.0': {}, '2.0.0': {} } },
    requires: { foo: '^1.0.0' },
    gives: ['bar 1.0.0', 'foo 1.0.0'],
  },
  {
    // The paper keeps bar's newest and goes back to foo 1.0.0, as here: bar comes before foo by name.
    what: 'avoiding a conflict while deciding',
    packages: {
      foo: { '1.0.0': {}, '1.1.0': { bar: '^2.0.0' } },
      bar: { '1.0.0': {}, '1.1.0': {}, '2.0.0': {} },
    },
    requires: { foo: '^1.0.0', bar: '^1.0.0' },
    gives: ['bar 1.1.0', 'foo 1.0.0'],
  },
  {
    what: 'performing conflict resolution',
    packages: {
      foo: { '1.0.0': {}, '2.0.0': { bar: '^1.0.0' } },
      bar: { '1.0.0': { foo: '^1.0.0' } },
    },
    requires: { foo: '>=1.0.0' },
    gives: ['foo 1.0.0'],
  },
  {
    what: 'conflict resolution with a partial satisfier',
    packages: {
      foo: { '1.0.0': {}, '1.1.0': { left: '^1.0.0', right: '^1.0.0' } },
      left: { '1.0.0': { shared: '>=1.0.0' } },
      right: { '1.0.0': { shared: '<2.0.0' } },
      shared: { '1.0.0': { target: '^1.0.0' }, '2.0.0': {} },
      target: { '1.0.0': {}, '2.0.0': {} },
    },
    requires: { foo: '^1.0.0', target: '^2.0.0' },
    gives: ['foo 1.0.0', 'target 2.0.0'],
  },
  {
    what: 'linear error reporting',
    packages: {
      foo: { '1.0.0': { bar: '^2.0.0' } },
      bar: { '2.0.0': { baz: '^3.0.0' } },
      baz: { '1.0.0': {}, '3.0.0': {} },
    },
    requires: { foo: '^1.0.0', baz: '^1.0.0' },
    gives: conflict,
  },
  {
    what: 'branching error reporting',
    packages: {
      foo: { '1.0.0': { a: '^1.0.0', b: '^1.0.0' }, '1.1.0': { x: '^1.0.0', y: '^1.0.0' } },
      a: { '1.0.0': { b: '^2.0.0' } },
      b: { '1.0.0': {}, '2.0.0': {} },
      x: { '1.0.0': { y: '^2.0.0' } },
      y: { '1.0.0': {}, '2.0.0': {} },
    },
    requires: { foo: '^1.0.0' },
    gives: conflict,
  },
  {
    what: 'a dependency shared with overlapping requirements',
    packages: {
      a: { '1.0.0': { shared: '>=2.0.0 <4.0.0' } },
      b: { '1.0.0': { shared: '>=3.0.0 <5.0.0' } },
      shared: { '2.0.0': {}, '3.0.0': {}, '3.6.9': {}, '4.0.0': {}, '5.0.0': {} },
    },
    requires: { a: '1.0.0', b: '1.0.0' },
    gives: ['a 1.0.0', 'b 1.0.0', 'shared 3.6.9'],
  },
  {
    what: 'a shared dependency whose version has other dependencies',
    packages: {
      foo: {
        '1.0.0': {},
        '1.0.1': { bang: '1.0.0' },
        '1.0.2': { whoop: '1.0.0' },
        '1.0.3': { zoop: '1.0.0' },
      },
      bar: { '1.0.0': { foo: '<=1.0.1' } },
      bang: { '1.0.0': {} },
      whoop: { '1.0.0': {} },
      zoop: { '1.0.0': {} },
    },
    requires: { foo: '<=1.0.2', bar: '1.0.0' },
    gives: ['bang 1.0.0', 'bar 1.0.0', 'foo 1.0.1'],
  },
  {
    what: 'a circular dependency',
    packages: { foo: { '1.0.0': { bar: '1.0.0' } }, bar: { '1.0.0': { foo: '1.0.0' } } },
    requires: { foo: '1.0.0' },
    gives: ['bar 1.0.0', 'foo 1.0.0'],
  },
  {
    what: 'a dependency that goes away with a version that is given up',
    packages: {
      foo: { '1.0.0': {}, '2.0.0': {} },
      bar: { '1.0.0': {}, '2.0.0': { baz: '1.0.0' } },
      baz: { '1.0.0': { foo: '2.0.0' } },
    },
    requires: { foo: '1.0.0', bar: '*' },
    gives: ['bar 1.0.0', 'foo 1.0.0'],
  },
  {
    what: 'no version that matches',
    packages: { foo: { '2.0.0': {}, '2.1.3': {} } },
    requires: { foo: '>=1.0.0 <2.0.0' },
    gives: noVersion,
  },
  {
    what: 'no version that matches two requirements together',
    packages: {
      foo: { '1.0.0': { shared: '>=2.0.0 <3.0.0' } },
      bar: { '1.0.0': { shared: '>=2.9.0 <4.0.0' } },
      shared: { '2.5.0': {}, '3.5.0': {} },
    },
    requires: { foo: '1.0.0', bar: '1.0.0' },
    gives: conflict,
  },
  {
    what: 'disjoint requirements',
    packages: {
      foo: { '1.0.0': { shared: '<=2.0.0' } },
      bar: { '1.0.0': { shared: '>3.0.0' } },
      shared: { '2.0.0': {}, '4.0.0': {} },
    },
    requires: { foo: '1.0.0', bar: '1.0.0' },
    gives: conflict,
  },
  {
    what: 'no valid solution among versions that refuse each other',
    packages: {
      a: { '1.0.0': { b: '1.0.0' }, '2.0.0': { b: '2.0.0' } },
      b: { '1.0.0': { a: '2.0.0' }, '2.0.0': { a: '1.0.0' } },
    },
    requires: { a: '*', b: '*' },
    gives: conflict,
  },
  {
    what: 'no version that matches, while others would',
    packages: { a: { '1.0.0': {} }, b: { '1.0.0': {} } },
    requires: { a: '*', b: '>1.0.0' },
    gives: noVersion,
  },
  {
    what: 'a requirement far down that nothing matches (pub 18300)',
    packages: {
      analyzer: { '0.12.2': {} },
      angular: {
        '0.9.10': { di: '>=0.0.32 <0.1.0', collection: '>=0.9.1 <1.0.0' },
        '0.9.11': { di: '>=0.0.32 <0.1.0', collection: '>=0.9.1 <1.0.0' },
        '0.10.0': { di: '>=0.0.32 <0.1.0', collection: '>=0.9.1 <1.0.0' },
      },
      collection: { '0.9.0': {}, '0.9.1': {} },
      di: {
        '0.0.36': { analyzer: '>=0.13.0 <0.14.0' },
        '0.0.37': { analyzer: '>=0.13.0 <0.14.0' },
      },
    },
    requires: { angular: '*', collection: '*' },
    gives: noVersion,
  },
  {
    what: 'a circular dependency on an older version',
    packages: { a: { '1.0.0': {}, '2.0.0': { b: '1.0.0' } }, b: { '1.0.0': { a: '1.0.0' } } },
    requires: { a: '>=1.0.0' },
    gives: ['a 1.0.0'],
  },
  {
    // Pub gives up a's newest for b's; here a comes first by name, b and c follow it.
    what: 'a diamond',
    packages: {
      a: { '1.0.0': {}, '2.0.0': { c: '^1.0.0' } },
      b: { '1.0.0': { c: '^2.0.0' }, '2.0.0': { c: '^3.0.0' } },
      c: { '1.0.0': {}, '2.0.0': {}, '3.0.0': {} },
    },
    requires: { a: '*', b: '*' },
    gives: ['a 1.0.0', 'b 2.0.0', 'c 3.0.0'],
  },
  {
    what: 'a jump back after a partial satisfier',
    packages: {
      a: { '1.0.0': { x: '>=1.0.0' } },
      b: { '1.0.0': { x: '<2.0.0' } },
      c: { '1.0.0': {}, '2.0.0': { a: '*', b: '*' } },
      x: { '0.0.0': {}, '1.0.0': { y: '1.0.0' }, '2.0.0': {} },
      y: { '1.0.0': {}, '2.0.0': {} },
    },
    requires: { c: '*', y: '^2.0.0' },
    gives: ['c 1.0.0', 'y 2.0.0'],
  },
  {
    what: 'versions far from the root are given up first',
    packages: {
      a: { '1.0.0': { b: '*' }, '2.0.0': { b: '*', c: '2.0.0' } },
      b: { '1.0.0': {}, '2.0.0': { c: '1.0.0' } },
      c: { '1.0.0': {}, '2.0.0': {} },
    },
    requires: { a: '*' },
    gives: ['a 2.0.0', 'b 1.0.0', 'c 2.0.0'],
  },
  {
    what: 'a chain that only its oldest versions satisfy',
    packages: {
      foo: { '1.0.0': { bar: '1.0.0' }, '2.0.0': { bar: '2.0.0' }, '3.0.0': { bar: '3.0.0' } },
      bar: { '1.0.0': { baz: '*' }, '2.0.0': { baz: '2.0.0' }, '3.0.0': { baz: '3.0.0' } },
      baz: { '1.0.0': {} },
    },
    requires: { foo: '*' },
    gives: ['bar 1.0.0', 'baz 1.0.0', 'foo 1.0.0'],
  },
  {
    what: 'a jump back to the nearer unsatisfied package',
    packages: {
      a: { '1.0.0': { c: '1.0.0' }, '2.0.0': { c: '2.0.0-nonexistent' } },
      b: { '1.0.0': {}, '2.0.0': {}, '3.0.0': {} },
      c: { '1.0.0': {} },
    },
    requires: { a: '*', b: '*' },
    gives: ['a 1.0.0', 'b 3.0.0', 'c 1.0.0'],
  },
  {
    // Pub looks at b first, which has fewer versions, and gives up a's newest. Here names decide, not counts.
    what: 'two packages of which either must step back',
    packages: {
      a: {
        '1.0.0': { c: '*' },
        '2.0.0': { c: '*' },
        '3.0.0': { c: '*' },
        '4.0.0': { c: '*' },
        '5.0.0': { c: '1.0.0' },
      },
      b: { '1.0.0': { c: '*' }, '2.0.0': { c: '*' }, '3.0.0': { c: '*' }, '4.0.0': { c: '2.0.0' } },
      c: { '1.0.0': {}, '2.0.0': {} },
    },
    requires: { a: '*', b: '*' },
    gives: ['a 5.0.0', 'b 3.0.0', 'c 1.0.0'],
  },
  {
    what: 'a hundred versions of two packages that one version of a third ties',
    packages: {
      baz: { '0.0.0': {} },
      foo: hundred((major) => ({ baz: `${major}.0.0` })),
      bar: hundred((_, minor) => ({ baz: `0.${minor}.0` })),
    },
    requires: { foo: '*', bar: '*' },
    gives: ['bar 9.0.0', 'baz 0.0.0', 'foo 0.9.0'],
  },
  {
    what: 'a jump back past a package with a disjoint requirement',
    packages: {
      a: { '1.0.0': { foo: '*' }, '2.0.0': { foo: '<1.0.0' } },
      foo: { '2.0.0': {}, '2.0.1': {}, '2.0.2': {}, '2.0.3': {}, '2.0.4': {} },
    },
    requires: { a: '*', foo: '>2.0.0' },
    gives: ['a 1.0.0', 'foo 2.0.4'],
  },
  {
    what: 'a less strict requirement that is found late (pub 18666)',
    packages: {
      a: { '1.0.0': {}, '2.0.0': {} },
      b: { '1.0.0': { a: '1.0.0' } },
      c: { '1.0.0': { b: '*' } },
      d: { '1.0.0': { e: '<1.0.0' }, '2.0.0': { e: '*' } },
      e: { '1.0.0': {} },
    },
    requires: { a: '*', c: '*', d: '*' },
    gives: ['a 1.0.0', 'b 1.0.0', 'c 1.0.0', 'd 2.0.0', 'e 1.0.0'],
  },
  {
    what: 'double choices (pubgrub-rs)',
    packages: {
      b: { '0.0.0': { d: '0.0.0' }, '1.0.0': { d: '1.0.0' } },
      c: { '0.0.0': {}, '1.0.0': { d: '2.0.0' } },
      d: { '0.0.0': {} },
    },
    requires: { b: '*', c: '*' },
    gives: ['b 0.0.0', 'c 0.0.0', 'd 0.0.0'],
  },
  {
    what: 'confusion with lots of holes (pubgrub-rs)',
    packages: {
      foo: {
        '1.0.0': { bar: '*' },
        '2.0.0': { bar: '*' },
        '3.0.0': { bar: '*' },
        '4.0.0': { bar: '*' },
        '5.0.0': { bar: '*' },
      },
      baz: { '1.0.0': {} },
    },
    requires: { foo: '*', baz: '*' },
    gives: 'PKG_E_DEPENDENCY_NOT_FOUND',
  },
  {
    what: 'an unsatisfiable dependency on itself',
    packages: { foo: { '1.0.0': { foo: '>=2.0.0' } } },
    requires: { foo: '*' },
    gives: noVersion,
  },
  {
    what: 'a dependency on another version of itself',
    packages: { foo: { '1.0.0': {}, '2.0.0': { foo: '1.0.0' } } },
    requires: { foo: '*' },
    gives: ['foo 1.0.0'],
  },
  {
    // `*` of pub takes prereleases, and prefers stable versions; npm's takes no prerelease at all.
    what: 'stable versions before prereleases',
    packages: { a: { '1.0.0': {}, '1.1.0-dev': {}, '2.0.0-dev': {}, '3.0.0-dev': {} } },
    requires: { a: '*' },
    gives: ['a 1.0.0'],
  },
  {
    // Pub takes the newest prerelease below 2.0.0 where no stable version matches; npm takes none.
    what: 'prereleases alone, not asked for',
    packages: { a: { '1.0.0-dev': {}, '1.1.0-dev': {}, '1.9.0-dev': {}, '3.0.0': {} } },
    requires: { a: '<2.0.0' },
    gives: noVersion,
  },
  {
    what: 'no prerelease of the bound itself',
    packages: { a: { '1.0.0': {}, '1.1.0': {}, '2.0.0-dev': {}, '2.0.0': {} } },
    requires: { a: '<2.0.0' },
    gives: ['a 1.1.0'],
  },
  {
    what: 'a prerelease that is asked for',
    packages: { a: { '1.0.0': {}, '1.1.0-dev': {} } },
    requires: { a: '^1.1.0-dev' },
    gives: ['a 1.1.0-dev'],
  },
  {
    what: 'the release after the prerelease that is asked for',
    packages: { a: { '1.0.0': {}, '1.1.0-dev': {}, '1.1.0': {} } },
    requires: { a: '^1.1.0-dev' },
    gives: ['a 1.1.0'],
  },
  {
    what: 'a prerelease that a stable version depends on',
    packages: {
      a: { '1.0.0': { b: '^1.0.0' }, '1.1.0': { b: '^1.1.0-dev' } },
      b: { '1.0.0': {}, '1.1.0-dev': {} },
    },
    requires: { a: '^1.0.0' },
    gives: ['a 1.1.0', 'b 1.1.0-dev'],
  },
  {
    what: 'a prerelease that a direct requirement does not take',
    packages: {
      a: { '1.0.0': { b: '^1.0.0' }, '1.1.0': { b: '^1.1.0-dev' } },
      b: { '1.0.0': {}, '1.1.0-dev': {} },
    },
    requires: { a: '^1.0.0', b: '^1.0.0' },
    gives: ['a 1.0.0', 'b 1.0.0'],
  },
  {
    // Pub ends with the prerelease, which `^1.0.0` of c would not take in npm.
    what: 'a prerelease that an indirect requirement does not take',
    packages: {
      a: { '1.0.0': { b: '^1.0.0' }, '1.1.0': { b: '^1.1.0-dev' } },
      b: { '1.0.0': {}, '1.1.0-dev': {} },
      c: { '1.0.0': { b: '^1.0.0' } },
    },
    requires: { a: '^1.0.0', c: '^1.0.0' },
    gives: ['a 1.0.0', 'b 1.0.0', 'c 1.0.0'],
  },
  {
    what: 'prereleases between versions with other dependencies (pub 3057, once an endless loop)',
    packages: {
      a: { '0.12.0': {} },
      b: {
        '0.1.0': { c: '2.0.0' },
        '0.9.0-1': { c: '^1.6.0' },
        '0.10.0': { a: '1.0.0' },
        '0.17.0': { a: '1.0.0' },
      },
      c: { '2.0.1': {} },
    },
    requires: { a: '0.12.0', b: '*' },
    gives: noVersion,
  },
  {
    what: 'a version that only a prerelease of another saves (pub 3038)',
    packages: {
      a: { '1.0.0': { b: '^1.1.0-alpha' }, '1.1.0': { b: '^1.0.0' } },
      b: { '1.0.0': { c: '^1.0.0' }, '1.1.0-alpha': {} },
      c: { '0.9.0': {} },
    },
    requires: { a: '^1.0.0' },
    gives: ['a 1.0.0', 'b 1.1.0-alpha'],
  },
  {
    what: 'nothing at all',
    packages: {},
    requires: {},
    gives: [],
  },
  {
    what: 'a package that does not exist',
    packages: {},
    requires: { nowhere: '*' },
    gives: 'PKG_E_DEPENDENCY_NOT_FOUND',
  },
  {
    what: 'a version whose dependency does not exist, and one before it',
    packages: { a: { '1.0.0': {}, '2.0.0': { nowhere: '*' } } },
    requires: { a: '*' },
    gives: ['a 1.0.0'],
  },
];

function hundred(rows: (major: number, minor: number) => Record<string, string>) {
  const versions: Record<string, Record<string, string>> = {};
  for (let number = 0; number < 100; number += 1) {
    const [major, minor] = [Math.floor(number / 10), number % 10];
    versions[`${major}.${minor}.0`] = rows(major, minor);
  }
  return versions;
}
