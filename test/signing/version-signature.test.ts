import nacl from 'tweetnacl';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { canonicalBytes, type JsonObject } from '../../src/core/json.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { parseBundle, versionBundleBytes } from '../../src/signing/bundle.ts';
import {
  generateKey,
  keyFromSeed,
  publicPart,
  type SecretKey,
  signWith,
  spkiOf,
} from '../../src/signing/keys.ts';
import { signMessage } from '../../src/signing/message-signature.ts';
import { preAuthenticationEncoding } from '../../src/signing/statement.ts';
import {
  checkSubject,
  signVersion,
  verifyVersionBundle,
} from '../../src/signing/version-signature.ts';
import { suite } from '../support/suite.ts';
import { hex, refusal, versionVectors } from './vectors.ts';

const test = suite('version signature');
const approval = versionVectors[0]!;
const key = keyFromSeed(hex(approval.seed));
const manifest = approval.manifest.digest;

test('the vector’s digest and seed give its bundle, byte for byte', () => {
  assert.is(signVersion(manifest, key).toString(), approval.bundle);
  assert.equal(signVersion(manifest, key), signVersion(manifest, key));
  const encoded = preAuthenticationEncoding(mediaTypes.inToto, Buffer.from(approval.statement));
  assert.is(encoded.toString(), approval.preAuthenticationEncoding);
});

for (const vector of versionVectors) {
  test(`verifies the vector: ${vector.name}`, () => {
    const bundle = parseBundle(Buffer.from(vector.bundle));
    assert.is(bundle.digest, vector.bundleDigest);
    assert.is(bundle.kid, key.kid);
    const verified = verifyVersionBundle(bundle, vector.manifest.digest, publicPart(key));
    assert.is(verified.approves, vector.approves);
    assert.is(verified.kid, key.kid);
    assert.is(verified.bundle, vector.bundleDigest);
    assert.equal(verified.spki, spkiOf(key));
  });
}

test('tweetnacl accepts the signature over the pre-authentication encoding', () => {
  const signed = new TextEncoder().encode(approval.preAuthenticationEncoding);
  const signature = new Uint8Array(hex(approval.signature));
  assert.ok(nacl.sign.detached.verify(signed, signature, key.publicBytes));
});

test('each single bit of a bundle matters', () => {
  const bytes = Buffer.from(approval.bundle);
  for (let place = 0; place < bytes.length * 8; place += 1) {
    const changed = Buffer.from(bytes);
    changed[place >> 3]! ^= 1 << (place & 7);
    let approves = false;
    try {
      approves = verifyVersionBundle(parseBundle(changed), manifest, key).approves;
    } catch (error) {
      const code = (error as { code?: string }).code;
      assert.match(String(code), /^PKG_E_SIGNATURE_(FORMAT|INVALID|SUBJECT)$/, `bit ${place}`);
    }
    assert.not(approves, `bit ${place} (byte ${place >> 3}) does not matter`);
  }
});

test('a bundle of another version is refused with both digests', () => {
  const other = sha256('another manifest');
  const bundle = parseBundle(Buffer.from(approval.bundle));
  for (const check of [
    () => verifyVersionBundle(bundle, other, key),
    () => checkSubject(bundle, other),
  ]) {
    assert.match(refusal('PKG_E_SIGNATURE_SUBJECT', check), other);
  }
  checkSubject(bundle, manifest);
});

test('a bundle that names another key, or that another key made, is refused', () => {
  const other = generateKey();
  const bundle = parseBundle(Buffer.from(approval.bundle));
  assert.match(
    refusal('PKG_E_SIGNATURE_INVALID', () => verifyVersionBundle(bundle, manifest, other)),
    `by the key ${key.kid}, not by ${other.kid}`,
  );
  const payload = Buffer.from(approval.statement);
  const forged = signWith(other, preAuthenticationEncoding(mediaTypes.inToto, payload));
  const claimed = parseBundle(versionBundleBytes(publicPart(key), payload, forged));
  refusal('PKG_E_SIGNATURE_INVALID', () => verifyVersionBundle(claimed, manifest, key));
});

test('the signature is judged before the subject, so that a wrong subject is a signed one', () => {
  const payload = Buffer.from(approval.statement);
  const bundle = parseBundle(versionBundleBytes(publicPart(key), payload, Buffer.alloc(64, 1)));
  refusal('PKG_E_SIGNATURE_INVALID', () => verifyVersionBundle(bundle, sha256('other'), key));
});

test('a signature of the bare payload, without the DSSE encoding, is refused', () => {
  const payload = Buffer.from(approval.statement);
  const bundle = parseBundle(versionBundleBytes(key, payload, signWith(key, payload)));
  refusal('PKG_E_SIGNATURE_INVALID', () => verifyVersionBundle(bundle, manifest, key));
});

test('only cosign’s predicate type approves', () => {
  const types = [
    'https://sigstore.dev/cosign/sign/v1/',
    'https://sigstore.dev/cosign/sign/v2',
    'HTTPS://sigstore.dev/cosign/sign/v1',
    'https://slsa.dev/provenance/v1',
  ];
  for (const predicateType of types) {
    const bundle = parseBundle(signed({ predicateType }));
    assert.not(verifyVersionBundle(bundle, manifest, key).approves, predicateType);
  }
  assert.ok(verifyVersionBundle(parseBundle(signed({})), manifest, key).approves);
});

test('a statement in another tool’s layout is read: other members, no name, several subjects', () => {
  const right = { digest: { sha256: manifest.slice(7) }, annotations: { foo: 'bar' } };
  for (const subject of [
    [right],
    [{ name: 'x', digest: { sha1: 'ff', sha256: manifest.slice(7) } }],
    [{ digest: { sha512: 'ff' } }, { digest: { sha256: 'f'.repeat(64) } }, right],
  ]) {
    const bundle = parseBundle(signed({ subject, predicate: { more: [1, null] }, extra: true }));
    assert.ok(verifyVersionBundle(bundle, manifest, key).approves);
  }
  const pretty = JSON.stringify(JSON.parse(approval.bundle), null, 4);
  const bundle = parseBundle(Buffer.from(`\n${pretty}\n`));
  assert.ok(verifyVersionBundle(bundle, manifest, key).approves);
  assert.is.not(bundle.digest, approval.bundleDigest);
});

test('a file’s signature is no version’s signature', () => {
  const bundle = parseBundle(signMessage(Buffer.from(approval.preAuthenticationEncoding), key));
  refusal('PKG_E_SIGNATURE_FORMAT', () => verifyVersionBundle(bundle, manifest, key));
  refusal('PKG_E_SIGNATURE_FORMAT', () => checkSubject(bundle, manifest));
});

test('refuses a malformed bundle, each for its reason', () => {
  const good = JSON.parse(approval.bundle) as JsonObject & {
    verificationMaterial: JsonObject;
    dsseEnvelope: JsonObject & { payload: string; signatures: JsonObject[] };
  };
  const [signature] = good.dsseEnvelope.signatures;
  const message = JSON.parse(signMessage(Buffer.from('x'), key).toString()) as JsonObject;
  const withHint = (hint: unknown) => ({ ...good, verificationMaterial: { publicKey: { hint } } });
  const withEnvelope = (changes: object) => ({
    ...good,
    dsseEnvelope: { ...good.dsseEnvelope, ...changes },
  });
  const withSig = (sig: unknown) => withEnvelope({ signatures: [{ sig }] });
  const withStatement = (changes: object) => JSON.parse(signed(changes).toString()) as unknown;
  const withDigest = (digest: unknown) => withStatement({ subject: [{ name: '', digest }] });
  const rows: [string, unknown, RegExp][] = [
    ['empty', '', /valid JSON/],
    ['not JSON', '{', /valid JSON/],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), /UTF-8/],
    ['a byte order mark', `\ufeff${approval.bundle}`, /byte order mark/],
    ['null', null, /must be an object/],
    ['an array', [good], /must be an object/],
    ['a member twice', approval.bundle.replace('{', '{"mediaType":"x",'), /twice/],
    ['a member twice within', approval.bundle.replace('"sig":', '"sig":"","sig":'), /twice/],
    ['nested deeply', `${'['.repeat(100)}${']'.repeat(100)}`, /deeper/],
    ['an unknown member', { ...good, vitteKey: 'x' }, /unknown member "vitteKey"/],
    ['a member of the prototype', approval.bundle.replace('{', '{"__proto__":{},'), /__proto__/],
    [
      'another version',
      { ...good, mediaType: mediaTypes.sigstoreBundle.replace('3', '4') },
      /mediaType/,
    ],
    [
      'the older form of the type',
      { ...good, mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.3' },
      /mediaType/,
    ],
    ['no media type', { ...good, mediaType: undefined }, /no member "mediaType"/],
    [
      'no material',
      { ...good, verificationMaterial: undefined },
      /no member "verificationMaterial"/,
    ],
    [
      'a certificate',
      { ...good, verificationMaterial: { certificate: {} } },
      /unknown member "certificate"/,
    ],
    [
      'log entries',
      { ...good, verificationMaterial: { ...good.verificationMaterial, tlogEntries: [] } },
      /tlogEntries/,
    ],
    ['no hint', { ...good, verificationMaterial: { publicKey: {} } }, /no member "hint"/],
    ['an empty hint', withHint(''), /hint must be/],
    ['a hint that is a number', withHint(1), /hint must be/],
    ['a hint in hex', withHint(sha256(spkiOf(key)).slice(7)), /hint must be/],
    ['the key itself as hint', withHint(spkiOf(key).toString('base64')), /hint must be/],
    ['no content', { ...good, dsseEnvelope: undefined }, /either/],
    ['two contents', { ...good, messageSignature: message.messageSignature }, /either/],
    ['an envelope that is null', { ...good, dsseEnvelope: null }, /must be an object/],
    ['another payload type', withEnvelope({ payloadType: 'text/plain' }), /payloadType/],
    ['no signature', withEnvelope({ signatures: [] }), /exactly one signature/],
    ['two signatures', withEnvelope({ signatures: [signature, signature] }), /exactly one/],
    ['signatures as an object', withEnvelope({ signatures: { 0: signature } }), /exactly one/],
    [
      'a key id',
      withEnvelope({ signatures: [{ ...signature, keyid: '' }] }),
      /unknown member "keyid"/,
    ],
    ['a signature that is null', withEnvelope({ signatures: [null] }), /must be an object/],
    ['a signature of 63 bytes', withSig(Buffer.alloc(63).toString('base64')), /64 bytes/],
    ['a signature of 65 bytes', withSig(Buffer.alloc(65).toString('base64')), /64 bytes/],
    ['a signature in hex', withSig(approval.signature), /64 bytes/],
    ['a signature without padding', withSig(String(signature!.sig).replace(/=+$/, '')), /base64/],
    ['a signature of URL base64', withSig(String(signature!.sig).replace(/[+/]/g, '_')), /base64/],
    [
      'a payload with a line break',
      withEnvelope({ payload: `${good.dsseEnvelope.payload}\n` }),
      /base64/,
    ],
    ['a payload that is no JSON', withEnvelope({ payload: 'QUJD' }), /valid JSON/],
    ['a payload that is no object', withEnvelope({ payload: 'W10=' }), /in-toto/],
    [
      'the older statement',
      withStatement({ _type: 'https://in-toto.io/Statement/v0.1' }),
      /in-toto/,
    ],
    ['no predicate type', withStatement({ predicateType: undefined }), /predicateType/],
    ['an empty predicate type', withStatement({ predicateType: '' }), /predicateType/],
    ['a long predicate type', withStatement({ predicateType: `u:${'x'.repeat(255)}` }), /256/],
    ['a predicate type with a line break', withStatement({ predicateType: 'a\nb' }), /URI/],
    ['no subject', withStatement({ subject: [] }), /1 to 16 subjects/],
    [
      '17 subjects',
      withStatement({ subject: Array(17).fill({ digest: { sha256: 'f'.repeat(64) } }) }),
      /1 to 16/,
    ],
    ['a subject as text', withStatement({ subject: ['x'] }), /digest/],
    ['no digest', withDigest(undefined), /digest/],
    ['an empty digest', withDigest({}), /digest/],
    ['a digest in capitals', withDigest({ sha256: manifest.slice(7).toUpperCase() }), /digest/],
    ['a digest with its prefix', withDigest({ sha256: manifest }), /digest/],
    ['a short digest', withDigest({ sha256: manifest.slice(8) }), /digest/],
  ];
  for (const [label, value, reason] of rows) {
    const bytes =
      typeof value === 'string' || Buffer.isBuffer(value)
        ? Buffer.from(value as string)
        : canonicalBytes(value);
    assert.match(
      refusal('PKG_E_SIGNATURE_FORMAT', () => parseBundle(bytes), label),
      reason,
      label,
    );
  }
});

test('a bundle has at most 64 KiB, and one of exactly that length is read', () => {
  const size = 64 * 1024;
  const fits = Buffer.from(approval.bundle + ' '.repeat(size - approval.bundle.length));
  assert.is(parseBundle(fits).bytes.length, size);
  const over = Buffer.concat([fits, Buffer.from(' ')]);
  refusal('PKG_E_SIGNATURE_LIMIT', () => parseBundle(over));
});

/** A bundle that is rightly signed over the vector's statement with some members changed. */
function signed(changes: object, by: SecretKey = key): Buffer {
  const payload = canonicalBytes({ ...(JSON.parse(approval.statement) as object), ...changes });
  const signature = signWith(by, preAuthenticationEncoding(mediaTypes.inToto, payload));
  return versionBundleBytes(by, payload, signature);
}

test.run();
