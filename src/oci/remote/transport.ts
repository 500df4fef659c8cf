import { getCACertificates } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import { abortable } from '../abortable.ts';
import { ConnectionError } from './errors.ts';
import type { Headers } from './headers.ts';
import type { RemoteLimits } from './limits.ts';
import {
  guardedLookup,
  isPrivateHost,
  literalAddress,
  type Network,
  RefusedAddress,
} from './network.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What is sent along. A body that can't be rewound is sent once, whatever happens. */
export type RequestBody =
  | { bytes: Uint8Array }
  | { open: () => AsyncIterable<Uint8Array>; size?: number; rewindable: boolean };

export type HttpRequest = {
  method: Method;
  url: URL;
  headers?: Record<string, string>;
  body?: RequestBody | undefined;
  signal?: AbortSignal | undefined;
  headersTimeoutMs?: number | undefined;
};

/** The head of an answer. Its body is read to the end, or discarded. */
export type HttpResponse = {
  status: number;
  /** What answered: another than what was asked, after redirects. */
  url: URL;
  headers: Headers;
  /** Rejects with a ConnectionError, or the signal's reason. Ends the exchange where its reader leaves early. */
  body: AsyncIterable<Uint8Array>;
  /** Lets go of the body, and of the request's where it was not sent to its end. Never rejects. */
  discard(): Promise<void>;
};

/** An answer that was read to its end. */
export type Answer = Pick<HttpResponse, 'status' | 'url' | 'headers'> & { bytes: Buffer };

/** One exchange. Rejects with a ConnectionError, the signal's reason, or the error of the body's source. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

export type Transport = { send: Send; close(): Promise<void> };

export type TransportOptions = {
  /** The registry's own origin, whose address the operator chose. All others are the registry's word. */
  origin: string;
  /** PEM of a private CA, beside the platform's own. */
  ca?: string | undefined;
  /** Hosts (`host` or `host:port`) that may have a private address, whatever the registry's own is. */
  privateHosts: ReadonlySet<string>;
  limits: RemoteLimits;
  network: Network;
};

const discardBytesMax = 64 * 1024;

/**
 * Exchanges over undici's connections. `fetch` would decode a gzip answer unasked, which breaks digests. What the
 * registry sends us to (token realms, redirects, upload locations) is connected to only at a public address, and at
 * a private one where the registry itself has one or the operator listed the host; never at a link-local one.
 */
export function createTransport(options: TransportOptions): Transport {
  const { origin, limits, network } = options;
  const ca = options.ca === undefined ? {} : { ca: [...getCACertificates(), options.ca] };
  const home = agent();
  const outside = {
    public: agent((address) => network.classify(address) === 'public'),
    private: agent((address) => network.classify(address) !== 'forbidden'),
  };

  return {
    async send(request) {
      request.signal?.throwIfAborted();
      return exchange(await agentFor(request.url), request, limits);
    },
    async close() {
      await Promise.all([home, outside.public, outside.private].map((one) => one.destroy()));
    },
  };

  async function agentFor(url: URL): Promise<Agent> {
    if (url.origin === origin) return home;
    const listed = options.privateHosts.has(url.host) || options.privateHosts.has(url.hostname);
    const { hostname } = new URL(origin);
    try {
      const isPrivate = listed || (await isPrivateHost(network, hostname));
      const literal = literalAddress(url.hostname);
      const kind = literal === undefined ? 'public' : network.classify(literal);
      if (kind === 'forbidden' || (kind === 'private' && !isPrivate)) throw new RefusedAddress();
      return isPrivate ? outside.private : outside.public;
    } catch (cause) {
      throw new ConnectionError(cause);
    }
  }

  function agent(allowed?: (address: string) => boolean): Agent {
    const lookup = allowed ? guardedLookup(network, allowed) : network.lookup;
    return new Agent({
      connections: limits.connectionsMax,
      // One HTTP/2 session would make all transfers share one window.
      allowH2: false,
      connect: { timeout: limits.connectTimeoutMs, lookup, ...ca },
      headersTimeout: limits.headersTimeoutMs,
      bodyTimeout: limits.bodyIdleTimeoutMs,
    });
  }
}

async function exchange(agent: Agent, request: HttpRequest, limits: RemoteLimits) {
  const { method, url, signal, body } = request;
  const upload = body && 'open' in body ? watched(body.open()) : undefined;
  const size = body && 'open' in body ? body.size : undefined;
  try {
    const {
      statusCode,
      headers,
      body: content,
    } = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'vitte-registry',
        ...(size === undefined ? {} : { 'content-length': String(size) }),
        ...request.headers,
      },
      // undici takes any async iterable; its types name only streams.
      body: body && ('bytes' in body ? body.bytes : (upload?.pieces as unknown as Uint8Array)),
      signal: signal ?? null,
      headersTimeout: request.headersTimeoutMs ?? limits.headersTimeoutMs,
    } as Dispatcher.RequestOptions);
    return {
      status: statusCode,
      url,
      headers,
      body: pieces(content, signal, upload),
      async discard() {
        await content.dump({ limit: discardBytesMax }).catch(() => {});
        upload?.end();
      },
    };
  } catch (error) {
    upload?.end();
    throw failureOf(error, signal, upload);
  }
}

async function* pieces(
  content: Dispatcher.ResponseData['body'],
  signal: AbortSignal | undefined,
  upload: Upload | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const piece of content) {
      signal?.throwIfAborted();
      yield piece as Uint8Array;
    }
  } catch (error) {
    throw failureOf(error, signal, upload);
  } finally {
    upload?.end();
  }
}

function failureOf(error: unknown, signal?: AbortSignal, upload?: Upload): unknown {
  if (upload?.failure) return upload.failure.error;
  return signal?.aborted ? signal.reason : new ConnectionError(error);
}

/** A body on its way. `failure` holds what its source threw: never to be taken for an error of the connection. */
type Upload = {
  pieces: AsyncIterable<Uint8Array>;
  failure: { error: unknown } | undefined;
  /** Tells the source to end, also where it has stalled or was never asked. */
  end(): void;
};

function watched(source: AsyncIterable<Uint8Array>): Upload {
  const ended = new AbortController();
  let begun = false;
  const upload: Upload = {
    pieces: read(),
    failure: undefined,
    end() {
      if (ended.signal.aborted) return;
      ended.abort();
      if (!begun)
        source[Symbol.asyncIterator]()
          .return?.()
          .catch(() => {});
    },
  };
  return upload;

  async function* read() {
    begun = true;
    try {
      yield* abortable(source, ended.signal);
    } catch (error) {
      if (!ended.signal.aborted) upload.failure = { error };
      throw error;
    }
  }
}
