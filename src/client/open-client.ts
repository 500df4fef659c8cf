import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import {
  readChanges,
  readDependents,
  readDeprecation,
  readOwners,
  readPackage,
  readPackages,
  readPublished,
  readRegistry,
  readSignatures,
  readVersion,
  readWhoami,
  readYank,
} from './answers.ts';
import { type Call, makeCalls } from './calls.ts';
import { defaultTimeouts, openConnection, type Timeouts } from './connection.ts';
import { checkToken } from './credentials.ts';
import { download } from './download.ts';
import { batchBytesMax, readIndexDocuments } from './index-batch.ts';
import type { CallOptions, ListOptions, RegistryClient } from './port.ts';
import { publishBody } from './publish-body.ts';
import { parseRegistryUrl } from './registry-url.ts';
import { defaultRetryPolicy, type RetryPolicy } from './retry.ts';
import { sequenceMemory } from './sequences.ts';
import type { Reader } from './shape.ts';

export type ClientOptions = {
  url: string;
  token?: string | undefined;
  /** Folder that remembers sequence numbers between processes; in memory alone without it. */
  home?: string | undefined;
  userAgent?: string;
  retry?: Partial<RetryPolicy>;
  timeouts?: Partial<Timeouts>;
};

/**
 * A client of the registry at this URL. Opens no connection before the first call. Throws PKG_E_CONFIG for a
 * malformed URL and PKG_E_TOKEN for a token that no header takes.
 */
export function openClient(options: ClientOptions): RegistryClient {
  const url = parseRegistryUrl(options.url);
  const token = options.token === undefined ? undefined : checkToken(options.token);
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const retry = { ...defaultRetryPolicy, ...options.retry };
  const userAgent = options.userAgent ?? 'vitte-registry-client';
  const connection = openConnection({ url, token, userAgent, timeouts });
  const memory = sequenceMemory(url, options.home);
  const calls = makeCalls(connection, memory, { url, retry });

  return {
    url,
    registry: (options) => get('/registry', readRegistry, options),
    list: (options) => get(`/packages${pageQuery(options)}`, readPackages, options),
    search: (query, options) =>
      get(`/packages${pageQuery(options, { q: query })}`, readPackages, options),
    packageInfo: (name, options) => get(packagePath(name), readPackage, options),
    versionInfo: (name, version, options) => get(versionPath(name, version), readVersion, options),
    signatures: (name, version, options) =>
      get(`${versionPath(name, version)}/signatures`, readSignatures, options),
    whoami: (options) => get('/whoami', readWhoami, options),
    seen: () => memory.recall(),
    changes: ({ since = 0, limit = 100, ...options } = {}) =>
      get(`/changes?since=${since}&limit=${limit}`, readChanges, options),

    setYanked: (name, version, yanked, { reason, ...options } = {}) =>
      change(
        yanked ? 'PUT' : 'DELETE',
        `${versionPath(name, version)}/yank`,
        reason === undefined ? undefined : { reason },
        readYank,
        options,
      ),
    deprecation: (name, options) =>
      get(`${packagePath(name)}/-/deprecation`, readDeprecation, options),
    deprecate: (name, message, options) =>
      change('PUT', `${packagePath(name)}/-/deprecation`, { message }, readDeprecation, options),
    owners: (name, options) => get(`${packagePath(name)}/-/owners`, readOwners, options),
    setOwner: (name, account, role, options) =>
      change(
        role === undefined ? 'DELETE' : 'PUT',
        `${packagePath(name)}/-/owners/${account}`,
        role === undefined ? undefined : { role },
        readOwners,
        options,
      ),
    dependents(name, { transitive = false, limit = 1_000, cursor, ...options } = {}) {
      const query = new URLSearchParams({ limit: String(limit) });
      if (transitive) query.set('transitive', 'true');
      if (cursor !== undefined) query.set('cursor', cursor);
      return get(`${packagePath(name)}/-/dependents?${query}`, readDependents, options);
    },

    indexDocuments: (names, options) =>
      readIndexDocuments(names, (some, read) => askIndex(some, read, options)),

    download(name, version, archive, options = {}) {
      const wanted = {
        path: `/api/v1${versionPath(name, version)}/download`,
        what: `${name}@${version}`,
        expected: archive,
      };
      return download(calls, wanted, { url, retry, signal: options.signal });
    },

    async publish({ name, version, archive, bundles }, options = {}) {
      const body = publishBody(archive, bundles);
      const { status, value } = await calls.document(
        {
          method: 'PUT',
          path: `/api/v1${versionPath(name, version)}`,
          headers: { 'content-type': body.contentType, 'content-length': String(body.bytes) },
          body: body.open,
          signal: options.signal,
        },
        readPublished,
      );
      return { ...value, created: status === 201 };
    },

    async close() {
      await memory.save();
      await connection.close();
    },
  };

  async function askIndex<T>(
    names: readonly PackageName[],
    read: Reader<T>,
    options: CallOptions = {},
  ): Promise<T> {
    const { value } = await calls.document(
      {
        method: 'POST',
        path: '/api/v1/index',
        ...jsonBody({ names }),
        reads: true,
        limits: { bytesMax: batchBytesMax, gzip: true },
        signal: options.signal,
        tryTimeoutMs: timeouts.documentTimeoutMs,
      },
      read,
    );
    return value;
  }

  /** A request that may be sent again: it says what shall stand. */
  async function change<T>(
    method: 'PUT' | 'DELETE',
    path: string,
    document: object | undefined,
    read: Reader<T>,
    options: CallOptions = {},
  ): Promise<T> {
    const { value } = await calls.document(
      {
        method,
        path: `/api/v1${path}`,
        ...jsonBody(document),
        signal: options.signal,
        tryTimeoutMs: timeouts.documentTimeoutMs,
      },
      read,
    );
    return value;
  }

  async function get<T>(path: string, read: Reader<T>, options: CallOptions = {}): Promise<T> {
    const { value } = await calls.document(
      {
        method: 'GET',
        path: `/api/v1${path}`,
        ...jsonBody(undefined),
        signal: options.signal,
        tryTimeoutMs: timeouts.documentTimeoutMs,
      },
      read,
    );
    return value;
  }
}

/** The headers of a request that is answered by a document, and its body, if any. */
function jsonBody(document: object | undefined): Pick<Call, 'headers' | 'body'> {
  const accept = 'application/json, application/problem+json';
  if (document === undefined) return { headers: { accept } };
  const bytes = Buffer.from(JSON.stringify(document));
  return {
    headers: {
      accept,
      'content-type': 'application/json',
      'content-length': String(bytes.length),
    },
    body: () => once(bytes),
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A namespaced name is two segments; no name or version has a character that a path would need encoded, but `+`. */
function packagePath(name: PackageName): string {
  return `/packages/${name}`;
}

function versionPath(name: PackageName, version: Version): string {
  return `${packagePath(name)}/${version.replaceAll('+', '%2B')}`;
}

function pageQuery(options: ListOptions = {}, more: Record<string, string> = {}): string {
  const query = new URLSearchParams(more);
  if (options.namespace !== undefined) query.set('namespace', options.namespace);
  if (options.sort !== undefined) query.set('sort', options.sort);
  if (options.facets?.length) query.set('facets', options.facets.join(','));
  if (options.limit !== undefined) query.set('limit', String(options.limit));
  if (options.cursor !== undefined) query.set('cursor', options.cursor);
  return query.size === 0 ? '' : `?${query}`;
}
