import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { sha256 } from '../../../src/core/digest.ts';
import { pack, stringsOf } from '../../../src/index/redis/pack.ts';
import { unpack } from '../../../src/index/redis/unpack.ts';
import { suite } from '../../support/suite.ts';

const test = suite('packed values');

const digest = sha256('content');
const uuid = '0193f0c4-8a1b-7cde-8f01-23456789abcd';

/** Texts that look like a short form, or nearly. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'n', 'published', 'sha256:', digest, digest.toUpperCase(), `${digest}0`),
  fc.constantFrom(
    uuid,
    uuid.toUpperCase(),
    uuid.slice(1),
    '\ud800',
    'abc\udfff',
    'é',
    '💡'.repeat(40),
  ),
  fc.constantFrom('2026-11-22T10:00:01.000Z', '2026-11-22T10:00:01Z', '2026-02-30T10:00:01.000Z'),
  fc.constantFrom(
    '1969-12-31T23:59:59.999Z',
    '9999-12-31T23:59:59.999Z',
    '0000-01-01T00:00:00.000Z',
  ),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), maxLength: 80 }),
);
const number = fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger(), fc.nat({ max: 300 }));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(text, tie('value'), { maxKeys: 5 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'a\0b', 'name'), tie('value'), { maxKeys: 3 }),
  ),
}));

test('Any JSON value comes back as JSON itself would give it back', () => {
  fc.assert(
    fc.property(value, (given) => {
      assert.equal(unpack(pack(given)), JSON.parse(JSON.stringify(given)));
    }),
    { numRuns: 2_000 },
  );
});

test('Strings that both sides know are referred to, in whatever number and however often', () => {
  fc.assert(
    fc.property(value, value, fc.array(text), (one, two, more) => {
      const known = [...stringsOf(one), ...more];
      const read = unpack(pack([one, two, more], known), known);
      assert.equal(read, JSON.parse(JSON.stringify([one, two, more])));
    }),
  );
  const known = stringsOf({ digest, uuid, short: 'abc' });
  assert.equal(known, [digest, uuid]);
  assert.is(pack([digest, uuid], known).length, 1 + 2 + 2);
});

test('An entry that publishes a version leaves out the names of its members, and its package to who knows it', () => {
  const name = 'team/library';
  const at = '2026-11-22T10:00:01.000Z';
  const common = { actor: 'admin', at, digest, event: 'published', id: uuid, n: 7 };
  const entry = { ...common, package: name, version: '1.0.0' };
  const packed = pack(entry, [name]);
  assert.equal(unpack(packed, [name]), entry);
  assert.is(JSON.stringify(unpack(packed, [name])), JSON.stringify(entry));
  // The object, actor, event and number in one byte each; time, digest, id, package, version.
  assert.is(packed.length, 4 + 7 + 33 + 17 + 2 + 6);
});

test('Members keep their order, and those that are undefined are left out', () => {
  const given = { z: 1, a: undefined, m: { digest, bytes: 5 } };
  assert.is(JSON.stringify(unpack(pack(given))), JSON.stringify(given));
});

test('Objects with the members of one before them leave the names out', () => {
  const rows = Array.from({ length: 9 }, (_, n) => ({
    'some name': n,
    'another name': { deep: n },
  }));
  const [one, nine] = [pack(rows.slice(0, 1)), pack(rows)];
  assert.ok(nine.length - one.length <= 8 * 6, `${one.length} and ${nine.length} bytes`);
  assert.is(JSON.stringify(unpack(nine)), JSON.stringify(rows));
});

test('A member called __proto__ is a member like any other', () => {
  const given = JSON.parse('{"__proto__":{"admin":true},"name":"x"}') as object;
  const read = unpack(pack(given)) as object;
  assert.is(JSON.stringify(read), JSON.stringify(given));
  assert.is((read as { admin?: boolean }).admin, undefined);
});

test('A hash takes its bytes and one more, a known word one, what was there before two', () => {
  assert.is(pack(digest).length, 33);
  assert.is(pack(uuid).length, 17);
  assert.is(pack('2026-11-22T10:00:01.000Z').length, 7);
  assert.is(pack('a'.repeat(64)).length, 33);
  assert.is(pack('package created').length, 1);
  assert.is(pack([digest, digest]).length, 1 + 33 + 2);
});

test('What there are more of than a byte has room for comes back as well', () => {
  const lengths = [0, 1, 14, 15, 16, 17, 40];
  const lists = lengths.map((length) => Array.from({ length }, (_, n) => n));
  const numbers = [0, 31, 32, 33, 127, 128];
  const texts = [0, 62, 63, 64, 65].map((length) => 'x'.repeat(length));
  const shapes = Array.from({ length: 20 }, (_, n) => ({ [`member ${n}`]: n }));
  const given = [lists, numbers, texts, [...shapes, ...shapes]];
  assert.equal(unpack(pack(given)), given);
});

test('Bytes that are no packed value are refused, whatever they are', () => {
  const isRefused = (bytes: Buffer) => {
    try {
      unpack(bytes);
    } catch (error) {
      return error instanceof RangeError || error instanceof SyntaxError;
    }
    return undefined; // it happens to be one
  };
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      (bytes) => isRefused(Buffer.from(bytes)) !== false,
    ),
    { numRuns: 5_000 },
  );
  const whole = pack({ digest, at: '2026-11-22T10:00:01.000Z', text: 'a text', list: [1, 2, 300] });
  for (let length = 0; length < whole.length; length += 1) {
    assert.is(isRefused(whole.subarray(0, length)), true, `cut after ${length}`);
  }
});

test.run();
