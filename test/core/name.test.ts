import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import { isPackageName, joinName, parsePackageName, splitName } from '../../src/core/name.ts';
import { suite } from '../support/suite.ts';

const test = suite('package names');

const long = 'a'.repeat(64);
const names = ['a', 'vitte-math', 'roussov/vitte-math', 'a1-2b-c3', 'x/y', long, `${long}/${long}`];

const noNames: [text: string, why: string][] = [
  ['', 'empty'],
  ['A', 'upper case'],
  ['vitteMath', 'upper case inside'],
  ['1a', 'begins with a digit'],
  ['-a', 'begins with a hyphen'],
  ['a-', 'ends with a hyphen'],
  ['a--b', 'two hyphens'],
  ['a_b', 'underscore'],
  ['a.b', 'dot'],
  ['a b', 'space'],
  [' a', 'space before'],
  ['a\n', 'line end behind'],
  ['a\u0000', 'NUL'],
  ['é', 'accent'],
  ['аbc', 'Cyrillic letter that looks like a'],
  ['ａ', 'full-width letter'],
  ['/a', 'empty namespace'],
  ['a/', 'empty name'],
  ['a//b', 'empty part'],
  ['a/b/c', 'three parts'],
  ['/'.repeat(100_000), 'slashes alone'],
  ['a\\b', 'backslash'],
  ['..', 'dots'],
  ['a/..', 'dots as a part'],
  ['%61', 'percent encoding'],
  ['a@1', 'with a version'],
  [`${long}a`, '65 characters'],
  [`a/${long}a`, '65 characters behind the namespace'],
  ['a'.repeat(1_000_000), 'a million characters'],
  [`${'a-'.repeat(500_000)}a`, 'a million characters of hyphens'],
  ['vitte-registry', 'reserved'],
  ['vitte-registry/a', 'reserved as a namespace'],
  ['a/vitte-registry', 'reserved in a namespace'],
  ['__proto__', 'a property of every object'],
];

test('Names in the registry\u2019s form are taken as they are', () => {
  for (const name of names) {
    assert.is(parsePackageName(name), name);
    assert.is(isPackageName(name), true, name);
  }
});

for (const [text, why] of noNames) {
  test(`${JSON.stringify(text.slice(0, 30))} is no name: ${why}`, () => {
    assert.is(isPackageName(text), false);
    assert.throws(() => parsePackageName(text), isNameError);
  });
}

test('A refusal shows at most 160 characters of what was sent', () => {
  try {
    parsePackageName('A'.repeat(10_000));
    assert.unreachable();
  } catch (error) {
    assert.ok(isVitteError(error, 'PKG_E_PACKAGE_NAME'));
    assert.ok(error.message.length < 300);
    assert.ok(error.help);
  }
});

test('A name splits into namespace and local part, and joins again', () => {
  for (const name of names.map(parsePackageName)) {
    const { namespace, local } = splitName(name);
    assert.is(joinName(namespace, local), name);
    assert.is(local.includes('/'), false);
  }
  assert.equal(splitName(parsePackageName('a/b')), { namespace: 'a', local: 'b' });
  assert.equal(splitName(parsePackageName('b')), { namespace: undefined, local: 'b' });
});

test('Joining refuses parts that are no names', () => {
  for (const [namespace, local] of [
    ['', 'a'],
    ['a', ''],
    ['a/b', 'c'],
    ['a', 'b/c'],
    [undefined, 'b/c'],
    ['vitte-registry', 'a'],
  ] as const) {
    assert.throws(() => joinName(namespace, local), isNameError);
  }
});

test.run();

function isNameError(error: unknown): boolean {
  return isVitteError(error, 'PKG_E_PACKAGE_NAME');
}
