import { validateHeaderValue } from 'node:http';
import type { LookupFunction } from 'node:net';
import { transferBuffers } from '../buffer-pool.ts';
import { type AnswerHead, parseAnswerHead } from './answer-head.ts';
import { type BulkLine, openLine } from './bulk-line.ts';
import { ConnectionError } from './errors.ts';
import type { RemoteLimits } from './limits.ts';
import type { HttpRequest, HttpResponse } from './transport.ts';

/** GETs of large bodies. */
export type BulkReads = {
  /**
   * Sends a GET to an http URL. Undefined where it can not be told in this way how the answer ends, or where there are
   * too many at once: then it is to be asked for in the usual way, which also judges. Rejects with a ConnectionError,
   * or the signal's reason.
   */
  get(request: HttpRequest, lookup: LookupFunction): Promise<HttpResponse | undefined>;
};

const headBytesMax = 16 * 1024;
const headStart = 'HTTP/1.1 ';
const headEnd = '\r\n\r\n';
/** What nobody goes on reading lets go of its connection after this. A client's own patience is shorter. */
const unreadMsMax = 10 * 60_000;

/**
 * Each body comes over a connection of its own, read into one buffer that is used again and again, one read a turn of
 * the event loop: neither the collector nor the other connections feel it. undici and node:http take a new buffer
 * for each read, which costs more than the read itself. A piece of a body holds until the next one is asked for.
 */
export function createBulkReads(limits: RemoteLimits): BulkReads {
  let open = 0;

  return {
    async get(request, lookup) {
      if (open >= limits.connectionsMax) return undefined;
      const text = headOf(request);
      const { signal } = request;
      const buffer = transferBuffers.take();
      const line = openLine(request.url, lookup, buffer, transferBuffers.readBytes);
      open += 1;
      const leave = () => line.end(signal?.reason);
      signal?.addEventListener('abort', leave, { once: true });
      let closed = false;
      /** Where the reader leaves early, the piece that it has may still be on its way out: `torn`. */
      const close = ({ torn = true } = {}) => {
        if (closed) return;
        closed = true;
        open -= 1;
        signal?.removeEventListener('abort', leave);
        line.end(undefined);
        transferBuffers.give(buffer, { torn });
      };
      const failure = (error: unknown) => {
        close();
        return signal?.aborted ? signal.reason : new ConnectionError(error);
      };
      try {
        await line.opened(limits.connectTimeoutMs);
        line.write(text);
        const answer = await readHead(line, request.headersTimeoutMs ?? limits.headersTimeoutMs);
        if (!answer) {
          close();
          return undefined;
        }
        const { status, headers, length } = answer.head;
        return {
          status,
          url: request.url,
          headers,
          body: bodyOf(line, answer.first, length),
          discard: async () => close(),
        };
      } catch (error) {
        throw failure(error);
      }

      async function* bodyOf(from: BulkLine, first: Buffer, length: number) {
        let left = length;
        let piece = first;
        try {
          for (;;) {
            signal?.throwIfAborted();
            piece = piece.subarray(0, left);
            left -= piece.length;
            from.rest(unreadMsMax);
            if (piece.length > 0) yield piece;
            if (left === 0) break;
            piece = await from.read(limits.bodyIdleTimeoutMs);
          }
          close({ torn: false });
        } catch (error) {
          throw failure(error);
        } finally {
          close();
        }
      }
    },
  };
}

function headOf({ url, headers = {} }: HttpRequest): string {
  const fields: Record<string, string> = {
    host: url.host,
    connection: 'close',
    'accept-encoding': 'identity',
    'user-agent': 'vitte-registry',
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => {
    validateHeaderValue(name, value);
    return `${name}: ${value}\r\n`;
  });
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** The head, and what came of the body with it. */
async function readHead(
  line: BulkLine,
  timeoutMs: number,
): Promise<{ head: AnswerHead; first: Buffer } | undefined> {
  const until = performance.now() + timeoutMs;
  let text = '';
  for (;;) {
    const piece = await line.read(Math.max(1, until - performance.now()));
    const before = text.length;
    text += piece.toString('latin1', 0, headBytesMax);
    if (!text.startsWith(headStart.slice(0, text.length))) return undefined;
    const end = text.indexOf(headEnd);
    if (end >= 0) {
      const head = parseAnswerHead(text.slice(0, end));
      return head && { head, first: piece.subarray(end + headEnd.length - before) };
    }
    if (text.length >= headBytesMax) return undefined;
  }
}
