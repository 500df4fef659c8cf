import type { IncomingMessage } from 'node:http';
import { acceptedEncoding, type Encoding } from '../api/content-encoding.ts';

/** What a GET asks for beyond its URL, where a kept answer may be given to it. */
export type HotRequest = {
  url: string;
  /** What its Accept-Encoding comes to. */
  encoding: Encoding;
  /** The one ETag of If-None-Match. */
  etag: string | undefined;
  /** Of Vitte-Min-Sequence. */
  store: string | undefined;
  minSequence: number;
  /** The id that it names itself by, as it was sent. */
  requestId: string | undefined;
  userAgent: string | undefined;
  /** False where it has a field that differs with each request. */
  repeats: boolean;
};

/** Fields that change nothing of an answer. A request with any other one is answered the long way. */
const plain: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'cache-control',
  'dnt',
  'forwarded',
  'keep-alive',
  'origin',
  'pragma',
  'priority',
  'referer',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-user',
  'upgrade-insecure-requests',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-real-ip',
  'x-scheme',
]);
/** The same, and another value each time. */
const tracing: ReadonlySet<string> = new Set([
  'b3',
  'traceparent',
  'tracestate',
  'x-amzn-trace-id',
  'x-b3-spanid',
  'x-b3-traceid',
  'x-cloud-trace-context',
  'x-correlation-id',
]);
const oneEtag = /^"[\x21\x23-\x7e]*"$/;
const sequenceForm = /^([0-9A-Za-z]{1,64}):(\d{1,15})$/;

/** Undefined for whatever is not certainly a plain, anonymous GET of HTTP/1.1. */
export function hotRequest(request: IncomingMessage): HotRequest | undefined {
  if (request.method !== 'GET' || request.httpVersion !== '1.1') return undefined;
  const hot: HotRequest = {
    url: request.url ?? '',
    encoding: 'identity',
    etag: undefined,
    store: undefined,
    minSequence: 0,
    requestId: undefined,
    userAgent: undefined,
    repeats: true,
  };
  let hosts = 0;
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    const value = rawHeaders[at + 1]!;
    if (name === 'host') hosts += 1;
    else if (tracing.has(name)) hot.repeats = false;
    else if (!plain.has(name) && !take(hot, name, value)) return undefined;
  }
  hot.encoding = acceptedEncoding(request.headersDistinct['accept-encoding']?.join(','));
  return hosts === 1 ? hot : undefined;
}

/** Takes a field that the answer depends on; false for one that is not known, or stands twice. */
function take(hot: HotRequest, name: string, value: string): boolean {
  switch (name) {
    case 'accept-encoding':
      return true;
    case 'connection':
      return value.toLowerCase() === 'keep-alive';
    case 'user-agent':
      if (hot.userAgent !== undefined) return false;
      hot.userAgent = value;
      return true;
    case 'x-request-id':
      if (hot.requestId !== undefined) return false;
      hot.requestId = value;
      hot.repeats = false;
      return true;
    case 'if-none-match':
      if (hot.etag !== undefined || !oneEtag.test(value)) return false;
      hot.etag = value;
      return true;
    case 'vitte-min-sequence':
      return takeSequence(hot, value);
    default:
      return false;
  }
}

function takeSequence(hot: HotRequest, value: string): boolean {
  const [, store, number] = sequenceForm.exec(value) ?? [];
  if (store === undefined || hot.store !== undefined) return false;
  hot.store = store;
  hot.minSequence = Number(number);
  return true;
}
