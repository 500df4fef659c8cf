import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import {
  compareVersions,
  isPrerelease,
  isVersion,
  latestVersion,
  parseVersion,
  type Version,
  versionCore,
  versionOfTag,
  versionTag,
} from '../../src/core/version.ts';
import { suite } from '../support/suite.ts';

const test = suite('versions');

const versions = [
  '0.0.0',
  '1.2.3',
  '10.20.30',
  '1.2.3-alpha',
  '1.2.3-rc.1',
  '1.2.3--.-',
  '1.2.3-0a.x-y.7',
  '1.2.3+build.7',
  '1.2.3+001',
  '1.2.3-beta+exp.sha-5114f85',
  '9007199254740991.0.0',
  '1.0.0-20261122213400123456',
  `1.0.0-${'a'.repeat(250)}`,
];

const noVersions: [text: string, why: string][] = [
  ['', 'empty'],
  ['v', 'v alone'],
  ['1', 'one number'],
  ['1.2', 'two numbers'],
  ['1.2.3.4', 'four numbers'],
  ['01.2.3', 'leading zero'],
  ['1.02.3', 'leading zero in the middle'],
  ['1.2.3-01', 'leading zero in a prerelease number'],
  ['1.2.3-', 'empty prerelease'],
  ['1.2.3+', 'empty build'],
  ['1.2.3-a..b', 'empty identifier'],
  ['1.2.3+a+b', 'two builds'],
  ['1.2.3_4', 'underscore'],
  ['1.2.x', 'wildcard'],
  ['^1.2.3', 'requirement'],
  ['=1.2.3', 'equals sign, which semver takes'],
  ['vv1.2.3', 'v twice'],
  ['V1.2.3', 'upper case V'],
  ['v 1.2.3', 'space after v, which semver takes'],
  [' 1.2.3', 'space before, which semver trims'],
  ['1.2.3 ', 'space behind'],
  ['1.2.3\n', 'line end behind'],
  ['1.2.3\u0000', 'NUL'],
  ['1.2.3-é', 'accent'],
  ['１.2.3', 'full-width digit'],
  ['-1.2.3', 'negative'],
  ['9007199254740992.0.0', 'a number beyond what is counted exactly'],
  [`1.0.0-${'a'.repeat(251)}`, '257 characters'],
  [`${'1'.repeat(300)}.0.0`, '304 characters'],
  ['1.'.repeat(1_000_000), 'two million characters'],
];

test('Semantic versions are taken as they are', () => {
  for (const text of versions) {
    assert.is(parseVersion(text), text);
    assert.is(isVersion(text), true, text);
  }
});

test('A leading v is taken and left out', () => {
  assert.is(parseVersion('v1.2.3'), '1.2.3');
  assert.is(parseVersion('v1.2.3-rc.1+b'), '1.2.3-rc.1+b');
  assert.is(isVersion('v1.2.3'), false);
});

for (const [text, why] of noVersions) {
  test(`${JSON.stringify(text.slice(0, 30))} is no version: ${why}`, () => {
    assert.is(isVersion(text), false);
    assert.throws(
      () => parseVersion(text),
      (error: unknown) =>
        isVitteError(error, 'PKG_E_PACKAGE_VERSION') && error.message.length < 200,
    );
  });
}

test('Versions are ordered as SemVer says, builds behind', () => {
  const ordered = [
    '0.9.0',
    '1.0.0-0',
    '1.0.0-9',
    '1.0.0-10',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.0+1',
    '1.0.0+2',
    '1.0.0+10',
    '1.0.0+a',
    '1.9.0',
    '1.10.0',
    '2.0.0',
  ] as Version[];
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) {
      assert.is(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} and ${b}`);
    }
  }
});

test('Versions that semver can not tell apart have an order all the same', () => {
  const pairs = [
    ['1.0.0+01', '1.0.0+1'],
    ['1.0.0-9007199254740992', '1.0.0-9007199254740993'],
    ['1.0.0+9007199254740992', '1.0.0+9007199254740993'],
  ] as [Version, Version][];
  for (const [lower, higher] of pairs) {
    assert.ok(compareVersions(lower, higher) < 0, `${lower} and ${higher}`);
    assert.ok(compareVersions(higher, lower) > 0);
  }
});

const identifier = fc.oneof(
  fc.constantFrom('0', '1', '01', '10', 'a', 'A', 'a1', '-', 'rc', '9007199254740993'),
  fc.stringMatching(/^[0-9A-Za-z-]{1,4}$/),
);
const suffix = fc.array(identifier, { maxLength: 3 }).map((parts) => parts.join('.'));
const number = fc.nat({ max: 3 });
const anyVersion = fc
  .tuple(number, number, number, suffix, suffix)
  .map(([major, minor, patch, pre, build]) => {
    return `${major}.${minor}.${patch}${pre && `-${pre}`}${build && `+${build}`}`;
  })
  .filter(isVersion);

test('The order of versions is total', () => {
  fc.assert(
    fc.property(anyVersion, anyVersion, anyVersion, (a, b, c) => {
      const ab = Math.sign(compareVersions(a, b));
      assert.is(Math.sign(compareVersions(b, a)), ab === 0 ? 0 : -ab);
      assert.is(ab === 0, a === b);
      if (ab <= 0 && compareVersions(b, c) <= 0) assert.ok(compareVersions(a, c) <= 0);
    }),
    { numRuns: 3_000 },
  );
});

test('A version and its tag name each other', () => {
  fc.assert(
    fc.property(anyVersion, (version) => {
      const tag = versionTag(version);
      assert.match(tag, /^[0-9][0-9A-Za-z._-]*$/);
      assert.is(versionOfTag(tag), version);
    }),
  );
  assert.is(versionTag('1.2.3+b.7' as Version), '1.2.3_b.7');
});

test('Tags that are no version, or not the tag of one, stand for none', () => {
  for (const tag of [
    'latest',
    '_term',
    '_j-1-a-0',
    '_r-0123',
    '1.2',
    'v1.2.3',
    '1.2.3_a_b',
    '1.2.3_',
    '1.2.3+b',
    '1.2.3\n',
    'sha256-abc',
    '',
    `1.0.0-${'a'.repeat(123)}`,
  ]) {
    assert.is(versionOfTag(tag), undefined, JSON.stringify(tag));
  }
});

test('A version of more than 128 characters has no tag', () => {
  const longest = parseVersion(`1.0.0-${'a'.repeat(122)}`);
  assert.is(versionOfTag(versionTag(longest)), longest);
  assert.throws(
    () => versionTag(parseVersion(`1.0.0-${'a'.repeat(123)}`)),
    (error: unknown) => isVitteError(error, 'PKG_E_PACKAGE_VERSION'),
  );
});

test('Prereleases are told from stable versions, and builds from their release', () => {
  assert.is(isPrerelease('1.0.0-rc.1' as Version), true);
  assert.is(isPrerelease('1.0.0' as Version), false);
  assert.is(isPrerelease('1.0.0+a-b' as Version), false);
  assert.is(versionCore('1.0.0-rc.1+a-b.c' as Version), '1.0.0-rc.1');
  assert.is(versionCore('1.0.0' as Version), '1.0.0');
});

const latest: [versions: string, expected: string | undefined][] = [
  ['', undefined],
  ['1.0.0', '1.0.0'],
  ['1.9.0 1.10.0 1.2.0', '1.10.0'],
  ['1.0.0 2.0.0-rc.1', '1.0.0'],
  ['2.0.0-rc.1 1.0.0', '1.0.0'],
  ['2.0.0-rc.1 2.0.0-rc.2 2.0.0-beta', '2.0.0-rc.2'],
  ['1.0.0 !2.0.0', '1.0.0'],
  ['!1.0.0 2.0.0-rc.1', '2.0.0-rc.1'],
  ['!1.0.0 !2.0.0-rc.1', undefined],
  ['1.0.0 1.0.0+b', '1.0.0+b'],
];

for (const [list, expected] of latest) {
  test(`Of ${list || 'nothing'} (! is yanked) the latest is ${expected}`, () => {
    const versions = list.split(' ').filter(Boolean);
    const candidates = versions.map((text) => ({
      version: text.replace('!', '') as Version,
      yanked: text.startsWith('!'),
    }));
    assert.is(latestVersion(candidates)?.version, expected);
    assert.is(latestVersion(candidates.reverse())?.version, expected, 'in any order');
  });
}

test.run();
