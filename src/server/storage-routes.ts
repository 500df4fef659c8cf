// The file of `storage-routes-file`: which namespaces lie in a storage of their own (spec/mapping.md, "Routes").
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VitteError } from '../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../core/json.ts';
import { parsePackageName } from '../core/name.ts';
import type { StorageEncoding } from '../core/storage-encoding.ts';
import { parseToml } from '../core/toml.ts';
import {
  absolutePath,
  hostList,
  type SettingContext,
  type StorageAddress,
  storageAddress,
  storageEncoding,
} from './setting-values.ts';

/** A storage as the settings describe it. */
export type StoragePlace = {
  address: StorageAddress;
  encoding: StorageEncoding;
  authFile: { path: string; named: boolean };
  caFile: string | undefined;
  certFile: string | undefined;
  keyFile: string | undefined;
  realms: string[];
  uploadHosts: string[];
};

const routesMax = 1_000;

/**
 * Reads the routes: namespace to storage. The file is TOML, or JSON where its name ends in `.json`; paths in it are
 * relative to its folder. What a route does not say is as in `standard`, but for address and encoding. Throws
 * PKG_E_CONFIG with a line that names file, namespace and field.
 */
export async function readStorageRoutes(
  file: string,
  standard: StoragePlace,
): Promise<Map<string, StoragePlace>> {
  const table = await readTable(file);
  const { routes, ...others } = table;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw wrong(file, unknown, 'is not known here: routes stand in routes');
  if (!isJsonObject(routes)) throw wrong(file, 'routes', 'is no table of namespaces');
  const rows = Object.entries(routes);
  if (rows.length > routesMax) throw wrong(file, 'routes', `holds more than ${routesMax}`);
  const context = { cwd: dirname(file) };
  return new Map(
    rows.map(([namespace, row]) => {
      const where = `routes.${namespace.slice(0, 80)}`;
      try {
        parsePackageName(`${namespace}/name`);
      } catch (cause) {
        throw wrong(file, where, `is no namespace: ${(cause as Error).message}`, cause);
      }
      return [namespace, readPlace({ file, where, context }, row, standard)];
    }),
  );
}

type Where = { file: string; where: string; context: SettingContext };

function readPlace(at: Where, row: JsonValue, standard: StoragePlace): StoragePlace {
  if (!isJsonObject(row)) throw wrong(at.file, at.where, 'is no table');
  const {
    storage,
    encoding,
    'auth-file': authFile,
    'ca-file': caFile,
    'cert-file': certFile,
    'key-file': keyFile,
    realms,
    'upload-hosts': uploadHosts,
    ...others
  } = row;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong(at.file, `${at.where}.${unknown}`, 'is not known here');
  const address = read(at, 'storage', storage, storageAddress);
  if (!address) throw wrong(at.file, `${at.where}.storage`, 'is missing');
  const auth = read(at, 'auth-file', authFile, absolutePath);
  const cert = read(at, 'cert-file', certFile, absolutePath);
  const key = read(at, 'key-file', keyFile, absolutePath);
  return {
    address,
    encoding: read(at, 'encoding', encoding, storageEncoding) ?? 'path',
    authFile: auth === undefined ? standard.authFile : { path: auth, named: true },
    caFile: read(at, 'ca-file', caFile, absolutePath) ?? standard.caFile,
    certFile: cert ?? standard.certFile,
    // A key belongs to its certificate.
    keyFile: key ?? (cert === undefined ? standard.keyFile : undefined),
    realms: read(at, 'realms', realms, hostList) ?? standard.realms,
    uploadHosts: read(at, 'upload-hosts', uploadHosts, hostList) ?? standard.uploadHosts,
  };
}

function read<T>(
  { file, where, context }: Where,
  field: string,
  value: JsonValue | undefined,
  parse: (text: string, context: SettingContext) => T,
): T | undefined {
  if (value === undefined) return undefined;
  const path = `${where}.${field}`;
  if (typeof value !== 'string' || value.trim() === '') throw wrong(file, path, 'is no text');
  try {
    return parse(value.trim(), context);
  } catch (cause) {
    throw wrong(file, path, (cause as Error).message, cause);
  }
}

async function readTable(file: string): Promise<JsonObject> {
  try {
    const bytes = await readFile(file);
    const table = (file.endsWith('.json') ? parseJson : parseToml)(bytes, 'it');
    if (!isJsonObject(table)) throw new Error('it is no table');
    return table;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VitteError('PKG_E_CONFIG', `storage-routes-file: ${file} can not be read: ${why}`, {
      cause,
    });
  }
}

function wrong(file: string, where: string, why: string, cause?: unknown): VitteError {
  return new VitteError('PKG_E_CONFIG', `storage-routes-file: ${file}: ${where} ${why}`, {
    ...(cause === undefined ? {} : { cause }),
  });
}
