import * as fc from 'fast-check';
import semver from 'semver';
import * as assert from 'uvu/assert';
import {
  comparatorsOf,
  parseRequirement,
  type Requirement,
  satisfies,
} from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import { releaseOf } from '../../src/resolve/release.ts';
import {
  complementOf,
  includes,
  intersectionOf,
  isEmptySet,
  unionOf,
  type VersionSet,
  versionSet,
} from '../../src/resolve/version-set.ts';
import { suite } from '../support/suite.ts';

const test = suite('sets of versions');

const small = fc.nat({ max: 3 });
const prerelease = fc.constantFrom('0', '1', '10', 'a', 'a.0', 'a.b', 'rc.1', 'rc.1.0', '-');
const version = fc
  .record({
    numbers: fc.tuple(small, small, small),
    prerelease: fc.option(prerelease),
    build: fc.option(fc.constantFrom('b', 'b.1')),
  })
  .map(({ numbers, prerelease, build }) => {
    return `${numbers.join('.')}${prerelease ? `-${prerelease}` : ''}${build ? `+${build}` : ''}`;
  });
const partial = fc.oneof(
  { weight: 4, arbitrary: version },
  fc.tuple(small, small).map((numbers) => numbers.join('.')),
  fc.tuple(small, fc.constantFrom('x', 'X', '*')).map((parts) => parts.join('.')),
  fc.constantFrom('*', 'x', '0', '2', 'v1.2.3'),
);
const operator = fc.constantFrom('^', '~', '>', '>=', '<', '<=', '=', '', '~>');
const comparator = fc
  .tuple(operator, fc.constantFrom('', ' '), partial)
  .map(([sign, space, number]) => `${sign}${sign ? space : ''}${number}`);
const alternative = fc.oneof(
  { weight: 3, arbitrary: comparator },
  fc.tuple(comparator, fc.constantFrom(' ', ', ', ','), comparator).map((parts) => parts.join('')),
  fc.tuple(partial, partial).map((ends) => ends.join(' - ')),
  fc.constantFrom('', ' '),
);
const requirement = fc
  .array(alternative, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join(' || '))
  .filter(isRequirement);

test('A set holds exactly the versions that satisfy its requirement', () => {
  check(requirement, version, (text, candidate) => {
    const set = versionSet(text as Requirement);
    assert.is(
      includes(set, releaseOf(candidate)),
      satisfies(candidate as Version, text as Requirement),
      `${JSON.stringify(text)} ${candidate}`,
    );
  });
});

test('With prereleases it holds what npm means by includePrerelease', () => {
  const withoutCommas = requirement.filter((text) => !text.includes(','));
  check(withoutCommas, version, (text, candidate) => {
    const set = versionSet(text as Requirement, { prereleases: true });
    assert.is(
      includes(set, releaseOf(candidate)),
      semver.satisfies(candidate, text, { includePrerelease: true }),
      `${JSON.stringify(text)} ${candidate}`,
    );
  });
});

test('Union, intersection and complement hold for every version', () => {
  fc.assert(
    fc.property(
      requirement,
      requirement,
      fc.array(version, { maxLength: 20 }),
      (a, b, versions) => {
        const [left, right] = [a, b].map((text) => versionSet(text as Requirement));
        for (const candidate of versions) {
          const at = releaseOf(candidate);
          const [inLeft, inRight] = [includes(left!, at), includes(right!, at)];
          assert.is(includes(unionOf(left!, right!), at), inLeft || inRight);
          assert.is(includes(intersectionOf(left!, right!), at), inLeft && inRight);
          assert.is(includes(complementOf(left!), at), !inLeft);
        }
      },
    ),
  );
});

test('Sets that hold the same versions are equal values', () => {
  fc.assert(
    fc.property(requirement, requirement, (a, b) => {
      const [left, right] = [a, b].map((text) => versionSet(text as Requirement));
      const both = intersectionOf(left!, right!);
      assert.equal(intersectionOf(right!, left!), both);
      assert.equal(complementOf(unionOf(complementOf(left!), complementOf(right!))), both);
      assert.equal(intersectionOf(left!, left!), left);
      assert.equal(unionOf(both, left!), left);
      assert.ok(isEmptySet(intersectionOf(left!, complementOf(left!))));
    }),
  );
});

test('The intervals stand in order and do not touch', () => {
  fc.assert(
    fc.property(requirement, requirement, (a, b) => {
      const set = unionOf(versionSet(a as Requirement), versionSet(b as Requirement));
      for (const { cuts } of [set.stable, set.prerelease]) {
        for (const [index, cut] of cuts.entries()) {
          const before = cuts[index - 1];
          if (before) assert.is(semver.compare(textOf(before), textOf(cut)), -1);
        }
      }
    }),
  );
});

const sameSets: [a: string, b: string][] = [
  ['*', ''],
  ['*', '>=0.0.0'],
  ['^1.2.3', '>=1.2.3 <2.0.0'],
  ['^1.2', '1.2 - 1'],
  ['~1.2', '1.2.x'],
  ['>1.2.3', '>=1.2.4'],
  ['<=1.2.3', '<1.2.4'],
  ['1.2.3 || 1.2.4', '>=1.2.3 <1.2.5'],
  ['>=1.0.0, <2.0.0', '1.x'],
  ['<0.0.0', '>1 <1'],
  ['=1.2.3-rc.1', '>=1.2.3-rc.1 <1.2.3-rc.1.0'],
  ['v1.2.3+build', '1.2.3'],
];

for (const [a, b] of sameSets) {
  test(`${JSON.stringify(a)} is the same set as ${JSON.stringify(b)}`, () => {
    assert.equal(versionSet(parseRequirement(a)), versionSet(parseRequirement(b)));
  });
}

test('Numbers that no double counts are compared as npm does', () => {
  const huge = ['1.0.0-9007199254740993', '1.0.0-9007199254740992', '1.0.0-99999999999999999999'];
  for (const text of huge) {
    for (const candidate of huge) {
      const range = `>=${text} <2` as Requirement;
      const expected = satisfies(candidate as Version, range);
      assert.is(
        includes(versionSet(range), releaseOf(candidate)),
        expected,
        `${range} ${candidate}`,
      );
    }
  }
});

test('A requirement at the limit of its length is read at once', () => {
  const longest = parseRequirement(Array.from({ length: 36 }, (_, k) => `>${k}`).join(' || '));
  const set: VersionSet = versionSet(longest);
  assert.ok(includes(set, releaseOf('1.0.0')));
  assert.not(includes(set, releaseOf('0.9.0')));
});

test('Comparators are npm’s, and a text that was not parsed is a mistake of the caller', () => {
  const [first] = comparatorsOf(parseRequirement('^1.2, <1.5'));
  assert.equal(
    first?.map(({ operator, version }) => `${operator}${version}`),
    ['>=1.2.0', '<2.0.0-0', '<1.5.0-0'],
  );
  assert.equal(comparatorsOf(parseRequirement('*')), [[]]);
  assert.throws(() => comparatorsOf('latest' as Requirement), TypeError);
});

function check(
  texts: fc.Arbitrary<string>,
  versions: fc.Arbitrary<string>,
  property: (text: string, version: string) => void,
) {
  fc.assert(
    fc.property(texts, fc.array(versions, { minLength: 5, maxLength: 20 }), (text, candidates) => {
      for (const candidate of candidates) property(text, candidate);
    }),
    { numRuns: 1_000 },
  );
}

function isRequirement(text: string): boolean {
  try {
    parseRequirement(text);
    return true;
  } catch {
    return false;
  }
}

function textOf({ major, minor, patch, prerelease }: ReturnType<typeof releaseOf>): string {
  const numbers = `${major}.${minor}.${patch}`;
  return prerelease.length > 0 ? `${numbers}-${prerelease.join('.')}` : numbers;
}

test.run();
