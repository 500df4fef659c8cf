// The settings of the service: one table. A flag beats the environment, which beats the file of `--config`, which
// beats the default.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { VitteError } from '../core/errors.ts';
import type { ManifestProfile } from '../core/manifest-profile.ts';
import type { StorageEncoding } from '../core/storage-encoding.ts';
import { type ProxyVariables, proxyVariables } from '../oci/remote/proxies.ts';
import { dataFolder } from './data-folder.ts';
import {
  absolutePath,
  byteCount,
  hostList,
  type IndexAddress,
  indexAddress,
  isLoopback,
  type ListenAddress,
  type LogLevel,
  listenAddress,
  logLevel,
  manifestProfile,
  milliseconds,
  publicUrl,
  type SettingContext,
  type StorageAddress,
  storageAddress,
  storageEncoding,
} from './setting-values.ts';
import { readTomlSettings } from './settings-file.ts';

export type Config = {
  listen: ListenAddress;
  storage: StorageAddress;
  index: IndexAddress;
  /** Docker credentials for the storage; those of the user where none is named. */
  storageAuthFile: { path: string; named: boolean };
  storageCaFile: string | undefined;
  /** The client certificate, and its key where that lies in a file of its own. */
  storageCertFile: string | undefined;
  storageKeyFile: string | undefined;
  storageRealms: string[];
  storageUploadHosts: string[];
  storageEncoding: StorageEncoding;
  /** Undefined: the registry's own, and for a new one what the storage takes. */
  storageProfile: ManifestProfile | undefined;
  storageRoutesFile: string | undefined;
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, for the way to the storage. */
  proxies: ProxyVariables;
  data: string;
  publicUrl: string | undefined;
  /** Where the service's secret lies. One that was named must exist; the default one is made. */
  secretFile: { path: string; named: boolean };
  bootstrapTokenFile: string | undefined;
  logLevel: LogLevel;
  uploadBytesMax: number;
  drainMs: number;
};

export type Setting = {
  /** The flag without its dashes; also the key in the file of `--config`. */
  flag: string;
  /** What stands there when nobody says anything; undefined: nothing. */
  standard: string | undefined;
  /** For people, where `standard` does not say it. */
  standardText?: string;
  value: string;
  meaning: string;
};

/** Every setting there is. */
export const settings = [
  {
    flag: 'listen',
    standard: '127.0.0.1:7878',
    value: 'HOST:PORT',
    meaning: 'address to listen on; port 0 takes a free one',
  },
  {
    flag: 'storage',
    standard: undefined,
    standardText: 'layout:DATA',
    value: 'ADDRESS',
    meaning:
      'where packages and journal lie: layout:DIR, oci://HOST/PREFIX or oci+http://HOST/PREFIX',
  },
  {
    flag: 'storage-auth-file',
    standard: undefined,
    standardText: '~/.docker/config.json',
    value: 'FILE',
    meaning: 'Docker credentials for the storage',
  },
  {
    flag: 'storage-ca-file',
    standard: undefined,
    value: 'FILE',
    meaning: 'PEM of a private certificate authority that the storage is trusted by',
  },
  {
    flag: 'storage-cert-file',
    standard: undefined,
    value: 'FILE',
    meaning: 'PEM of a client certificate that is shown to the storage',
  },
  {
    flag: 'storage-key-file',
    standard: undefined,
    standardText: 'the file of the certificate',
    value: 'FILE',
    meaning: 'PEM of the key of that certificate, without a password',
  },
  {
    flag: 'storage-realms',
    standard: undefined,
    value: 'HOSTS',
    meaning: 'further hosts that the storage may name as its token service',
  },
  {
    flag: 'storage-upload-hosts',
    standard: undefined,
    value: 'HOSTS',
    meaning: 'further hosts that the storage may send uploads to',
  },
  {
    flag: 'storage-encoding',
    standard: 'path',
    value: 'ENCODING',
    meaning:
      'how repositories are named in the storage: path, flat (one segment) or single (one for all)',
  },
  {
    flag: 'storage-profile',
    standard: undefined,
    standardText: 'of a new registry 1, and 2 where the storage refuses types it does not know',
    value: 'PROFILE',
    meaning: 'form of the manifests of a new registry: 1, or 2 for storages that allow-list types',
  },
  {
    flag: 'storage-routes-file',
    standard: undefined,
    value: 'FILE',
    meaning: 'namespaces that lie in storages of their own (TOML or JSON)',
  },
  {
    flag: 'index',
    standard: 'memory:',
    value: 'ADDRESS',
    meaning:
      'where the index lies: memory:, redis://, rediss://, redis+sentinel:// or redis+cluster://',
  },
  {
    flag: 'data',
    standard: undefined,
    standardText: "the platform's data folder + vitte-registry",
    value: 'DIR',
    meaning: 'where the embedded store and the secret of the service lie',
  },
  {
    flag: 'public-url',
    standard: undefined,
    standardText: 'the listen URL',
    value: 'URL',
    meaning: 'what links in answers begin with',
  },
  {
    flag: 'secret-file',
    standard: undefined,
    standardText: 'DATA/service-secret.json, made at first start',
    value: 'FILE',
    meaning: 'the secret of the service',
  },
  {
    flag: 'bootstrap-token-file',
    standard: undefined,
    value: 'FILE',
    meaning: 'the first token, role admin, for a registry that has none',
  },
  {
    flag: 'log-level',
    standard: 'info',
    value: 'LEVEL',
    meaning: 'trace, debug, info, warn, error or silent',
  },
  {
    flag: 'upload-bytes-max',
    standard: '1GiB',
    value: 'BYTES',
    meaning: 'largest body of a publish, in bytes or with KiB, MiB or GiB',
  },
  {
    flag: 'drain-ms',
    standard: '10000',
    value: 'MS',
    meaning: 'how long requests may go on once the service is told to stop',
  },
  {
    flag: 'config',
    standard: undefined,
    value: 'FILE',
    meaning: 'TOML file with these settings, by the names of their flags',
  },
] as const satisfies readonly Setting[];

export type SettingName = (typeof settings)[number]['flag'];
/** Flags as the command line gave them. */
export type Flags = Partial<Record<SettingName, string>>;
export type Environment = Readonly<Record<string, string | undefined>>;

type Found = { text: string; source: 'flag' | 'environment' | 'file' | 'default'; where: string };
export type FoundSettings = Partial<Record<SettingName, Found>>;

const names: ReadonlySet<string> = new Set(settings.map((setting) => setting.flag));
const variablePrefix = 'VITTE_REGISTRY_';

/** The variable of a setting: `listen` is VITTE_REGISTRY_LISTEN. */
export function variableOf(flag: string): string {
  return variablePrefix + flag.toUpperCase().replaceAll('-', '_');
}

/**
 * Reads every setting and checks it. Throws PKG_E_CONFIG with one line that names the first unknown or malformed
 * one; a value that may hold a password is not repeated there.
 */
export function readConfig(flags: Flags, env: Environment, cwd = process.cwd()): Config {
  const found = findSettings(flags, env, cwd);
  const context: SettingContext = { cwd };
  const data = parsed('data', absolutePath) ?? dataFolder(env);
  const secretFile = parsed('secret-file', absolutePath);
  const storageAuthFile = parsed('storage-auth-file', absolutePath);
  const config: Config = {
    listen: required('listen', listenAddress),
    storage: parsed('storage', storageAddress) ?? { kind: 'layout', dir: data },
    index: required('index', indexAddress),
    storageAuthFile: {
      path: storageAuthFile ?? join(env.HOME ?? homedir(), '.docker/config.json'),
      named: storageAuthFile !== undefined,
    },
    storageCaFile: parsed('storage-ca-file', absolutePath),
    storageCertFile: parsed('storage-cert-file', absolutePath),
    storageKeyFile: parsed('storage-key-file', absolutePath),
    storageRealms: parsed('storage-realms', hostList) ?? [],
    storageUploadHosts: parsed('storage-upload-hosts', hostList) ?? [],
    storageEncoding: required('storage-encoding', storageEncoding),
    storageProfile: parsed('storage-profile', manifestProfile),
    storageRoutesFile: parsed('storage-routes-file', absolutePath),
    proxies: proxyVariables(env),
    data,
    publicUrl: parsed('public-url', publicUrl),
    secretFile: {
      path: secretFile ?? `${data}/service-secret.json`,
      named: secretFile !== undefined,
    },
    bootstrapTokenFile: parsed('bootstrap-token-file', absolutePath),
    logLevel: required('log-level', logLevel),
    uploadBytesMax: required('upload-bytes-max', byteCount),
    drainMs: required('drain-ms', milliseconds),
  };
  checkTogether(config);
  return config;

  function parsed<T>(name: SettingName, parse: (text: string, context: SettingContext) => T) {
    const setting = found[name];
    if (setting === undefined) return undefined;
    try {
      return parse(setting.text, context);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new VitteError('PKG_E_CONFIG', `${setting.where}: ${why}`, { cause });
    }
  }

  function required<T>(name: SettingName, parse: (text: string, context: SettingContext) => T): T {
    return parsed(name, parse) as T; // its row in the table has a default
  }
}

/** What settings ask of each other. */
function checkTogether({ storage, index, secretFile, listen }: Config) {
  if (storage.kind === 'layout' && index.kind === 'redis') {
    throw new VitteError('PKG_E_CONFIG', 'index: a folder serves one process, Redis is for many', {
      help: 'keep memory: with layout:DIR, or name an oci:// storage',
    });
  }
  if (storage.kind === 'remote' && !secretFile.named && !isLoopback(listen.host)) {
    throw new VitteError(
      'PKG_E_CONFIG',
      'secret-file: a registry on a remote storage that others reach must be given its secret',
      { help: 'every replica needs the same file: set VITTE_REGISTRY_SECRET_FILE' },
    );
  }
}

/** Each setting's text and where it came from; settings that nobody gave and that have no default are absent. */
export function findSettings(flags: Flags, env: Environment, cwd: string): FoundSettings {
  const found: FoundSettings = {};
  for (const { flag, standard } of settings) {
    if (standard !== undefined) found[flag] = { text: standard, source: 'default', where: flag };
  }
  const fromEnv = environmentSettings(env);
  const fromFlags = flagSettings(flags);
  const file = fromFlags.config ?? fromEnv.config;
  return { ...found, ...(file && fileSettings(file, cwd)), ...fromEnv, ...fromFlags };
}

function environmentSettings(env: Environment): FoundSettings {
  const found: FoundSettings = {};
  for (const [variable, text] of Object.entries(env)) {
    // VITTE_REGISTRY itself is the client's: the URL of the registry it talks to.
    if (!variable.startsWith(variablePrefix) || text === undefined) continue;
    const flag = variable.slice(variablePrefix.length).toLowerCase().replaceAll('_', '-');
    if (!isSetting(flag) || variableOf(flag) !== variable) throw unknown(variable);
    found[flag] = given(text, 'environment', variable);
  }
  return found;
}

function flagSettings(flags: Flags): FoundSettings {
  const found: FoundSettings = {};
  for (const [flag, text] of Object.entries(flags)) {
    if (!isSetting(flag)) throw unknown(`--${flag}`);
    if (text !== undefined) found[flag] = given(text, 'flag', `--${flag}`);
  }
  return found;
}

function fileSettings(file: Found, cwd: string): FoundSettings {
  const path = absolutePath(file.text, { cwd });
  const found: FoundSettings = {};
  for (const [key, text] of Object.entries(readTomlSettings(path, file.where))) {
    if (!isSetting(key) || key === 'config') throw unknown(`${path}: ${key.slice(0, 80)}`);
    found[key] = given(text, 'file', `${path}: ${key}`);
  }
  return found;
}

function given(text: string, source: Found['source'], where: string): Found {
  if (text.trim() === '') throw new VitteError('PKG_E_CONFIG', `${where}: is empty`);
  return { text: text.trim(), source, where };
}

function isSetting(name: string): name is SettingName {
  return names.has(name);
}

function unknown(where: string) {
  return new VitteError('PKG_E_CONFIG', `${where} is not a setting of this build`, {
    help: 'vitte registry serve --print-config lists the settings',
  });
}
