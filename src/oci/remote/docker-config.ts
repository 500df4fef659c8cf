import { readFile, stat } from 'node:fs/promises';
import { VitteError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../core/json.ts';
import type { CredentialSource, Credentials } from './credentials.ts';

const configBytesMax = 1024 * 1024;

/** Docker Hub's hosts, and the name under which Docker keeps its credentials. */
const dockerHubHosts = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
const dockerHubKey = 'https://index.docker.io/v1/';

/**
 * Credentials from a Docker configuration (`~/.docker/config.json`, a Kubernetes pull secret): its `auths`. The file
 * is read whenever credentials are needed, so that a mounted secret may change. A file that is missing holds none,
 * unless it is `required`. The source rejects with PKG_E_CONFIG for a file that can't be read or makes no sense, and
 * for a host whose credentials a helper program keeps. No message holds anything of the file.
 * https://docs.docker.com/reference/cli/docker/login/
 */
export function dockerCredentials(
  path: string,
  { required = false }: { required?: boolean } = {},
): CredentialSource {
  return async (host, options) => {
    options?.signal?.throwIfAborted();
    const config = await readConfig(path, required);
    if (!config) return undefined;
    const helper = helperFor(config, host);
    if (helper !== undefined) throw helperError(host, helper);
    const entry = entryFor(config.auths, host);
    const credentials = entry && readEntry(entry, path);
    if (!credentials && typeof config.credsStore === 'string' && entry) {
      throw helperError(host, config.credsStore);
    }
    return credentials;
  };
}

async function readConfig(path: string, required: boolean): Promise<JsonObject | undefined> {
  try {
    const { size } = await stat(path);
    if (size > configBytesMax) throw malformed(path, `it is over ${configBytesMax} bytes`);
    const config = parseJson(await readFile(path), 'a Docker configuration');
    if (isJsonObject(config)) return config;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && !required) return undefined;
    if (cause instanceof VitteError && cause.code === 'PKG_E_CONFIG') throw cause;
    // The parser's message may quote the file.
    const why = cause instanceof VitteError ? 'it is no JSON' : 'it can not be read';
    throw malformed(path, why, cause instanceof VitteError ? undefined : cause);
  }
  throw malformed(path, 'it is no JSON object');
}

/** Docker keeps `auths: {HOST: {}}` beside `credsStore` for the hosts that the store has. */
function helperFor({ credHelpers }: JsonObject, host: string): string | undefined {
  const helper = isJsonObject(credHelpers) ? credHelpers[host] : undefined;
  return typeof helper === 'string' && helper !== '' ? helper : undefined;
}

function entryFor(auths: unknown, host: string): JsonObject | undefined {
  if (!isJsonObject(auths)) return undefined;
  const hub = dockerHubHosts.has(host) ? [dockerHubKey, ...dockerHubHosts] : [];
  for (const key of [host, `https://${host}`, `http://${host}`, ...hub]) {
    const entry = auths[key] ?? auths[`${key}/`] ?? auths[`${key}/v1/`] ?? auths[`${key}/v2/`];
    if (isJsonObject(entry)) return entry;
  }
  return undefined;
}

function readEntry(entry: JsonObject, path: string): Credentials | undefined {
  const text = (key: string) => {
    const value = entry[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const auth = text('auth');
  const pair = auth === undefined ? undefined : decodePair(auth, path);
  const [username, password] = pair ?? [text('username'), text('password')];
  const [identityToken, registryToken] = [text('identitytoken'), text('registrytoken')];
  const credentials = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(identityToken === undefined ? {} : { identityToken }),
    ...(registryToken === undefined ? {} : { registryToken }),
  };
  return Object.keys(credentials).length > 0 ? credentials : undefined;
}

/** `auth` is base64 of `USER:PASSWORD`; old files fill it up with zero bytes. */
function decodePair(auth: string, path: string): [string, string | undefined] {
  const pair = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = pair.indexOf(':');
  if (colon < 0) throw malformed(path, 'an auth in it is no user name and password');
  const password = pair.slice(colon + 1);
  return [pair.slice(0, colon), password === '' ? undefined : password];
}

function malformed(path: string, why: string, cause?: unknown) {
  return new VitteError('PKG_E_CONFIG', `the Docker configuration ${path} is of no use: ${why}`, {
    cause,
  });
}

function helperError(host: string, helper: string) {
  return new VitteError(
    'PKG_E_CONFIG',
    `the credentials of ${host} are kept by the program docker-credential-${helper}`,
    {
      help: 'credential helpers are not run: put user name and password under "auths" in a file of its own, and name it in VITTE_REGISTRY_STORAGE_AUTH_FILE',
    },
  );
}
