import { Readable } from 'node:stream';
import { Agent, type Dispatcher, request as send } from 'undici';
import { VitteError } from '../core/errors.ts';
import type { RegistryUrl } from './registry-url.ts';

export type Timeouts = {
  /** To reach the host. */
  connectTimeoutMs: number;
  /** From the end of the request to the head of the answer; a publish writes to the storage in between. */
  answerTimeoutMs: number;
  publishTimeoutMs: number;
  /** Between two pieces of an answer's body. */
  bodyTimeoutMs: number;
  /** For the whole of a request that is answered by one document. */
  documentTimeoutMs: number;
};

export const defaultTimeouts: Timeouts = {
  connectTimeoutMs: 10_000,
  answerTimeoutMs: 30_000,
  publishTimeoutMs: 300_000,
  bodyTimeoutMs: 30_000,
  documentTimeoutMs: 60_000,
};

const connectionsMax = 16;
const redirectsMax = 5;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export type HttpRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the registry's base URL, with its query. */
  path: string;
  headers?: Record<string, string>;
  body?: AsyncIterable<Uint8Array>;
  signal?: AbortSignal | undefined;
  /** Whether a redirect to another origin may be followed, without credentials: for bytes known by digest. */
  elsewhere?: boolean;
};

export type HttpAnswer = {
  status: number;
  /** Lower-case names; a header that came twice has its first value. */
  headers: Readonly<Record<string, string>>;
  body: Dispatcher.ResponseData['body'];
};

export type Connection = {
  /** One exchange, no retry; throws what undici throws. The body must be read or thrown away. */
  exchange(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
};

/** Opens connections to a registry. The token goes to the registry's own origin and nowhere else. */
export function openConnection(options: {
  url: RegistryUrl;
  token: string | undefined;
  userAgent: string;
  timeouts: Timeouts;
}): Connection {
  const { url, token, userAgent, timeouts } = options;
  const agent = new Agent({
    connections: connectionsMax,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: timeouts.connectTimeoutMs },
    bodyTimeout: timeouts.bodyTimeoutMs,
  });
  const { origin: ownOrigin } = new URL(url);

  return { exchange, close: () => agent.destroy() };

  async function exchange(wanted: HttpRequest): Promise<HttpAnswer> {
    let target = new URL(url + wanted.path);
    for (let hop = 0; ; hop += 1) {
      const answer = await once(wanted, target);
      if (!redirectStatuses.has(answer.status) || answer.headers.location === undefined) {
        return answer;
      }
      discard(answer.body);
      if (wanted.method !== 'GET' || hop >= redirectsMax) {
        throw redirectError(url, 'redirects where no redirect is followed');
      }
      target = redirectTarget(answer.headers.location, target, wanted.elsewhere === true);
    }
  }

  async function once(wanted: HttpRequest, target: URL): Promise<HttpAnswer> {
    const own = target.origin === ownOrigin;
    const answer = await send(target, {
      dispatcher: agent,
      method: wanted.method,
      headers: {
        // undici's request() does not decode, and a decoded body would not be the one that has the digest.
        'accept-encoding': 'identity',
        ...(own ? wanted.headers : rangeOf(wanted.headers)),
        'user-agent': userAgent,
        ...(own && token !== undefined ? { authorization: `Bearer ${token}` } : {}),
      },
      headersTimeout: /^(?:GET|POST)$/.test(wanted.method)
        ? timeouts.answerTimeoutMs
        : timeouts.publishTimeoutMs,
      signal: wanted.signal ?? null,
      ...(wanted.body === undefined
        ? {}
        : { body: Readable.from(wanted.body, { objectMode: false }) }),
    });
    return { status: answer.statusCode, headers: singleValues(answer), body: answer.body };
  }

  function redirectTarget(location: string, from: URL, elsewhere: boolean): URL {
    const target = URL.parse(location, from.href);
    if (target === null || !/^https?:$/.test(target.protocol)) {
      throw redirectError(url, 'redirects to something that is no HTTP URL');
    }
    if (from.protocol === 'https:' && target.protocol === 'http:') {
      throw redirectError(url, 'redirects from https to http');
    }
    if (!elsewhere && target.origin !== ownOrigin) {
      throw redirectError(url, `redirects to another origin, ${target.origin}`);
    }
    return target;
  }
}

/** Lets go of a body that nobody will read, and of its connection when much of it is still to come. */
export function discard(body: HttpAnswer['body']): void {
  body.on('error', () => {});
  body.destroy();
}

/** What another origin gets to see of our headers. */
function rangeOf(headers: Record<string, string> = {}): Record<string, string> {
  const { range, 'if-range': _validator } = headers;
  return range === undefined ? {} : { range };
}

function singleValues(answer: Dispatcher.ResponseData): Record<string, string> {
  const rows = Object.entries(answer.headers).flatMap(([name, value]) => {
    const first = Array.isArray(value) ? value[0] : value;
    return first === undefined ? [] : [[name.toLowerCase(), first] as const];
  });
  return Object.fromEntries(rows);
}

function redirectError(url: string, why: string) {
  return new VitteError('PKG_E_REGISTRY_ANSWER', `${url} ${why}`, {
    help: 'give the URL that it redirects to by --registry or VITTE_REGISTRY, if you trust it',
  });
}
