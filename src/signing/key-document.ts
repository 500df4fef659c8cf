// The JSON key file `vitte.key.v1`. spec/signing.md, "Key file".
import { canonicalJson, isJsonObject, type JsonObject, parseJson } from '../core/json.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { decryptSeed, encryptSeed, parseEncryptedSeed, type ScryptCost } from './key-encryption.ts';
import { hasSecret, type Key, keyError, keyFromSeed, publicKey } from './keys.ts';

export const keySchema = 'vitte.key.v1';

const required = ['algo', 'kid', 'public', 'schema'];
const optional = ['encrypted', 'secret'];

/** A key as read, and how its secret lay there. An encrypted one without its passphrase gives the public key. */
export type ReadKey = { key: Key; secret: 'none' | 'plain' | 'encrypted' };

/**
 * The key file of a key: canonical JSON, indent 2. A key without a secret makes a file without one; with a
 * passphrase the secret is encrypted. Throws PKG_E_KEY_PASSPHRASE for an unusable passphrase.
 */
export async function serializeKey(
  key: Key,
  options: { passphrase?: string; cost?: ScryptCost } = {},
): Promise<string> {
  const { passphrase, cost } = options;
  const document = {
    schema: keySchema,
    algo: 'ed25519',
    kid: key.kid,
    public: encodeBase64(key.publicBytes),
  };
  if (!hasSecret(key)) return canonicalJson(document, 2);
  const secret =
    passphrase === undefined
      ? { secret: encodeBase64(key.seed) }
      : { encrypted: await encryptSeed(key.seed, passphrase, cost) };
  return canonicalJson({ ...document, ...secret }, 2);
}

/**
 * Parses a key file: no member too many, the kid that of the public key, the public key that of the secret.
 * An encrypted one needs the passphrase for its secret alone. Throws PKG_E_KEY_FORMAT, and PKG_E_KEY_PASSPHRASE
 * for a passphrase that does not open it.
 */
export async function parseKeyDocument(
  bytes: Uint8Array,
  options: { passphrase?: string } = {},
): Promise<ReadKey> {
  const document = parseObject(bytes);
  if (document.schema !== keySchema) throw keyError(`key file: the schema must be ${keySchema}`);
  if (document.algo !== 'ed25519') throw keyError('key file: the algorithm must be "ed25519"');
  for (const name of required) {
    if (!(name in document)) throw keyError(`key file: member "${name}" is missing`);
  }
  for (const name of Object.keys(document)) {
    if (![...required, ...optional].includes(name)) {
      throw keyError(`key file: unknown member ${JSON.stringify(name.slice(0, 40))}`);
    }
  }
  const stated = publicKey(bytesOf(document, 'public'));
  if (document.kid !== stated.kid) {
    throw keyError(`key file: the kid is not that of the public key (${stated.kid})`);
  }
  if (document.secret !== undefined && document.encrypted !== undefined) {
    throw keyError('key file: "secret" and "encrypted" exclude each other');
  }
  if (document.secret === undefined && document.encrypted === undefined) {
    return { key: stated, secret: 'none' };
  }
  let seed: Uint8Array;
  if (document.encrypted === undefined) seed = bytesOf(document, 'secret');
  else {
    const encrypted = parseEncryptedSeed(document.encrypted);
    if (options.passphrase === undefined) return { key: stated, secret: 'encrypted' };
    seed = await decryptSeed(encrypted, options.passphrase);
  }
  const key = keyFromSeed(seed);
  if (key.kid !== stated.kid) throw keyError("key file: the public key is not the secret's");
  return { key, secret: document.encrypted === undefined ? 'plain' : 'encrypted' };
}

function parseObject(bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = parseJson(bytes, 'the key file');
  } catch (cause) {
    throw keyError('the key file is not valid JSON', undefined, cause);
  }
  if (!isJsonObject(value)) throw keyError('the key file is not a JSON object');
  return value;
}

function bytesOf(document: JsonObject, name: string): Buffer {
  const text = document[name];
  const bytes = typeof text === 'string' ? decodeBase64(text) : undefined;
  if (bytes?.length !== 32) throw keyError(`key file: "${name}" must be base64 of 32 bytes`);
  return bytes;
}
