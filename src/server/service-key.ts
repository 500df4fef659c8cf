// The service's own secret: tokens that it issues and checkpoints of its log are signed with it.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sha256Hex } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { canonicalJson, isJsonObject, parseJson } from '../core/json.ts';
import { keyFromSeed, spkiOf } from '../signing/keys.ts';

export type ServiceKey = {
  /** The Ed25519 seed, 32 bytes. */
  seed: Uint8Array;
  /** SPKI DER of the public key. */
  spki: Uint8Array;
  /** Hex SHA-256 of the SPKI DER: what entry 1 of the journal records. */
  fingerprint: string;
};

const secretSchema = 'vitte.service-secret.v1';
const seedBytes = 32;

/**
 * Reads the secret, or makes one where there is none and `make` says so: mode 0600, complete or not there at all,
 * and the same for two processes that start at once. Throws PKG_E_CONFIG where it is missing, malformed or out of
 * reach; the message never repeats it.
 */
export async function loadServiceKey(
  path: string,
  options: { make: boolean },
): Promise<ServiceKey> {
  const found = await readSecret(path);
  if (found !== undefined) return keyOf(parseSecret(found, path));
  if (!options.make) throw secretError(path, 'is not there');
  await makeSecret(path);
  const made = await readSecret(path);
  if (made === undefined) throw secretError(path, 'went away as it was made');
  return keyOf(parseSecret(made, path));
}

async function readSecret(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw secretError(path, 'can not be read', cause);
  }
}

async function makeSecret(path: string) {
  const seed = randomBytes(seedBytes).toString('base64');
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(canonicalJson({ schema: secretSchema, seed }, 2));
      await file.sync();
    } finally {
      await file.close();
    }
    // A link fails where the name is taken, so of two first starts one secret stays.
    await link(temporary, path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause;
    });
  } catch (cause) {
    throw secretError(path, 'can not be made', cause);
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

function parseSecret(bytes: Buffer, path: string): Uint8Array {
  let value: unknown;
  try {
    value = parseJson(bytes, 'the secret');
  } catch {
    throw secretError(path, 'is not JSON'); // without a cause, which might show a piece of it
  }
  if (!isJsonObject(value) || Object.keys(value).sort().join() !== 'schema,seed') {
    throw secretError(path, 'does not hold "schema" and "seed" alone');
  }
  const seed = typeof value.seed === 'string' ? Buffer.from(value.seed, 'base64') : Buffer.alloc(0);
  const exact = seed.length === seedBytes && seed.toString('base64') === value.seed;
  if (value.schema !== secretSchema || !exact) {
    throw secretError(path, `is not a ${secretSchema} document with a seed of ${seedBytes} bytes`);
  }
  return seed;
}

function keyOf(seed: Uint8Array): ServiceKey {
  const spki = spkiOf(keyFromSeed(seed));
  return { seed, spki, fingerprint: sha256Hex(spki) };
}

function secretError(path: string, why: string, cause?: unknown) {
  return new VitteError('PKG_E_CONFIG', `the secret of the service, ${path}, ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    help: 'every replica of a registry has the same file; a new registry makes it in its data folder',
  });
}
