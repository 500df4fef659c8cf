import type { ServerResponse } from 'node:http';
import { VitteError } from '../core/errors.ts';

export type SendOptions = {
  /** What the Content-Length says. */
  bytes: number;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
  sendStallTimeoutMs: number;
};

/**
 * Sends a stream as the body of a response whose headers are set, at the client's pace: the next piece is asked for
 * when the last one has gone to the kernel, so that a source may reuse its buffers. Rejects when the client leaves
 * (PKG_E_CANCELLED, the signal's reason) or takes nothing for too long (PKG_E_REQUEST_TIMEOUT), when the source fails,
 * and when it gives other than `bytes` (PKG_E_INTEGRITY). What has been sent by then is short of its Content-Length: the
 * connection has to be cut, so that the client sees that.
 */
export async function sendStream(
  response: ServerResponse,
  source: AsyncIterable<Uint8Array>,
  options: SendOptions,
): Promise<void> {
  let sent = 0;
  for await (const piece of source) {
    sent += piece.length;
    if (sent > options.bytes) break;
    if (piece.length > 0) await written(response, piece, options);
  }
  if (sent !== options.bytes) {
    throw new VitteError('PKG_E_INTEGRITY', `the store gave ${sent} bytes, not ${options.bytes}`);
  }
  response.end();
}

async function written(response: ServerResponse, piece: Uint8Array, options: SendOptions) {
  const { signal, sendStallTimeoutMs } = options;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const leave = () => reject(signal.reason);
  const timer = setTimeout(() => reject(stallError()), sendStallTimeoutMs);
  signal.addEventListener('abort', leave, { once: true });
  // The callback comes late, with an error or not at all once the client is gone: the signal tells then.
  response.write(piece, (error) => (error ? reject(leftError(error)) : resolve()));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}

function leftError(cause: unknown) {
  return new VitteError('PKG_E_CANCELLED', 'the client left', { cause });
}

function stallError() {
  return new VitteError(
    'PKG_E_REQUEST_TIMEOUT',
    'the client took nothing of its download for too long',
  );
}
