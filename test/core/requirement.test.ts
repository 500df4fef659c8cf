import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import { highestSatisfying, parseRequirement, satisfies } from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import { suite } from '../support/suite.ts';

const test = suite('requirements');

const meaning: [requirement: string, satisfied: string, notSatisfied: string][] = [
  ['^1.2.3', '1.2.3 1.9.0 1.2.3+b', '1.2.2 2.0.0 2.0.0-rc.1 1.3.0-rc.1'],
  ['^0.2.3', '0.2.3 0.2.9', '0.3.0 1.0.0'],
  ['^0.0.3', '0.0.3', '0.0.4'],
  ['~1.2', '1.2.0 1.2.9', '1.3.0 1.1.9'],
  ['~1.2.3', '1.2.3 1.2.9', '1.2.2 1.3.0'],
  ['=1.2.5', '1.2.5 1.2.5+b', '1.2.4 1.2.6 1.2.5-rc.1'],
  ['1.2.5', '1.2.5', '1.2.4 1.2.6 1.3.0'],
  ['v1.2.5', '1.2.5', '1.2.6'],
  ['1.2', '1.2.0 1.2.9', '1.3.0'],
  ['1', '1.0.0 1.9.9', '2.0.0'],
  ['>=1.2 <2.0', '1.2.0 1.9.9', '1.1.9 2.0.0 2.0.0-rc.1'],
  ['>=1.0, <2.0', '1.0.0 1.9.9', '0.9.9 2.0.0'],
  ['>=1.0,<2.0', '1.0.0 1.9.9', '2.0.0'],
  [' >=1.0 , <2.0 ', '1.0.0 1.9.9', '2.0.0'],
  ['^1.2, <1.3', '1.2.9', '1.1.0 1.3.0'],
  ['^1.0, <1.5 || ^3.0, >3.1', '1.4.9 3.2.0', '1.5.0 2.0.0 3.1.0'],
  ['1.2.3 - 1.4, <1.3', '1.2.3 1.2.9', '1.3.0'],
  ['1.x', '1.0.0', '2.0.0'],
  ['*', '0.0.1 9.9.9', '1.0.0-rc.1'],
  ['', '0.0.1 9.9.9', '1.0.0-rc.1'],
  ['   ', '1.0.0', '1.0.0-rc.1'],
  ['^1.2.3-beta.2', '1.2.3-beta.2 1.2.3-rc.1 1.3.0', '1.2.3-alpha 1.2.4-rc.1'],
];

for (const [text, yes, no] of meaning) {
  test(`${JSON.stringify(text)} takes ${yes} and not ${no}`, () => {
    const requirement = parseRequirement(text);
    assert.is(requirement, text, 'kept as written');
    for (const version of yes.split(' '))
      assert.ok(satisfies(version as Version, requirement), version);
    for (const version of no.split(' '))
      assert.not(satisfies(version as Version, requirement), version);
  });
}

const noRequirements: [text: string, why: string][] = [
  ['latest', 'a tag'],
  ['abc', 'a word'],
  ['1.2.3.4', 'four numbers'],
  ['>=', 'an operator alone'],
  ['>=1.0 <', 'an operator at the end'],
  ['!=1.0', 'an operator that is none'],
  ['^^1.0', 'doubled operator'],
  [',', 'a comma alone'],
  ['>=1.0,', 'a comma at the end'],
  [',>=1.0', 'a comma at the beginning'],
  ['>=1.0,,<2.0', 'two commas'],
  ['>=1.0, , <2.0', 'two commas with a space'],
  ['>=1.0, || <2.0', 'a comma before ||'],
  ['>=1.0 ||, <2.0', 'a comma after ||'],
  ['>=, 1.0', 'a comma inside a comparator'],
  ['1.0.0 -, 2.0.0', 'a comma inside a range'],
  ['>=1.0\n<2.0', 'line end'],
  ['>=1.0\t<2.0', 'tab'],
  ['\u00a01.0', 'no-break space'],
  ['≥1.0', 'mathematical sign'],
  ['1.0\u0000', 'NUL'],
  ['file:../x', 'a path'],
  ['git+https://x/y', 'an address'],
  ['01.2.3', 'leading zero'],
  ['9007199254740992.0.0', 'a number beyond what is counted exactly'],
  [`>=1.0.0${' '.repeat(250)}`, '257 characters'],
  ['>'.repeat(256), 'operators alone'],
  ['1'.repeat(256), 'one long number'],
  [`${'1.'.repeat(127)}1`, 'many numbers'],
  ['<'.repeat(1_000_000), 'a million characters'],
];

for (const [text, why] of noRequirements) {
  test(`${JSON.stringify(text.slice(0, 30))} is no requirement: ${why}`, () => {
    assert.throws(
      () => parseRequirement(text),
      (error: unknown) => isVitteError(error, 'PKG_E_REQUIREMENT') && error.message.length < 200,
    );
  });
}

test('Of 256 characters, any form is still read', () => {
  const text = `>=1.0.0${' '.repeat(249)}`;
  assert.ok(satisfies('1.0.0' as Version, parseRequirement(text)));
  const alternatives = parseRequirement(
    Array.from({ length: 52 }, (_, k) => `${k % 9}`).join(' || '),
  );
  assert.ok(satisfies('8.0.0' as Version, alternatives));
});

test('The highest version that satisfies is chosen, in whatever order they come', () => {
  const list = ['1.2.0', '1.10.0', '2.0.0', '1.9.0', '1.11.0-rc.1'] as Version[];
  for (const versions of [list, list.toReversed(), list.toSorted()]) {
    const candidates = versions.map((version) => ({ version }));
    assert.is(highestSatisfying(candidates, parseRequirement('^1.0'))?.version, '1.10.0');
    assert.is(highestSatisfying(candidates, parseRequirement('*'))?.version, '2.0.0');
    assert.is(
      highestSatisfying(candidates, parseRequirement('>=1.11.0-0 <2'))?.version,
      '1.11.0-rc.1',
    );
    assert.is(highestSatisfying(candidates, parseRequirement('^3')), undefined);
  }
  assert.is(highestSatisfying([], parseRequirement('*')), undefined);
});

test.run();
