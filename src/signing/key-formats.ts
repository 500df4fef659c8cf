// Keys in the forms of other tools. The JSON key file is in key-document.ts; all are in spec/signing.md.
import { decodeUtf8 } from '../core/json.ts';
import { decodeBase58, encodeBase58 } from './base58.ts';
import { decodePkcs8, decodeSpki, encodePkcs8 } from './der.ts';
import {
  type Key,
  keyError,
  keyFromSeed,
  type PublicKey,
  publicKey,
  type SecretKey,
  spkiOf,
} from './keys.ts';
import {
  decodeOpensshPrivate,
  decodeOpensshPublic,
  encodeOpensshPrivate,
  encodeOpensshPublic,
  opensshLineLength,
  opensshPrivateLabel,
} from './openssh.ts';
import { decodePem, encodePem } from './pem.ts';

export const exportFormats = ['pem', 'der', 'base58', 'openssh'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** The public key in one of the forms: text with a final newline, but DER is binary. */
export function exportPublicKey(key: PublicKey, format: ExportFormat): Buffer {
  const spki = spkiOf(key);
  if (format === 'der') return spki;
  if (format === 'pem') return Buffer.from(encodePem('PUBLIC KEY', spki));
  if (format === 'base58') return Buffer.from(`${encodeBase58(key.publicBytes)}\n`);
  return Buffer.from(encodeOpensshPublic(key.publicBytes, comment(key)));
}

/**
 * The secret key in one of the forms, not encrypted: PKCS#8 as PEM or DER, OpenSSH's own, and in base58 the 64
 * bytes seed ‖ public key, so that nobody takes a secret (88 characters) for a public key (44).
 */
export function exportSecretKey(key: SecretKey, format: ExportFormat): Buffer {
  const pkcs8 = encodePkcs8(key.seed);
  if (format === 'der') return pkcs8;
  if (format === 'pem') return Buffer.from(encodePem('PRIVATE KEY', pkcs8));
  if (format === 'base58') {
    return Buffer.from(`${encodeBase58(Buffer.concat([key.seed, key.publicBytes]))}\n`);
  }
  const bytes = encodeOpensshPrivate(key.seed, key.publicBytes, comment(key));
  return Buffer.from(encodePem(opensshPrivateLabel, bytes, opensshLineLength));
}

/**
 * Reads a public or secret key in any of the forms, telling which it was. Throws PKG_E_KEY_FORMAT for all else:
 * another algorithm, an encrypted key, a public key that is not the secret's. The caller bounds the length.
 */
export function parseKey(bytes: Uint8Array): { key: Key; format: ExportFormat } {
  // A DER document begins with 0x30, the character "0", with which none of the text forms begins.
  if (bytes[0] === 0x30) return { key: parseDer(bytes), format: 'der' };
  const text = decodeText(bytes);
  if (/^\s*-----BEGIN /.test(text)) return parsePem(text);
  if (text.startsWith('ssh-')) {
    const publicBytes = decodeOpensshPublic(text);
    if (!publicBytes) throw keyError('not a line "ssh-ed25519 BASE64 COMMENT"');
    return { key: publicKey(publicBytes), format: 'openssh' };
  }
  return { key: parseBase58(text.trim()), format: 'base58' };
}

function parseDer(bytes: Uint8Array): Key {
  const publicBytes = decodeSpki(bytes);
  if (publicBytes) return publicKey(publicBytes);
  const secret = decodePkcs8(bytes);
  if (!secret) throw keyError('neither SPKI nor unencrypted PKCS#8 of an Ed25519 key');
  return pair(secret.seed, secret.publicBytes);
}

function parsePem(text: string): { key: Key; format: ExportFormat } {
  const block = decodePem(text);
  if (!block) throw keyError('not one well-formed PEM block');
  if (block.label === opensshPrivateLabel) {
    const secret = decodeOpensshPrivate(block.bytes);
    if (secret === 'encrypted') throw encrypted('ssh-keygen -p -N "" -f FILE');
    if (secret === 'malformed') throw keyError('not an OpenSSH private key of type ssh-ed25519');
    return { key: pair(secret.seed, secret.publicBytes), format: 'openssh' };
  }
  if (block.label === 'ENCRYPTED PRIVATE KEY') throw encrypted('openssl pkey -in FILE -out PLAIN');
  if (block.label !== 'PUBLIC KEY' && block.label !== 'PRIVATE KEY') {
    throw keyError(`a PEM block of type ${block.label.slice(0, 40)} holds no key that Vitte reads`);
  }
  const key = parseDer(block.bytes);
  if ('seed' in key !== (block.label === 'PRIVATE KEY')) {
    throw keyError(`the content of the PEM block is not what its label says (${block.label})`);
  }
  return { key, format: 'pem' };
}

/** By length: 32 bytes are a public key, 64 are seed ‖ public key. */
function parseBase58(text: string): Key {
  const bytes = decodeBase58(text);
  if (bytes?.length === 32) return publicKey(bytes);
  if (bytes?.length === 64) return pair(bytes.subarray(0, 32), bytes.subarray(32));
  throw keyError(
    'not a key in a form that Vitte reads',
    'the forms are the JSON key file, PEM, DER, base58 and OpenSSH',
  );
}

function pair(seed: Uint8Array, publicBytes: Uint8Array | undefined): SecretKey {
  const key = keyFromSeed(seed);
  if (publicBytes && !Buffer.from(key.publicBytes).equals(publicBytes)) {
    throw keyError("the public key beside the secret is not the secret's");
  }
  return key;
}

function encrypted(command: string) {
  return keyError('the key is encrypted', `decrypt a copy first: ${command}`);
}

function decodeText(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes, 'the key');
  } catch (cause) {
    throw keyError('not a key in a form that Vitte reads', undefined, cause);
  }
}

function comment(key: PublicKey): string {
  return `vitte:${key.kid}`;
}
