import { createHash } from 'node:crypto';
import { VitteError } from './errors.ts';

/**
 * `sha256:` and 64 lowercase hex digits, the only algorithm that Vitte writes. Content that other OCI clients push may
 * be named by sha512 instead.
 */
export type Digest = string & { readonly __brand: 'Digest' };

export type DigestAlgorithm = 'sha256' | 'sha512';

const digestForm = /^sha256:[0-9a-f]{64}$/;
const sha512Form = /^sha512:[0-9a-f]{128}$/;

/** Parses a digest from outside. Throws PKG_E_DIGEST. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new VitteError(
      'PKG_E_DIGEST',
      `not a sha256 digest: ${JSON.stringify(text.slice(0, 100))}`,
    );
  }
  return text;
}

export function isDigest(text: string): text is Digest {
  return digestForm.test(text);
}

/** True for what another client may name its content by: sha256, or sha512 (OCI image specification, "Digests"). */
export function isOciDigest(text: string): text is Digest {
  return digestForm.test(text) || sha512Form.test(text);
}

export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The digest of these bytes. */
export function sha256(bytes: Uint8Array | string): Digest {
  return digestOfHex(sha256Hex(bytes));
}

/** The SHA-256 of these bytes in lowercase hex. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The digest with this hex part, which the caller computed. */
export function digestOfHex(hex: string): Digest {
  return `sha256:${hex}` as Digest;
}

export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}
