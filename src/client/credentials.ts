// The user's tokens, one for each registry: VITTE_HOME/credentials.json, mode 0600. The server writes the first
// one at its first start, so nothing here may load an HTTP client.
import { join } from 'node:path';
import { VitteError } from '../core/errors.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../core/json.ts';
import { vitteHome } from './home.ts';
import { readJsonFile, withFileLock, writePrivateFile } from './private-file.ts';
import { parseRegistryUrl } from './registry-url.ts';

const credentialsSchema = 'vitte.credentials.v1';
const tokenLengthMax = 8 * 1024;

export type CredentialOptions = { home?: string };

/** Path of the credential file. */
export function credentialsFile(home: string = vitteHome()): string {
  return join(home, 'credentials.json');
}

/** The token kept for a registry, or undefined. Throws PKG_E_FILE where the file is damaged, PKG_E_CONFIG for the URL. */
export async function readToken(
  url: string,
  options: CredentialOptions = {},
): Promise<string | undefined> {
  const key = parseRegistryUrl(url);
  const path = credentialsFile(options.home);
  const { registries } = readable(await readJsonFile(path), path);
  const row = Object.hasOwn(registries, key) ? registries[key] : undefined;
  if (!isJsonObject(row) || typeof row.token !== 'string') return undefined;
  return checkToken(row.token);
}

/**
 * Keeps a token for a registry, in place of the one it had; other registries' stay as they are, also when
 * several processes write at once. Throws PKG_E_FILE, PKG_E_TOKEN, PKG_E_CONFIG.
 */
export async function writeToken(
  url: string,
  token: string,
  options: CredentialOptions = {},
): Promise<void> {
  const key = parseRegistryUrl(url);
  checkToken(token);
  const path = credentialsFile(options.home);
  await withFileLock(path, async () => {
    const { document, registries } = readable(await readJsonFile(path), path);
    const row = Object.hasOwn(registries, key) ? registries[key] : undefined;
    const kept = isJsonObject(row) ? row : {};
    const changed = {
      ...document,
      schema: credentialsSchema,
      registries: { ...registries, [key]: { ...kept, token } },
    };
    await writePrivateFile(path, canonicalJson(changed, 2));
  });
}

/** Checks that a token can travel in a header. Throws PKG_E_TOKEN, which never repeats the token. */
export function checkToken(token: string): string {
  if (token.length <= tokenLengthMax && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new VitteError('PKG_E_TOKEN', 'the token is empty, too long or holds other than ASCII', {
    help: 'a token is one word, such as vit_…; look for a line break or a quotation mark around it',
  });
}

function readable(found: JsonObject | undefined, path: string) {
  const document = found ?? {};
  const { schema = credentialsSchema, registries = {} } = document;
  if (schema !== credentialsSchema || !isJsonObject(registries)) {
    throw new VitteError('PKG_E_FILE', `${path} is not a ${credentialsSchema} document`, {
      help: 'move it away; the tokens it holds have to be entered again',
      data: { file: path },
    });
  }
  return { document, registries };
}
