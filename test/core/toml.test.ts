import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import { parseToml } from '../../src/core/toml.ts';
import { suite } from '../support/suite.ts';

const test = suite('core: TOML');
const parse = (text: string | Uint8Array) => parseToml(Buffer.from(text as string), 'the document');

function refused(text: string | Uint8Array, message: RegExp) {
  assert.throws(
    () => parse(text),
    (error: unknown) => isVitteError(error, 'PKG_E_DOCUMENT') && message.test(error.message),
  );
}

test('TOML values become JSON values, dates their text', () => {
  const text =
    'a = 1\nb = [1.5, "x", { c = true }]\n[d.e]\nf = 1979-05-27\ng = 1979-05-27T07:32:00Z\n';
  assert.equal(parse(text), {
    a: 1,
    b: [1.5, 'x', { c: true }],
    d: { e: { f: '1979-05-27', g: '1979-05-27T07:32:00.000Z' } },
  });
});

test('what is no TOML is refused', () => {
  for (const text of ['a', 'a = ', '[a', 'a = 1\na = 2', '"a', "a = '''", 'a = "\n"']) {
    refused(text, /^the document is not valid TOML/);
  }
  refused(Buffer.from('a = "\xff"', 'latin1'), /not valid UTF-8/);
  refused('\ufeffa = 1', /byte order mark/);
  refused(' '.repeat(1024 * 1024 + 1), /over 1048576 bytes/);
});

test('nesting is at most 64 levels, in lists, tables and dotted keys', () => {
  const key = (parts: number) => Array(parts).fill('k').join('.');
  for (const text of [`${key(63)} = 1`, `[${key(63)}]`, `a = ${'['.repeat(60)}${']'.repeat(60)}`]) {
    assert.ok(parse(text));
  }
  refused(`${key(65)} = 1`, /deeper than 64/);
  refused(`[${key(65)}]`, /deeper than 64/);
  refused(`a = { ${key(65)} = 1 }`, /deeper than 64/);
  refused(`${Array(65).fill('"k"').join(' . ')} = 1`, /deeper than 64/);
  refused(`a = ${'['.repeat(65)}${']'.repeat(65)}`, /the document is/);
});

test('dots, brackets and equals signs in strings and comments do not count', () => {
  const dots = '.'.repeat(60_000);
  const text = [
    `a = "${dots}\\"${dots}"`,
    `b = '${dots}'`,
    `c = """${dots}"\n${dots}\\""" ${dots}"""""`,
    `d = '''${dots}''\n${dots}'''''`,
    `# ${dots}`,
    'e = 1 # "',
    'f = 2.5',
  ].join('\n');
  assert.equal(Object.keys(parse(text) as object), ['a', 'b', 'c', 'd', 'e', 'f']);
});

test('a document holds at most 50,000 keys, tables and lists, so that parsing it is cheap', () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, index) => `k${index} = 1`).join('\n');
  assert.is(Object.keys(parse(rows(50_000)) as object).length, 50_000);
  refused(rows(50_001), /over 50000 keys/);
  refused('[[a]]\n'.repeat(30_000), /over 50000 keys/);
  refused(`a = [${'[],'.repeat(60_000)}]`, /over 50000 keys/);
  refused(`a = ["""a"""", ${'{},'.repeat(60_000)}]`, /over 50000 keys/);
  refused(`a = ["""a""""", ${'{},'.repeat(60_000)}]`, /over 50000 keys/);
  assert.ok(parse(`a = [${'1,'.repeat(200_000)}]`), 'plain values are cheap');
});

test('numbers that JSON can not hold exactly are refused', () => {
  refused('a = 9007199254740993', /not valid TOML/);
});

test.run();
