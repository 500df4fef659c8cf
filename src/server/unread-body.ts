import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasUnreadBody } from '../api/request-body.ts';

/** What is still taken of a body that nobody wants, so that its sender comes to read the answer. */
const unreadBytesMax = 1024 * 1024;
const unreadMs = 1_000;

/**
 * Ends a response to a request whose body was not read, or not to its end: the answer goes out at once, a bounded
 * rest of the body is thrown away, then the connection ends. Closing it right away would make the client's kernel
 * drop the answer for the reset; taking the whole body would cost what the refusal was to save.
 */
export async function endUnread(
  request: IncomingMessage,
  response: ServerResponse,
  body: string | Buffer | undefined,
): Promise<void> {
  response.setHeader('Connection', 'close');
  if (body === undefined) response.flushHeaders();
  else response.write(body);
  await drain(request, response);
  response.end();
}

function drain(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A reader that was never finished may still hold the stream back.
  request.removeAllListeners('data');
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, unreadMs);
  let taken = 0;
  request.on('data', (piece: Uint8Array) => {
    taken += piece.length;
    if (taken > unreadBytesMax) resolve();
  });
  request.once('end', resolve);
  request.once('error', resolve);
  response.once('close', resolve);
  if (!hasUnreadBody(request)) resolve();
  request.resume();
  return promise.finally(() => {
    clearTimeout(timer);
    request.pause();
  });
}
