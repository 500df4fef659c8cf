// Requests and answers of the distribution API, apart from any HTTP server.

export type OciRequest = {
  method: string;
  query: URLSearchParams;
  /** By lower-case name; several fields of one name joined by commas. */
  headers: Readonly<Record<string, string | undefined>>;
  /** 0 where there is no body, undefined where its length was not announced. */
  bodySize: number | undefined;
  /** Opens the body, once. It rejects where more comes than the server takes, or less than announced. */
  body(): AsyncIterable<Uint8Array>;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
};

export type OciAnswer = {
  status: number;
  headers: Record<string, string>;
  /** Whole, or a stream of exactly so many bytes. HEAD has none, whatever its headers say. */
  body?: Uint8Array | { stream: AsyncIterable<Uint8Array>; size: number };
};

/** An answer with a JSON document. */
export function jsonAnswer(
  status: number,
  document: object,
  headers: Record<string, string> = {},
): OciAnswer {
  const body = Buffer.from(`${JSON.stringify(document)}\n`);
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Content-Length': `${body.length}`, ...headers },
    body,
  };
}

/** An answer that says all in its headers. */
export function emptyAnswer(status: number, headers: Record<string, string> = {}): OciAnswer {
  // 204 says by itself that there is nothing (RFC 9110, 8.6).
  return { status, headers: { ...(status === 204 ? {} : { 'Content-Length': '0' }), ...headers } };
}

/** What holds for content under its digest, and for what may change. */
export const immutable = 'public, max-age=31536000, immutable';
export const revalidated = 'no-cache';

/** True where `If-None-Match` names this ETag, so that 304 is the answer (RFC 9110, 13.1.2). */
export function isKnown(request: OciRequest, etag: string): boolean {
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  return header.split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()));
}
