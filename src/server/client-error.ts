// What Node's HTTP parser can't read never becomes a request, so it is answered here, on the bare connection.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { problemOf } from '../api/problem.ts';
import { breakBody, truncatedError } from '../api/request-body.ts';
import { VitteError } from '../core/errors.ts';
import type { Connections } from './connections.ts';
import { requestId } from './request-id.ts';

/** How long a refused client may take to read why. */
const lingerMs = 1_000;

const answered = new WeakSet<Duplex>();

/**
 * Handles an error of the parser or of the connection. A request whose body breaks off is told so and answers by
 * itself; an answer under way is finished, and the connection with it; else a problem document is written.
 */
export function onClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  open: Connections,
): void {
  const exchanges = open.exchanges(socket);
  const reading = exchanges.find(({ request }) => !request.complete);
  const cause = errorOf(error);
  if (reading) breakBody(reading.request, cause);
  for (const { response } of exchanges) response.shouldKeepAlive = false;
  if (exchanges.length === 0) writeProblem(socket, cause);
}

/** Writes a problem document as a whole response and ends the connection. */
export function writeProblem(socket: Duplex, error: VitteError): void {
  if (!socket.writable || answered.has(socket)) return;
  answered.add(socket);
  const id = requestId();
  const { status, headers, body } = problemOf(error, id);
  const lines = Object.entries({
    ...headers,
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': id,
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  // Destroying it at once would reset the connection, and the client's kernel would drop the answer.
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
}

function errorOf(error: NodeJS.ErrnoException): VitteError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new VitteError('PKG_E_HEADER_SIZE', 'the headers of the request are too large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new VitteError('PKG_E_REQUEST_TIMEOUT', 'the request came too slowly');
    case 'HPE_INVALID_EOF_STATE':
    case 'ECONNRESET':
      return truncatedError(error);
    default:
      return new VitteError('PKG_E_REQUEST', 'the request is not valid HTTP', { cause: error });
  }
}
