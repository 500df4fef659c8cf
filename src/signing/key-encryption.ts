// A seed encrypted by a passphrase: scrypt (RFC 7914) and NaCl's secretbox. spec/signing.md, "Key file".
import { type BinaryLike, randomBytes, type ScryptOptions, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import nacl from 'tweetnacl';
import { VitteError } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import { isJsonObject } from '../core/json.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { keyError } from './keys.ts';

/** The cost of trying one passphrase: 128·N·r bytes of memory, time in proportion to N·r·p. */
export type ScryptCost = { N: number; r: number; p: number };

export type EncryptedSeed = {
  kdf: 'scrypt';
  N: number;
  r: number;
  p: number;
  /** Base64, 16 to 64 bytes; ours have 32. */
  salt: string;
  cipher: 'xsalsa20-poly1305';
  /** Base64 of 24 bytes. */
  nonce: string;
  /** Base64 of 48 bytes: the authenticator and the encrypted seed. */
  box: string;
};

/** What new files cost: 128 MiB and about a third of a second. */
export const scryptDefault: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

// What a file from outside may ask for: at most 256 MiB and about three seconds.
const scryptNMin = 2 ** 10;
const scryptMemoryBytesMax = 256 * 1024 ** 2;
const scryptPMax = 4;
const scryptRMax = 32;

const passphraseLengthMax = 1024;
const members = ['N', 'box', 'cipher', 'kdf', 'nonce', 'p', 'r', 'salt'];
const derive = promisify<BinaryLike, BinaryLike, number, ScryptOptions, Buffer>(scrypt);

/** Encrypts a seed. Throws PKG_E_KEY_PASSPHRASE for a passphrase that is empty or over 1,024 characters. */
export async function encryptSeed(
  seed: Uint8Array,
  passphrase: string,
  cost: ScryptCost = scryptDefault,
): Promise<EncryptedSeed> {
  const salt = randomBytes(32);
  const nonce = randomBytes(nacl.secretbox.nonceLength);
  const box = nacl.secretbox(seed, nonce, await boxKey(passphrase, salt, cost));
  return {
    kdf: 'scrypt',
    ...cost,
    salt: encodeBase64(salt),
    cipher: 'xsalsa20-poly1305',
    nonce: encodeBase64(nonce),
    box: encodeBase64(box),
  };
}

/** The seed behind a parsed value. Throws PKG_E_KEY_PASSPHRASE for a passphrase that does not open it. */
export async function decryptSeed(encrypted: EncryptedSeed, passphrase: string) {
  const { N, r, p } = encrypted;
  const [salt, nonce, box] = [encrypted.salt, encrypted.nonce, encrypted.box].map(
    (text) => new Uint8Array(decodeBase64(text) ?? []),
  );
  const key = await boxKey(passphrase, salt!, { N, r, p });
  const seed = nacl.secretbox.open(box!, nonce!, key);
  if (!seed) throw passphraseError('the passphrase does not open the key file');
  return seed;
}

/** Parses the member `encrypted` of a key file, before any work is done for it. Throws PKG_E_KEY_FORMAT. */
export function parseEncryptedSeed(value: JsonValue | undefined): EncryptedSeed {
  if (!isJsonObject(value) || Object.keys(value).sort().join() !== members.join()) {
    throw keyError(`key file: "encrypted" must hold exactly ${members.join(', ')}`);
  }
  const { kdf, cipher, N, r, p, salt, nonce, box } = value;
  if (kdf !== 'scrypt') throw keyError('key file: the key derivation must be "scrypt"');
  if (cipher !== 'xsalsa20-poly1305') {
    throw keyError('key file: the cipher must be "xsalsa20-poly1305"');
  }
  if (!inRange(r, 1, scryptRMax) || !inRange(p, 1, scryptPMax) || !isPowerOfTwo(N)) {
    throw keyError('key file: N must be a power of two, r at most 32 and p at most 4');
  }
  if (N < scryptNMin || 128 * N * r > scryptMemoryBytesMax) {
    throw keyError('key file: scrypt must take at least N = 1,024 and at most 256 MiB');
  }
  return {
    kdf,
    N,
    r,
    p,
    salt: base64Of(salt, 'salt', 16, 64),
    cipher,
    nonce: base64Of(nonce, 'nonce', 24, 24),
    box: base64Of(box, 'box', 48, 48),
  };
}

/** The error for a passphrase that is missing, wrong or unusable. */
export function passphraseError(message: string): VitteError {
  return new VitteError('PKG_E_KEY_PASSPHRASE', message);
}

async function boxKey(passphrase: string, salt: Uint8Array, { N, r, p }: ScryptCost) {
  if (passphrase === '') throw passphraseError('the passphrase is empty');
  if (passphrase.length > passphraseLengthMax) {
    throw passphraseError(`the passphrase has over ${passphraseLengthMax} characters`);
  }
  const maxmem = 2 * scryptMemoryBytesMax; // Node counts a little more than 128·N·r
  // NFC, so that the same passphrase typed on another keyboard opens the file.
  const key = await derive(passphrase.normalize('NFC'), salt, 32, { N, r, p, maxmem });
  return new Uint8Array(key);
}

function base64Of(value: JsonValue | undefined, name: string, bytesMin: number, bytesMax: number) {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  if (typeof value !== 'string' || !bytes || !inRange(bytes.length, bytesMin, bytesMax)) {
    const size = bytesMin === bytesMax ? `${bytesMin}` : `${bytesMin} to ${bytesMax}`;
    throw keyError(`key file: "${name}" must be base64 of ${size} bytes`);
  }
  return value;
}

function inRange(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function isPowerOfTwo(value: unknown): value is number {
  return inRange(value, 2, 2 ** 30) && Number.isInteger(Math.log2(value));
}
