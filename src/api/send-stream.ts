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
  const writer = openWriter(response, options);
  let sent = 0;
  try {
    for await (const piece of source) {
      sent += piece.length;
      if (sent > options.bytes) break;
      if (piece.length > 0) await writer.write(piece);
    }
  } finally {
    writer.close();
  }
  if (sent !== options.bytes) {
    throw new VitteError('PKG_E_INTEGRITY', `the store gave ${sent} bytes, not ${options.bytes}`);
  }
  response.end();
}

/**
 * Writes a piece of a body and waits until it has gone to the kernel. Rejects when the client leaves or takes nothing
 * for too long, as `sendStream` does.
 */
export async function writePiece(
  response: ServerResponse,
  piece: Uint8Array,
  options: Omit<SendOptions, 'bytes'>,
): Promise<void> {
  const writer = openWriter(response, options);
  try {
    await writer.write(piece);
  } finally {
    writer.close();
  }
}

/** Writes pieces one after the other. What watches over them is made once: there are thousands of them a second. */
function openWriter(
  response: ServerResponse,
  { signal, sendStallTimeoutMs }: Omit<SendOptions, 'bytes'>,
) {
  let resolve = () => {};
  let reject = (_reason: unknown) => {};
  let writing = false;
  const leave = () => reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  const timer = setTimeout(() => writing && reject(stallError()), sendStallTimeoutMs);
  // The callback comes late, with an error or not at all once the client is gone: the signal tells then.
  const written = (error: Error | null | undefined) =>
    error ? reject(leftError(error)) : resolve();
  return {
    async write(piece: Uint8Array) {
      signal.throwIfAborted();
      const wait = new Promise<void>((done, fail) => {
        resolve = done;
        reject = fail;
      });
      writing = true;
      timer.refresh();
      response.write(piece, written);
      await wait;
      writing = false;
    },
    close() {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    },
  };
}

function leftError(cause: unknown) {
  return new VitteError('PKG_E_CANCELLED', 'the client left', { cause });
}

function stallError() {
  return new VitteError(
    'PKG_E_REQUEST_TIMEOUT',
    'the client took nothing of the answer for too long',
  );
}
