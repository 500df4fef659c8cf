// A registry of someone else's: the distribution API in memory over node:http, with a log of every request, and hooks
// through which a test makes it answer as real registries and broken ones do.
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';

/** One request as it was logged; `target` is method and path, such as `GET /v2/p/demo/tags/list?n=1000`. */
export type LoggedRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  target: string;
};

/** Answers a request in the registry's place; false lets the next hook, and at last the registry, do it. */
export type Hook = (
  request: LoggedRequest,
  response: ServerResponse,
  message: IncomingMessage,
) => boolean | Promise<boolean>;

export type ForeignOptions = {
  /** The address to listen on; 127.0.0.0/8 has more than one. */
  host?: string;
  /** With the Referrers API; `silent` does not say OCI-Subject. */
  referrers?: boolean | 'silent';
  tls?: { key: string; cert: string };
};

export type ForeignRegistry = {
  origin: string;
  /** `127.0.0.1:PORT`. */
  host: string;
  /** For `openRemoteRegistry`, with the prefix `p`. */
  url: string;
  requests: LoggedRequest[];
  /** `METHOD /path` of all requests, without queries. */
  targets(): string[];
  /** Forgets the requests so far. */
  forget(): void;
  /** Hooks are asked in turn, the last one first. */
  hook(hook: Hook): void;
  /** Content, by `REPOSITORY sha256:…`; manifests also by `REPOSITORY TAG`. */
  blobs: Map<string, Buffer>;
  manifests: Map<string, { mediaType: string; bytes: Buffer }>;
  /** Upload sessions that were neither completed nor deleted. */
  sessions: Map<string, Buffer>;
  close(): Promise<void>;
};

/** Starts one on a free port. */
export async function startForeignRegistry(options: ForeignOptions = {}): Promise<ForeignRegistry> {
  const { host = '127.0.0.1', tls } = options;
  const hooks: Hook[] = [];
  const server = tls ? createTlsServer(tls) : createServer();
  const registry: ForeignRegistry = {
    origin: '',
    host: '',
    url: '',
    requests: [],
    targets: () => registry.requests.map(({ method, path }) => `${method} ${path}`),
    forget: () => void registry.requests.splice(0),
    hook: (hook) => void hooks.unshift(hook),
    blobs: new Map(),
    manifests: new Map(),
    sessions: new Map(),
    async close() {
      const closed = new Promise((done) => server.close(done));
      (server as Server).closeAllConnections();
      await closed;
    },
  };
  server.on('request', async (message, response) => {
    const { method = '', url: target = '' } = message;
    const { pathname: path, searchParams: query } = new URL(target, 'http://registry');
    const { headers } = message;
    const request = { method, path, query, headers, target: `${method} ${target}` };
    registry.requests.push(request);
    try {
      for (const hook of hooks) if (await hook(request, response, message)) return;
      await answer(registry, options, request, response, message);
    } catch {
      // The client left, or a hook cut the connection: that is what is tested.
      response.destroy();
    }
  });
  await new Promise<void>((done) => server.listen(0, host, done));
  const { port } = server.address() as AddressInfo;
  registry.host = `${host}:${port}`;
  registry.origin = `${tls ? 'https' : 'http'}://${registry.host}`;
  registry.url = `oci${tls ? '' : '+http'}://${registry.host}/p`;
  return registry;
}

/** Opens the remote adapter on one that has the Referrers API, a new one each time; for the contract suite. */
export async function remoteOnForeignRegistry() {
  const foreign = await startForeignRegistry({ referrers: true });
  const registry = openRemoteRegistry({ url: foreign.url });
  const close = async () => {
    await registry.close();
    await foreign.close();
  };
  return { registry, close };
}

/** Sends an answer with a body in one piece. */
export function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | string[]> = {},
  body: string | Uint8Array = '',
): true {
  response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers });
  response.end(body);
  return true;
}

/** Sends an OCI error document. */
export function fail(response: ServerResponse, status: number, code: string): true {
  const body = JSON.stringify({ errors: [{ code, message: 'as the test wants it' }] });
  return send(response, status, { 'content-type': 'application/json' }, body);
}

/** Reads a request's body to its end. */
export async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function answer(
  registry: ForeignRegistry,
  options: ForeignOptions,
  request: LoggedRequest,
  response: ServerResponse,
  message: IncomingMessage,
): Promise<unknown> {
  const { path } = request;
  // A repository's name may itself hold the words that stand behind it.
  const [, repository = '', kind, rest = ''] =
    /^\/v2\/(.+)\/(blobs|manifests|tags|referrers)\/(uploads\/[^/]*|[^/]+)$/.exec(path) ?? [];
  if (kind === 'blobs' && rest.startsWith('uploads/')) {
    return upload(registry, repository, rest, request, response, message);
  }
  if (kind === 'blobs') return blob(registry, `${repository} ${rest}`, request, response);
  if (kind === 'manifests')
    return manifest(registry, options, repository, rest, request, response, message);
  if (kind === 'tags') return tags(registry, repository, response);
  if (kind === 'referrers' && options.referrers) {
    return referrers(registry, repository, rest, response);
  }
  return send(response, 404, { 'content-type': 'text/plain' }, '404 page not found');
}

async function upload(
  { blobs, sessions }: ForeignRegistry,
  repository: string,
  rest: string,
  { method, query }: LoggedRequest,
  response: ServerResponse,
  message: IncomingMessage,
) {
  const base = `/v2/${repository}/blobs/uploads/`;
  if (method === 'POST') {
    const mounted = blobs.get(`${query.get('from')} ${query.get('mount')}`);
    if (mounted) {
      blobs.set(`${repository} ${query.get('mount')}`, mounted);
      return send(response, 201);
    }
    const id = randomUUID();
    sessions.set(id, Buffer.alloc(0));
    return send(response, 202, { location: `${base}${id}?state=a%2Bb` });
  }
  const id = rest.replace('uploads/', '');
  const held = sessions.get(id);
  if (!held || query.get('state') !== 'a+b') return fail(response, 404, 'BLOB_UPLOAD_UNKNOWN');
  if (method === 'DELETE') {
    sessions.delete(id);
    return send(response, 204);
  }
  const bytes = Buffer.concat([held, await bodyOf(message)]);
  sessions.set(id, bytes);
  if (method === 'PATCH') return send(response, 202, { location: `${base}${id}?state=a%2Bb` });
  const digest = digestOf(bytes);
  if (query.get('digest') !== digest) return fail(response, 400, 'DIGEST_INVALID');
  sessions.delete(id);
  blobs.set(`${repository} ${digest}`, bytes);
  return send(response, 201, { location: `/v2/${repository}/blobs/${digest}` });
}

function blob(
  { blobs }: ForeignRegistry,
  key: string,
  { method, headers }: LoggedRequest,
  response: ServerResponse,
) {
  const bytes = blobs.get(key);
  if (!bytes) return fail(response, 404, 'BLOB_UNKNOWN');
  if (method === 'DELETE') {
    blobs.delete(key);
    return send(response, 202);
  }
  const type = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (from === undefined) return sendFor(method, response, 200, type, bytes);
  const last = Math.min(to ? Number(to) : bytes.length - 1, bytes.length - 1);
  if (Number(from) >= bytes.length) {
    return send(response, 416, { 'content-range': `bytes */${bytes.length}` });
  }
  const range = { ...type, 'content-range': `bytes ${from}-${last}/${bytes.length}` };
  return sendFor(method, response, 206, range, bytes.subarray(Number(from), last + 1));
}

async function manifest(
  { manifests }: ForeignRegistry,
  options: ForeignOptions,
  repository: string,
  reference: string,
  { method, headers }: LoggedRequest,
  response: ServerResponse,
  message: IncomingMessage,
) {
  const key = `${repository} ${reference}`;
  if (method === 'PUT') {
    const bytes = await bodyOf(message);
    const subject =
      options.referrers === true ? JSON.parse(bytes.toString()).subject?.digest : undefined;
    if (subject && !response.hasHeader('oci-subject')) response.setHeader('oci-subject', subject);
    const stored = { mediaType: headers['content-type'] ?? '', bytes };
    const digest = digestOf(bytes);
    manifests.set(key, stored);
    manifests.set(`${repository} ${digest}`, stored);
    return send(response, 201, { 'docker-content-digest': digest });
  }
  const found = manifests.get(key);
  if (!found) return fail(response, 404, 'MANIFEST_UNKNOWN');
  if (method === 'DELETE') {
    // A tag alone, or a manifest with its tags.
    manifests.delete(key);
    const digest = reference.includes(':') ? reference : undefined;
    for (const [name, { bytes }] of manifests) {
      if (name.startsWith(`${repository} `) && digestOf(bytes) === digest) manifests.delete(name);
    }
    return send(response, 202);
  }
  const digest = { 'docker-content-digest': digestOf(found.bytes) };
  return sendFor(
    method,
    response,
    200,
    { 'content-type': found.mediaType, ...digest },
    found.bytes,
  );
}

function tags({ manifests }: ForeignRegistry, repository: string, response: ServerResponse) {
  const names = [...manifests.keys()].filter((key) => key.startsWith(`${repository} `));
  if (names.length === 0) return fail(response, 404, 'NAME_UNKNOWN');
  const all = names.map((key) => key.slice(repository.length + 1));
  const body = { name: repository, tags: all.filter((tag) => !tag.includes(':')) };
  return send(response, 200, { 'content-type': 'application/json' }, JSON.stringify(body));
}

function referrers(
  { manifests }: ForeignRegistry,
  repository: string,
  subject: string,
  response: ServerResponse,
) {
  const found = [...manifests].flatMap(([key, { mediaType, bytes }]) => {
    const document = JSON.parse(bytes.toString());
    if (!key.startsWith(`${repository} sha256:`) || document.subject?.digest !== subject) return [];
    const { artifactType = document.config?.mediaType, annotations } = document;
    return { mediaType, digest: digestOf(bytes), size: bytes.length, artifactType, annotations };
  });
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests: found });
  return send(response, 200, { 'content-type': mediaType }, body);
}

function sendFor(
  method: string,
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  bytes: Buffer,
) {
  const length = { 'content-length': String(bytes.length) };
  return send(response, status, { ...length, ...headers }, method === 'HEAD' ? '' : bytes);
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
