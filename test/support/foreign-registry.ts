// A registry of someone else's: the distribution API in memory over node:http, with a log of every request, a switch
// for each quirk of real registries, and hooks through which a test makes it answer as it likes.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import { answerContent } from './foreign-content.ts';
import { type Quirk, quirkHooks } from './foreign-quirks.ts';
import { type Access, guardAccess } from './foreign-tokens.ts';
import { answerUpload } from './foreign-uploads.ts';
import { send } from './foreign-wire.ts';

export { bodyOf, fail, send } from './foreign-wire.ts';

/** One request as it was logged; `target` is method and path, such as `GET /v2/p/demo/tags/list?n=1000`. */
export type LoggedRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  target: string;
  /** Whether the client showed a certificate. */
  certificate: boolean;
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
  /** What it asks of its clients: user `me` with password `secret`, or a token that its own service gives for them. */
  access?: Access;
  quirks?: readonly Quirk[];
  tls?: { key: string; cert: string };
  /** Over TLS, asks clients for a certificate and takes any, or none. */
  askForCertificate?: boolean;
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
  has(quirk: Quirk): boolean;
  referrers: ForeignOptions['referrers'];
  /** Content, by `REPOSITORY sha256:…`; manifests also by `REPOSITORY TAG`. */
  blobs: Map<string, Buffer>;
  manifests: Map<string, { mediaType: string; bytes: Buffer }>;
  /** Whether anything was stored in a repository. */
  exists(repository: string): boolean;
  /** Upload sessions that were neither completed nor deleted. */
  sessions: Map<string, Buffer>;
  close(): Promise<void>;
};

/** Starts one on a free port. */
export async function startForeignRegistry(options: ForeignOptions = {}): Promise<ForeignRegistry> {
  const { host = '127.0.0.1', tls } = options;
  const hooks: Hook[] = [];
  const certificates = {
    requestCert: options.askForCertificate ?? false,
    rejectUnauthorized: false,
  };
  const server = tls ? createTlsServer({ ...tls, ...certificates }) : createServer();
  const switches = new Set(options.quirks);
  const registry: ForeignRegistry = {
    origin: '',
    host: '',
    url: '',
    requests: [],
    targets: () => registry.requests.map(({ method, path }) => `${method} ${path}`),
    forget: () => void registry.requests.splice(0),
    hook: (hook) => void hooks.unshift(hook),
    has: (quirk) => switches.has(quirk),
    referrers: options.referrers,
    blobs: new Map(),
    manifests: new Map(),
    exists(repository) {
      const stored = [...registry.blobs.keys(), ...registry.manifests.keys()];
      return stored.some((key) => key.startsWith(`${repository} `));
    },
    sessions: new Map(),
    async close() {
      const closed = new Promise((done) => server.close(done));
      (server as Server).closeAllConnections();
      await closed;
    },
  };
  for (const quirk of switches) {
    const hook = quirkHooks[quirk]?.(registry);
    if (hook) registry.hook(hook);
  }
  if (options.access) registry.hook(guardAccess(registry, options.access));
  server.on('request', async (message: IncomingMessage, response: ServerResponse) => {
    const { method = '', url: target = '', headers } = message;
    const { pathname: path, searchParams: query } = new URL(target, 'http://registry');
    const shown = (message.socket as TLSSocket).getPeerCertificate?.();
    const certificate = Object.keys(shown ?? {}).length > 0;
    const request = { method, path, query, headers, target: `${method} ${target}`, certificate };
    registry.requests.push(request);
    try {
      for (const hook of hooks) if (await hook(request, response, message)) return;
      await answer(registry, request, response, message);
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

async function answer(
  registry: ForeignRegistry,
  request: LoggedRequest,
  response: ServerResponse,
  message: IncomingMessage,
): Promise<unknown> {
  // A repository's name may itself hold the words that stand behind it.
  const [, repository = '', kind = '', rest = ''] =
    /^\/v2\/(.+)\/(blobs|manifests|tags|referrers)\/(uploads\/[^/]*|[^/]+)$/.exec(request.path) ??
    [];
  const exchange = { registry, repository, rest, request, response, message };
  if (kind === 'blobs' && rest.startsWith('uploads/')) return answerUpload(exchange);
  if (await answerContent(kind, exchange)) return true;
  return send(response, 404, { 'content-type': 'text/plain' }, '404 page not found');
}

/** A request below one repository; `rest` is what stands behind the kind of content. */
export type Exchange = {
  registry: ForeignRegistry;
  repository: string;
  rest: string;
  request: LoggedRequest;
  response: ServerResponse;
  message: IncomingMessage;
};
