import { readFile, stat } from 'node:fs/promises';
import { isVitteError, VitteError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../core/json.ts';
import { askCredentialHelper } from './credential-helper.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { createSingleFlight } from './single-flight.ts';

const configBytesMax = 1024 * 1024;

/** Docker Hub's hosts, and the name under which Docker keeps its credentials. */
const dockerHubHosts = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
const dockerHubKey = 'https://index.docker.io/v1/';

/**
 * Credentials from a Docker configuration (`~/.docker/config.json`, a Kubernetes pull secret): the helper program that
 * `credHelpers` names for the host, else that of `credsStore`, else `auths`. The file is read, and a helper run,
 * whenever credentials are needed, so that a mounted secret may change. A file that is missing holds none, unless it
 * is `required`. The source rejects with PKG_E_CONFIG for a file that can't be read or makes no sense, and where a
 * helper that must have the credentials is not installed; with PKG_E_STORAGE_UNAVAILABLE where a helper fails. No
 * message holds anything of the file. https://docs.docker.com/reference/cli/docker/login/
 */
export function dockerCredentials(
  path: string,
  { required = false, askHelper = askCredentialHelper }: DockerConfigOptions = {},
): CredentialSource {
  const flights = createSingleFlight<Credentials | undefined>();
  // Those who need the same credentials at once share one run of a helper.
  return async (host, { signal } = {}) => {
    signal?.throwIfAborted();
    return flights.run(host, () => find(host), signal);
  };

  async function find(host: string): Promise<Credentials | undefined> {
    const config = await readConfig(path, required);
    if (!config) return undefined;
    const { credHelpers, credsStore } = config;
    const [key, entry] = entryFor(config.auths, host);
    const helper = keysOf(host)
      .map((known) => isJsonObject(credHelpers) && credHelpers[known])
      .find((name) => typeof name === 'string' && name !== '');
    if (typeof helper === 'string') return askHelper(helper, key);
    const own = entry && readEntry(entry, path);
    if (typeof credsStore !== 'string' || credsStore === '') return own;
    try {
      return (await askHelper(credsStore, key)) ?? own;
    } catch (error) {
      // A configuration that was carried to a machine without its store: what it holds itself still counts. Docker
      // writes `auths: {HOST: {}}` for the hosts that the store has.
      if (isVitteError(error, 'PKG_E_CONFIG') && (own || !entry)) return own;
      throw error;
    }
  }
}

export type DockerConfigOptions = {
  /** The file must exist. */
  required?: boolean;
  /** Asks a helper program; tests give their own. */
  askHelper?: (name: string, server: string) => Promise<Credentials | undefined>;
};

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

/** The entry of a host, and the name under which it stands; without one, the name under which Docker would put it. */
function entryFor(auths: unknown, host: string): [key: string, entry: JsonObject | undefined] {
  const keys = keysOf(host);
  if (isJsonObject(auths)) {
    for (const key of [host, `https://${host}`, `http://${host}`, ...keys]) {
      for (const end of ['', '/', '/v1/', '/v2/']) {
        const entry = auths[`${key}${end}`];
        if (isJsonObject(entry)) return [`${key}${end}`, entry];
      }
    }
  }
  return [keys[0] ?? host, undefined];
}

/** The names under which a host's credentials may stand, the usual one first. */
function keysOf(host: string): string[] {
  return dockerHubHosts.has(host) ? [dockerHubKey, ...dockerHubHosts] : [host];
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
