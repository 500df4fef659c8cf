import { createPublicKey, verify } from 'node:crypto';
import { isStrictPoint } from './curve.ts';
import { encodeSpki } from './der.ts';

/** Length of a signature in bytes. */
export const signatureBytes = 64;

/**
 * True where `signature` is a pure Ed25519 signature of `message` by this public key of 32 bytes. Wrong lengths
 * are false, never an error. The platform's verifier (about 0.1 ms) under a strict rule of ours, so that the
 * answer does not hang on the platform's version: a key or R that is of low order or not canonically encoded is
 * refused (tweetnacl, Go and OpenSSL 3.0 take some), and so is S not below the group order (tweetnacl takes
 * S + L, a second signature that anybody can make). Where tweetnacl and this differ, this refuses.
 */
export function verifyEd25519(
  message: Uint8Array,
  signature: Uint8Array,
  publicBytes: Uint8Array,
): boolean {
  if (signature.length !== signatureBytes) return false;
  if (!isStrictPoint(publicBytes) || !isStrictPoint(signature.subarray(0, 32))) return false;
  const key = createPublicKey({ key: encodeSpki(publicBytes), format: 'der', type: 'spki' });
  return verify(null, message, key, signature);
}
