import * as assert from 'uvu/assert';
import {
  digestOfHex,
  hexOf,
  isDigest,
  parseDigest,
  sha256,
  sha256Hex,
} from '../../src/core/digest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { suite } from '../support/suite.ts';

const test = suite('digests');

// FIPS 180-4 examples, https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('SHA-256 is that of the standard, for text and bytes', () => {
  assert.is(sha256Hex('abc'), abc);
  assert.is(sha256(Buffer.from('abc')), `sha256:${abc}`);
  assert.is(sha256(new Uint8Array()), `sha256:${empty}`);
  assert.is(sha256('é'), sha256(Buffer.from([0xc3, 0xa9])));
});

test('A digest and its hex part name each other', () => {
  const digest = parseDigest(`sha256:${abc}`);
  assert.is(hexOf(digest), abc);
  assert.is(digestOfHex(hexOf(digest)), digest);
});

const noDigests: [text: string, why: string][] = [
  ['', 'empty'],
  [abc, 'without algorithm'],
  [`sha256:${abc.toUpperCase()}`, 'upper case'],
  [`SHA256:${abc}`, 'upper case algorithm'],
  [`sha512:${abc}${abc}`, 'another algorithm'],
  [`sha256:${abc.slice(1)}`, '63 digits'],
  [`sha256:${abc}0`, '65 digits'],
  [`sha256:${abc.replace('b', 'g')}`, 'a letter that is no digit'],
  [`sha256-${abc}`, 'as in a fallback tag'],
  [` sha256:${abc}`, 'space before'],
  [`sha256:${abc}\n`, 'line end behind'],
  [`sha256:../${abc.slice(3)}`, 'a path'],
  ['a'.repeat(1_000_000), 'a million characters'],
];

for (const [text, why] of noDigests) {
  test(`${JSON.stringify(text.slice(0, 30))} is no digest: ${why}`, () => {
    assert.is(isDigest(text), false);
    assert.throws(
      () => parseDigest(text),
      (error: unknown) => isVitteError(error, 'PKG_E_DIGEST') && error.message.length < 200,
    );
  });
}

test.run();
