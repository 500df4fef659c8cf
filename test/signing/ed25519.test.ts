import { createPrivateKey, sign } from 'node:crypto';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import * as assert from 'uvu/assert';
import { encodePkcs8 } from '../../src/signing/der.ts';
import { generateKey, keyFromSeed, publicKey, signWith } from '../../src/signing/keys.ts';
import { verifyEd25519 } from '../../src/signing/verify.ts';
import { suite } from '../support/suite.ts';
import { ed25519Vectors, hex, refusal } from './vectors.ts';

const test = suite('Ed25519');

for (const [index, vector] of ed25519Vectors.rfc8032.entries()) {
  test(`signs and verifies vector ${index + 1} of RFC 8032`, () => {
    const key = keyFromSeed(hex(vector.seed));
    assert.is(Buffer.from(key.publicBytes).toString('hex'), vector.public);
    assert.is(Buffer.from(signWith(key, hex(vector.message))).toString('hex'), vector.signature);
    assert.ok(verifyEd25519(hex(vector.message), hex(vector.signature), hex(vector.public)));
  });
}

for (const { why, accept, ...vector } of ed25519Vectors.strict) {
  test(`${accept ? 'accepts' : 'refuses'}: ${why}`, () => {
    const [message, signature, key] = [vector.message, vector.signature, vector.public].map(hex);
    assert.is(verifyEd25519(message!, signature!, key!), accept);
  });
}

test('is at least as strict as tweetnacl, and stricter where a signature could be made twice', () => {
  const taken = ed25519Vectors.strict.filter(({ accept, ...vector }) => {
    const reference = referenceVerify(
      hex(vector.message),
      hex(vector.signature),
      hex(vector.public),
    );
    assert.ok(reference || !accept, vector.why);
    return reference && !accept;
  });
  const reasons = taken.map(({ why }) => why);
  assert.ok(reasons.includes('S + L in place of S'), 'tweetnacl takes S + L');
  assert.ok(reasons.includes('public key of low order (order 8)'), 'tweetnacl takes weak keys');
  assert.ok(reasons.includes('R is the identity'), 'tweetnacl takes a weak R');
});

test('agrees with tweetnacl on random messages, keys and damaged bits', () => {
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const places = fc.option(fc.nat({ max: 96 * 8 - 1 }));
  fc.assert(
    fc.property(bytes32, fc.uint8Array({ maxLength: 200 }), places, (seed, message, place) => {
      const key = keyFromSeed(seed);
      const both = Buffer.concat([signWith(key, message), key.publicBytes]);
      if (place !== null) both[place >> 3]! ^= 1 << (place & 7);
      const [signature, publicBytes] = [both.subarray(0, 64), both.subarray(64)];
      const answer = verifyEd25519(message, signature, publicBytes);
      assert.is(answer, place === null);
      assert.is(answer, referenceVerify(message, signature, publicBytes));
    }),
    { numRuns: 60 },
  );
});

test('signs a long message with the bytes that tweetnacl gives', () => {
  const key = generateKey();
  const long = Buffer.alloc(1024 * 1024 + 1, 'vitte');
  const expected = nacl.sign.detached(
    new Uint8Array(long),
    nacl.sign.keyPair.fromSeed(key.seed).secretKey,
  );
  assert.equal(Buffer.from(signWith(key, long)), Buffer.from(expected));
  const short = long.subarray(1);
  const platform = createPrivateKey({
    key: encodePkcs8(key.seed),
    format: 'der',
    type: 'pkcs8',
  });
  assert.equal(Buffer.from(signWith(key, short)), sign(null, short, platform));
});

test('does not sign beside a public key that is not the seed’s', () => {
  const [key, other] = [generateKey(), generateKey()];
  const message = Buffer.from('vitte');
  const mixed = { ...other, seed: key.seed };
  assert.equal(signWith(mixed, message), signWith(key, message));
});

test('generates another key each time, and the kid is that of the public key', () => {
  const [a, b] = [generateKey(), generateKey()];
  assert.is.not(a.kid, b.kid);
  assert.match(a.kid, /^[0-9a-f]{32}$/);
  assert.is(publicKey(a.publicBytes).kid, a.kid);
  assert.is(keyFromSeed(a.seed).kid, a.kid);
});

test('refuses public keys that no generator gives', () => {
  const weak = new Set(
    ed25519Vectors.strict
      .filter(({ why }) => why.startsWith('public key of low order'))
      .map((vector) => vector.public),
  );
  assert.ok(weak.size >= 12);
  for (const key of weak) refusal('PKG_E_KEY_FORMAT', () => publicKey(hex(key)), key);
  for (const length of [0, 31, 33, 64]) {
    refusal('PKG_E_KEY_FORMAT', () => publicKey(Buffer.alloc(length, 9)), `${length} bytes`);
    refusal('PKG_E_KEY_FORMAT', () => keyFromSeed(Buffer.alloc(length, 9)), `${length} bytes`);
  }
});

/** tweetnacl throws for wrong lengths. */
function referenceVerify(message: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean {
  const [m, s, k] = [message, signature, key].map((bytes) => new Uint8Array(bytes));
  return s!.length === 64 && k!.length === 32 && nacl.sign.detached.verify(m!, s!, k!);
}

test.run();
