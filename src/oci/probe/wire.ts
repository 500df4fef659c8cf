import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { DiagnosticsChannel } from 'undici';

/** One request that was answered. No query and no header that could hold a secret is kept. */
export type Exchange = {
  method: string;
  path: string;
  status: number;
  /** Schemes of the challenges, in lower case. */
  challenge: string | undefined;
  /** The host that a redirect leads to. */
  redirect: string | undefined;
};

export type Wire = {
  /** The exchanges since this was called last. */
  take(): Exchange[];
  close(): void;
};

const answered = 'undici:request:headers';
/** A probe makes about five hundred. */
const exchangesMax = 10_000;

/**
 * Watches every exchange of this process, on undici's own channel for that: the port of a storage tells what came out
 * of its calls, and not how many requests that took. https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
 */
export function watchWire(): Wire {
  let seen: Exchange[] = [];
  const note = (message: unknown) => {
    const { request, response } = message as DiagnosticsChannel.RequestHeadersMessage;
    if (seen.length < exchangesMax) seen.push(exchangeOf(request, response));
  };
  subscribe(answered, note);
  return {
    take() {
      const taken = seen;
      seen = [];
      return taken;
    },
    close: () => void unsubscribe(answered, note),
  };
}

function exchangeOf(
  { method = 'GET', path, origin }: DiagnosticsChannel.Request,
  { statusCode: status, headers }: DiagnosticsChannel.Response,
): Exchange {
  const base = String(origin ?? 'http://unknown');
  const location = status >= 300 && status < 400 ? headerOf(headers, 'location') : undefined;
  const target = location === undefined ? null : URL.parse(location, base);
  return {
    method,
    path: path.replace(/\?.*$/s, ''),
    status,
    challenge: headerOf(headers, 'www-authenticate')?.toLowerCase(),
    redirect: target?.host,
  };
}

function headerOf(headers: DiagnosticsChannel.Response['headers'], name: string) {
  if (!Array.isArray(headers)) return String(headers[name] ?? '') || undefined;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (headers[at]?.toString('latin1').toLowerCase() === name) return headers[at + 1]?.toString();
  }
  return undefined;
}
