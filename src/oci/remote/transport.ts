import type { Dispatcher } from 'undici';
import { abortable } from '../abortable.ts';
import type { Agents } from './agents.ts';
import { createBulkReads } from './bulk-read.ts';
import { ConnectionError } from './errors.ts';
import type { Headers } from './headers.ts';
import type { RemoteLimits } from './limits.ts';

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
  /** The body is large, and its reader is done with a piece when it asks for the next one. */
  bulk?: boolean;
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

const discardBytesMax = 64 * 1024;

/** Exchanges over undici's connections. `fetch` would decode a gzip answer unasked, which breaks digests. */
export function createTransport(agents: Agents, limits: RemoteLimits): Transport {
  const bulk = createBulkReads(limits);
  return {
    async send(request) {
      request.signal?.throwIfAborted();
      const response = isBulk(request) ? await sendBulk(request) : undefined;
      return response ?? exchange(await known(agents.of(request.url)), request, limits);
    },
    close: agents.close,
  };

  async function sendBulk(request: HttpRequest) {
    const lookup = await known(agents.direct(request.url));
    return lookup && bulk.get(request, lookup);
  }
}

/** With TLS the bytes are copied from one buffer to the next in any case. */
function isBulk({ bulk = false, method, url, body }: HttpRequest): boolean {
  return bulk && method === 'GET' && url.protocol === 'http:' && body === undefined;
}

/** The way to a URL, where it may be gone. */
async function known<T>(way: Promise<T>): Promise<T> {
  try {
    return await way;
  } catch (cause) {
    throw new ConnectionError(cause);
  }
}

async function exchange(agent: Dispatcher, request: HttpRequest, limits: RemoteLimits) {
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
      bodyTimeout: limits.bodyIdleTimeoutMs,
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
