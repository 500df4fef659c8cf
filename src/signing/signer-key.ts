// A bundle names its key by a hash only, so the key itself travels beside it: in the header of a multipart part,
// in the annotation of the referrer, in a bundle file. The text is the same everywhere: base64 of the SPKI DER.
import { decodeBase64, encodeBase64 } from './base64.ts';
import { decodeSpki } from './der.ts';
import { keyError, type PublicKey, publicKey, spkiOf } from './keys.ts';

/** The header of a bundle's part in a signed publish. */
export const signatureKeyHeader = 'Vitte-Signature-Key';

/** The text of a public key, 60 characters. */
export function formatSignerKey(key: PublicKey): string {
  return encodeBase64(spkiOf(key));
}

/** Parses such a text. Throws PKG_E_KEY_FORMAT. It proves nothing by itself: trust decides. */
export function parseSignerKey(text: string): PublicKey {
  const der = text.length === 60 ? decodeBase64(text) : undefined;
  const publicBytes = der && decodeSpki(der);
  if (!publicBytes)
    throw keyError("a signer's key must be base64 of the SPKI DER of an Ed25519 key");
  return publicKey(publicBytes);
}
