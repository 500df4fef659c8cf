import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { canonicalJson, type JsonObject } from '../../src/core/json.ts';
import { parseBundle } from '../../src/signing/bundle.ts';
import {
  bundleFileBytesMax,
  parseBundleFile,
  serializeBundleFile,
} from '../../src/signing/bundle-file.ts';
import { keyFromSeed, publicPart } from '../../src/signing/keys.ts';
import { signVersion, verifyVersionBundle } from '../../src/signing/version-signature.ts';
import { suite } from '../support/suite.ts';
import { hex, refusal, versionVectors } from './vectors.ts';

const test = suite('bundle file');
const vector = versionVectors[0]!;
const key = publicPart(keyFromSeed(hex(vector.seed)));

for (const one of versionVectors) {
  test(`writes and reads the vector: ${one.name}`, () => {
    const bundle = parseBundle(Buffer.from(one.bundle));
    assert.is(serializeBundleFile([{ bundle, key }]).toString(), one.bundleFile);
    assert.equal(parseBundleFile(Buffer.from(one.bundleFile)), [{ bundle, key }]);
  });
}

test('keeps bundles byte for byte, one behind the other', () => {
  const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(fc.uniqueArray(seeds, { minLength: 1, maxLength: 3 }), (list) => {
      const manifest = sha256('a manifest');
      const written = list.map((seed) => {
        const signer = keyFromSeed(seed);
        const bytes = Buffer.from(` ${signVersion(manifest, signer)}\n`);
        return { bundle: parseBundle(bytes), key: publicPart(signer) };
      });
      const file = Buffer.concat(written.map((one) => serializeBundleFile([one])));
      const read = parseBundleFile(file);
      assert.equal(read, written);
      for (const one of read)
        assert.ok(verifyVersionBundle(one.bundle, manifest, one.key).approves);
    }),
    { numRuns: 10 },
  );
});

test('a signature that stands there twice counts once, and the last line break may lack', () => {
  assert.is(parseBundleFile(Buffer.from(vector.bundleFile.repeat(20))).length, 1);
  assert.is(parseBundleFile(Buffer.from(vector.bundleFile.trimEnd())).length, 1);
});

test('takes 16 signatures and refuses the seventeenth', () => {
  const lines = Array.from({ length: 17 }, (_, index) => {
    const signer = keyFromSeed(Buffer.alloc(32, index + 1));
    const bundle = parseBundle(signVersion(vector.manifest.digest, signer));
    return { bundle, key: publicPart(signer) };
  });
  assert.is(parseBundleFile(serializeBundleFile(lines.slice(0, 16))).length, 16);
  refusal('PKG_E_SIGNATURE_LIMIT', () => serializeBundleFile(lines));
  const file = Buffer.concat(lines.map((line) => serializeBundleFile([line])));
  refusal('PKG_E_SIGNATURE_LIMIT', () => parseBundleFile(file));
});

test('holds bundles of the largest size', () => {
  const bytes = Buffer.from(vector.bundle + ' '.repeat(64 * 1024 - vector.bundle.length));
  const bundle = parseBundle(bytes);
  assert.equal(parseBundleFile(serializeBundleFile([{ bundle, key }]))[0]!.bundle, bundle);
});

test('refuses a malformed file with the number of the line', () => {
  const line = JSON.parse(vector.bundleFile) as JsonObject;
  const large = Buffer.alloc(64 * 1024 + 1, ' ').toString('base64');
  const rows: [string, unknown, RegExp][] = [
    ['an empty file', '', /line 1/],
    ['an empty line', `${vector.bundleFile}\n`, /line 2/],
    ['carriage returns', vector.bundleFile.replace('\n', '\r\n\r\n'), /line 2/],
    ['a bare Sigstore bundle', vector.bundle, /line 1.*vitte\.signature\.v1/],
    ['not JSON', `${vector.bundleFile}{`, /line 2/],
    ['not UTF-8', Buffer.from([0xff]), /UTF-8/],
    ['another schema', { ...line, schema: 'vitte.signature.v2' }, /vitte\.signature\.v1/],
    ['a member more', { ...line, note: '' }, /exactly/],
    ['no key', { ...line, key: undefined }, /exactly/],
    ['a key that is no key', { ...line, key: 'x' }, /SPKI/],
    ['a key that is a number', { ...line, key: 1 }, /"key"/],
    ['a bundle as an object', { ...line, bundle: JSON.parse(vector.bundle) as object }, /base64/],
    ['a bundle that is none', { ...line, bundle: 'e30=' }, /mediaType/],
  ];
  for (const [label, value, reason] of rows) {
    const raw = typeof value === 'string' || Buffer.isBuffer(value);
    const bytes = raw ? Buffer.from(value as string) : Buffer.from(canonicalJson(value));
    const parse = () => parseBundleFile(bytes);
    assert.match(refusal('PKG_E_SIGNATURE_FORMAT', parse, label), reason, label);
  }
  const over = Buffer.from(canonicalJson({ ...line, bundle: large }));
  refusal('PKG_E_SIGNATURE_LIMIT', () => parseBundleFile(over));
  refusal('PKG_E_SIGNATURE_LIMIT', () => parseBundleFile(Buffer.alloc(bundleFileBytesMax + 1, 32)));
});

test.run();
