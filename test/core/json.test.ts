import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import {
  canonicalBytes,
  canonicalJson,
  compareCodePoints,
  decodeUtf8,
  isJsonObject,
  parseJson,
} from '../../src/core/json.ts';
import { suite } from '../support/suite.ts';
import { sample } from '../support/vitte-samples.ts';

const test = suite('core: JSON');
const parse = (text: string | Uint8Array) => parseJson(Buffer.from(text as string), 'the document');

function refused(text: string | Uint8Array, message: RegExp) {
  assert.throws(
    () => parse(text),
    (error: unknown) =>
      isVitteError(error, 'PKG_E_DOCUMENT') &&
      message.test(error.message) &&
      error.message.startsWith('the document'),
    `${Buffer.from(text as string)
      .toString()
      .slice(0, 40)} against ${message}`,
  );
}

test("documents of Vitte's own tools are canonical JSON with indent 2", () => {
  const names = [
    'vitte.lock',
    'workspace-app-0.1.0.vittepkg.json.sample',
    'registry/registry.json.sample',
    'registry/lockfile.vitte.lock',
  ];
  for (const name of names) {
    const bytes = sample(name);
    assert.is(canonicalJson(parseJson(bytes, name), 2), bytes.toString(), name);
  }
});

test('canonical JSON sorts members by code point and leaves out undefined ones', () => {
  assert.is(
    canonicalJson({ b: 1, a: { d: undefined, c: [] }, A: {} }),
    '{"A":{},"a":{"c":[]},"b":1}',
  );
  assert.is(canonicalJson({ '\u{1d4b3}': 1, '\uff5e': 2 }), '{"\\uff5e":2,"\\ud835\\udcb3":1}');
});

test('members that look like numbers are sorted by code point too', () => {
  assert.is(canonicalJson({ 9: 1, 10: 2, '-1': 3 }), '{"-1":3,"10":2,"9":1}');
  assert.is(canonicalJson({ ['__proto__']: 1, b: 2 }), '{"__proto__":1,"b":2}');
});

test('canonical JSON escapes what is not printable ASCII, and nothing else', () => {
  assert.is(canonicalJson('é\u007f\u2028\u{1d4b3}/<'), '"\\u00e9\\u007f\\u2028\\ud835\\udcb3/<"');
  assert.is(canonicalJson('"\\\b\f\n\r\t\u0001'), '"\\"\\\\\\b\\f\\n\\r\\t\\u0001"');
  assert.is(canonicalJson('\ud835'), '"\\ud835"');
});

test('canonical JSON with indent 2 is the form of files, empty containers on one line', () => {
  const text = canonicalJson({ list: [1, [], { x: null }], empty: {}, flag: true }, 2);
  const lines = [
    '{',
    '  "empty": {},',
    '  "flag": true,',
    '  "list": [',
    '    1,',
    '    [],',
    '    {',
    '      "x": null',
    '    }',
    '  ]',
    '}',
    '',
  ];
  assert.is(text, lines.join('\n'));
  assert.is(canonicalJson([], 2), '[]\n');
});

test('canonical bytes are the text in UTF-8', () => {
  assert.equal(canonicalBytes({ é: 1 }), Buffer.from('{"\\u00e9":1}'));
});

test('what is parsed and written again canonically stays the same', () => {
  const text = '{"a":[1,-2.5,1e+21,true,null,"\\u00e9"],"b":{"c":{}}}';
  assert.is(canonicalJson(parse(text)), text);
});

test('code points order otherwise than UTF-16 units', () => {
  assert.ok(compareCodePoints('\uff5e', '\u{1d4b3}') < 0);
  assert.ok('\uff5e' > '\u{1d4b3}');
  assert.is(compareCodePoints('a', 'a'), 0);
  assert.ok(compareCodePoints('a', 'a/') < 0);
});

test('a document is valid UTF-8 without a byte order mark', () => {
  refused(Buffer.from('"\xff"', 'latin1'), /not valid UTF-8/);
  refused(Buffer.from('"\xed\xa0\x80"', 'latin1'), /not valid UTF-8/);
  refused('\ufeff{}', /byte order mark/);
  assert.is(decodeUtf8(Buffer.from('é\ufeff'), 'x'), 'é\ufeff');
});

test('a document is at most 1 MiB', () => {
  const most = `"${'x'.repeat(1024 * 1024 - 2)}"`;
  assert.is(parse(most), most.slice(1, -1));
  refused(` ${most}`, /over 1048576 bytes/);
});

test('a document is nested at most 64 levels deep, whatever closes', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  assert.ok(Array.isArray(parse(nested(64))));
  refused(nested(65), /deeper than 64 levels/);
  refused('{"a":'.repeat(65), /deeper than 64 levels/);
  refused('['.repeat(1_000_000), /deeper than 64 levels/);
  assert.is((parse(`[${'[],'.repeat(1000)}[]]`) as unknown[]).length, 1001);
  assert.is(parse(`"${'['.repeat(100)}"`), '['.repeat(100), 'brackets in a string do not count');
  assert.is(parse(`"\\"${'['.repeat(100)}"`), `"${'['.repeat(100)}`);
});

test('a member named twice in one object is refused, however it is written', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1, "b":{}, "a" : 2}',
    '{"a":1,"\\u0061":2}',
    '{"x":[{"a":1,"a":2}]}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
  ]) {
    refused(text, /twice/);
  }
  assert.equal(parse('{"a":{"a":1},"b":["a","a"],"c":"a\\":"}'), {
    a: { a: 1 },
    b: ['a', 'a'],
    c: 'a":',
  });
});

test('text that is no JSON is refused', () => {
  for (const text of [
    '',
    ' ',
    '{',
    '}',
    '{"a"}',
    "{'a':1}",
    '[1,]',
    '"a',
    '"\\"',
    '01',
    'NaN',
    '{}{}',
    '"\n"',
    '][',
  ])
    refused(text, /not valid JSON/);
});

test('a string literal that never closes takes no longer than its length', () => {
  // With a pattern that tries each quote anew, this does not end within the time limit of a test.
  refused(`"${'\\"'.repeat(500_000)}`, /not valid JSON/);
  refused(`{${'"\\\\"'.repeat(200_000)}`, /not valid JSON/);
});

test('a parsed __proto__ is a member like any other', () => {
  const value = parse('{"__proto__":{"x":1}}');
  assert.ok(isJsonObject(value) && Object.hasOwn(value, '__proto__'));
  assert.is((value as { x?: number }).x, undefined);
});

test.run();
