import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import nacl from 'tweetnacl';
import { sha256Hex } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { isStrictPoint } from './curve.ts';
import { encodePkcs8, encodeSpki } from './der.ts';

/** Names a key: the first 32 hex digits of the SHA-256 of its SPKI DER. */
export type Kid = string & { readonly __brand: 'Kid' };

/** An Ed25519 public key. Made by publicKey or a parser only, so `kid` and `publicBytes` agree. */
export type PublicKey = { readonly kid: Kid; readonly publicBytes: Uint8Array };

/** A key that can sign. `seed` is the secret of 32 bytes: never log such a value, never put it in an error. */
export type SecretKey = PublicKey & { readonly seed: Uint8Array };

export type Key = PublicKey | SecretKey;

/** A new key from the platform's random numbers. */
export function generateKey(): SecretKey {
  const { publicKey: publicBytes, secretKey } = nacl.sign.keyPair();
  return { ...publicKey(publicBytes), seed: secretKey.slice(0, 32) };
}

/** The key that this seed of 32 bytes makes. Throws PKG_E_KEY_FORMAT. */
export function keyFromSeed(seed: Uint8Array): SecretKey {
  if (seed.length !== 32) throw keyError(`a seed has 32 bytes, not ${seed.length}`);
  const spki = createPublicKey(platformKey(seed)).export({ format: 'der', type: 'spki' });
  return { ...publicKey(spki.subarray(-32)), seed: Uint8Array.from(seed) };
}

/**
 * The key of these 32 bytes. Throws PKG_E_KEY_FORMAT for another length, and for points that no key generator
 * gives: of low order (they verify anything) or not canonically encoded (two kids for one key).
 */
export function publicKey(publicBytes: Uint8Array): PublicKey {
  if (publicBytes.length !== 32) {
    throw keyError(`an Ed25519 public key has 32 bytes, not ${publicBytes.length}`);
  }
  if (!isStrictPoint(publicBytes)) throw keyError('not a sound Ed25519 public key');
  const kid = sha256Hex(encodeSpki(publicBytes)).slice(0, 32) as Kid;
  return { kid, publicBytes: Uint8Array.from(publicBytes) };
}

/** The key without its secret. */
export function publicPart({ kid, publicBytes }: Key): PublicKey {
  return { kid, publicBytes };
}

export function hasSecret(key: Key): key is SecretKey {
  return 'seed' in key;
}

/** The key's SubjectPublicKeyInfo in DER, 44 bytes. */
export function spkiOf(key: PublicKey): Buffer {
  return encodeSpki(key.publicBytes);
}

/**
 * The pure Ed25519 signature of a message, 64 bytes. The platform makes it, from the seed alone: a seed signing beside a
 * wrong public key would give the seed away. tweetnacl gives the same bytes, in the time of a whole command.
 */
export function signWith(key: SecretKey, message: Uint8Array): Uint8Array {
  return sign(null, message, platformKey(key.seed));
}

function platformKey(seed: Uint8Array) {
  return createPrivateKey({ key: encodePkcs8(seed), format: 'der', type: 'pkcs8' });
}

/** The one error of everything that reads keys. The message never holds what was read. */
export function keyError(message: string, help?: string, cause?: unknown): VitteError {
  return new VitteError('PKG_E_KEY_FORMAT', message, {
    ...(help === undefined ? {} : { help }),
    ...(cause === undefined ? {} : { cause }),
  });
}
