import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { canonicalBytes, type JsonObject } from '../../src/core/json.ts';
import { parseBundle } from '../../src/signing/bundle.ts';
import { generateKey, keyFromSeed, publicPart, spkiOf } from '../../src/signing/keys.ts';
import {
  messageBytesMax,
  readMessageFile,
  signMessage,
  verifyMessage,
} from '../../src/signing/message-signature.ts';
import { signVersion } from '../../src/signing/version-signature.ts';
import { suite } from '../support/suite.ts';
import { fileVectors, hex, refusal, rejection, versionVectors } from './vectors.ts';

const test = suite('file signature');
const vector = fileVectors[1]!;
const key = keyFromSeed(hex(vector.seed));
const message = Buffer.from(vector.messageBase64, 'base64');

for (const { name, messageBase64, bundle } of fileVectors) {
  test(`makes and verifies the vector: ${name}`, () => {
    const bytes = Buffer.from(messageBase64, 'base64');
    assert.is(signMessage(bytes, key).toString(), bundle);
    const parsed = parseBundle(Buffer.from(bundle));
    verifyMessage(parsed, bytes, publicPart(key));
    assert.is(parsed.kid, key.kid);
    assert.equal(parsed.content === 'message' && parsed.key, publicPart(key));
  });
}

test('another file, another key, another signature are refused', () => {
  const bundle = parseBundle(signMessage(message, key));
  const changed = Buffer.from(message);
  changed[0]! ^= 1;
  const reason = refusal('PKG_E_SIGNATURE_INVALID', () => verifyMessage(bundle, changed, key));
  assert.match(reason, 'not the one that was signed');
  const other = generateKey();
  refusal('PKG_E_SIGNATURE_INVALID', () => verifyMessage(bundle, message, other));
  const forged = parseBundle(signMessage(message, other));
  const claimed = { ...forged, keySha256: bundle.keySha256 };
  refusal('PKG_E_SIGNATURE_INVALID', () => verifyMessage(claimed, message, key));
});

test('each single bit of a file’s signature matters', () => {
  const bytes = Buffer.from(vector.bundle);
  for (let place = 0; place < bytes.length * 8; place += 1) {
    const changed = Buffer.from(bytes);
    changed[place >> 3]! ^= 1 << (place & 7);
    let accepted = false;
    try {
      verifyMessage(parseBundle(changed), message, key);
      accepted = true;
    } catch (error) {
      const code = (error as { code?: string }).code;
      assert.match(String(code), /^PKG_E_SIGNATURE_(FORMAT|INVALID)$/, `bit ${place}`);
    }
    assert.not(accepted, `bit ${place} (byte ${place >> 3}) does not matter`);
  }
});

test('a hint that is a hash alone is read too, and gives no key', () => {
  const value = JSON.parse(vector.bundle) as JsonObject;
  const { keySha256 } = parseBundle(Buffer.from(vector.bundle));
  const hint = hex(keySha256).toString('base64');
  const bundle = parseBundle(
    canonicalBytes({ ...value, verificationMaterial: { publicKey: { hint } } }),
  );
  assert.is(bundle.kid, key.kid);
  assert.is(bundle.content === 'message' && bundle.key, undefined);
  verifyMessage(bundle, message, key);
});

test('a version’s signature is no file’s signature', () => {
  const bundle = parseBundle(signVersion(versionVectors[0]!.manifest.digest, key));
  refusal('PKG_E_SIGNATURE_FORMAT', () => verifyMessage(bundle, message, key));
});

test('refuses a malformed file signature, each for its reason', () => {
  const good = JSON.parse(vector.bundle) as JsonObject & { messageSignature: JsonObject };
  const weak = Buffer.concat([spkiOf(key).subarray(0, 12), Buffer.alloc(32)]).toString('base64');
  const withMessage = (changes: object) => ({
    ...good,
    messageSignature: { ...good.messageSignature, ...changes },
  });
  const withDigest = (messageDigest: unknown) => withMessage({ messageDigest });
  const withHint = (hint: string) => ({ ...good, verificationMaterial: { publicKey: { hint } } });
  const rows: [string, unknown, RegExp][] = [
    ['no digest, as cosign 3.1 writes it for Ed25519', withDigest({}), /no member "algorithm"/],
    ['another algorithm', withDigest({ algorithm: 'SHA2_512', digest: '' }), /SHA2_256/],
    ['a short digest', withDigest({ algorithm: 'SHA2_256', digest: 'QUJD' }), /32 bytes/],
    ['no signature', withMessage({ signature: undefined }), /no member "signature"/],
    ['a short signature', withMessage({ signature: 'QUJD' }), /64 bytes/],
    ['an unknown member', withMessage({ keyid: '' }), /unknown member "keyid"/],
    ['a hint of a weak key', withHint(weak), /no Ed25519 key/],
    ['a hint of 60 other characters', withHint('A'.repeat(60)), /no Ed25519 key/],
    ['a hint of 43 characters', withHint('A'.repeat(43)), /hint must be/],
  ];
  for (const [label, value, reason] of rows) {
    const parse = () => parseBundle(canonicalBytes(value));
    assert.match(refusal('PKG_E_SIGNATURE_FORMAT', parse, label), reason, label);
  }
});

test('a file beyond 256 MiB is refused', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'large');
    writeFileSync(path, 'vitte');
    assert.equal(await readMessageFile(path), Buffer.from('vitte'));
    truncateSync(path, messageBytesMax + 1); // sparse
    await rejection('PKG_E_SIGNATURE_LIMIT', readMessageFile(path));
    await rejection('PKG_E_FILE', readMessageFile(join(folder, 'missing')));
    await rejection('PKG_E_FILE', readMessageFile(folder));
  });
});

test('a read that is called off ends with the reason', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'file');
    writeFileSync(path, 'vitte');
    const reason = new Error('called off');
    const error = await readMessageFile(path, { signal: AbortSignal.abort(reason) }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.is(error, reason);
  });
});

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), 'vitte-message-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.run();
