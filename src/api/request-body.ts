import type { IncomingMessage, ServerResponse } from 'node:http';
import { VitteError } from '../core/errors.ts';

export type BodyLimits = { uploadBytesMax: number; bodyIdleTimeoutMs: number };

/** A client that keeps trickling is cut off too: this many bytes a second on average, after the first wait. */
const bytesPerSecondMin = 256;

const broken = new WeakMap<IncomingMessage, VitteError>();
const brokenEvent = Symbol('body broken');

/**
 * Tells whoever reads this request's body, now or later, that the rest of it will not come: the HTTP parser gave
 * up, and Node says so to the connection alone.
 */
export function breakBody(request: IncomingMessage, error: VitteError): void {
  broken.set(request, error);
  request.emit(brokenEvent);
}

/** True where the request announced a body of which not all has arrived. */
export function hasUnreadBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return !request.complete && (encoding !== undefined || Number(length ?? 0) > 0);
}

/** Refuses a body by its announced length, before a byte of it is read. Throws PKG_E_BODY_SIZE, PKG_E_REQUEST. */
export function checkAnnouncedBody(request: IncomingMessage, { uploadBytesMax }: BodyLimits): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding === undefined && Number(length ?? 0) === 0) {
    throw new VitteError('PKG_E_REQUEST', 'the request has no body', {
      help: 'the body is the archive, or multipart/mixed with bundles first and the archive last',
    });
  }
  if (Number(length ?? 0) > uploadBytesMax) throw sizeError(uploadBytesMax);
}

/**
 * The body of a request as it comes, at the reader's pace; to be read once. The connection stays open whatever
 * happens, so that an answer can be given. Rejects with PKG_E_BODY_SIZE (over the limit), PKG_E_BODY_TRUNCATED
 * (the client left, or the body is broken) and PKG_E_REQUEST_TIMEOUT (it comes too slowly).
 */
export async function* requestBody(
  request: IncomingMessage,
  response: ServerResponse,
  limits: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const queue: Uint8Array[] = [];
  let wake = () => {};
  let ended = false;
  let received = 0;
  let waitedMs = 0;
  // Not the stream's own iterator: leaving that one early destroys the connection, or waits for the next piece.
  const listeners: Record<string | symbol, (piece?: unknown) => void> = {
    data: (piece) => {
      queue.push(piece as Uint8Array);
      request.pause();
      wake();
    },
    end: () => {
      ended = true;
      wake();
    },
    close: () => wake(),
    error: () => wake(),
    [brokenEvent]: () => wake(),
  };
  for (const event of Reflect.ownKeys(listeners)) request.on(event, listeners[event]!);
  try {
    if (/^100-continue$/i.test(request.headers.expect ?? '')) response.writeContinue();
    for (;;) {
      const piece = queue.shift();
      if (piece !== undefined) {
        received += piece.length;
        if (received > limits.uploadBytesMax) throw sizeError(limits.uploadBytesMax);
        yield piece;
      } else if (ended) return;
      else {
        throwIfBroken(request);
        await nextPiece();
      }
    }
  } finally {
    request.pause();
    for (const event of Reflect.ownKeys(listeners)) request.off(event, listeners[event]!);
  }

  async function nextPiece() {
    const { promise, resolve } = Promise.withResolvers<'came' | 'late'>();
    wake = () => resolve('came');
    const timer = setTimeout(() => resolve('late'), limits.bodyIdleTimeoutMs);
    const from = performance.now();
    request.resume();
    const outcome = await promise;
    clearTimeout(timer);
    waitedMs += performance.now() - from;
    const allowedMs = limits.bodyIdleTimeoutMs + (received / bytesPerSecondMin) * 1_000;
    if (outcome === 'late' || waitedMs > allowedMs) throw slowError();
  }
}

function throwIfBroken(request: IncomingMessage) {
  const error = broken.get(request);
  if (error) throw error;
  if (request.destroyed || request.readableEnded) throw truncatedError();
}

/** The error of a body that ended before its end. */
export function truncatedError(cause?: unknown) {
  return new VitteError('PKG_E_BODY_TRUNCATED', 'the body of the request ended before its end', {
    ...(cause === undefined ? {} : { cause }),
  });
}

function sizeError(uploadBytesMax: number) {
  return new VitteError(
    'PKG_E_BODY_SIZE',
    `the body is over the ${uploadBytesMax} bytes allowed here`,
    {
      data: { uploadBytesMax },
    },
  );
}

function slowError() {
  return new VitteError('PKG_E_REQUEST_TIMEOUT', 'the body of the request came too slowly');
}
