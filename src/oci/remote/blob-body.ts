import type { Digest } from '../../core/digest.ts';
import { VitteError } from '../../core/errors.ts';
import type { Span } from '../range.ts';
import { verified } from '../verify.ts';
import { type ClientRequest, readAnswer, unexpected } from './client.ts';
import type { RemoteContext } from './context.ts';
import { asStorageError, isTransient, storageError } from './errors.ts';
import { contentRange, headerText } from './headers.ts';
import type { HttpResponse } from './transport.ts';

/** A blob or a part of it that is being read: the answer to the first request, and how to ask for the rest. */
export type BlobBody = {
  digest: Digest;
  size: number;
  span: Span;
  request: ClientRequest;
  response: HttpResponse;
  /** False where these bytes were hashed before, and for a part. */
  hash?: boolean;
};

/**
 * The bytes of a span, exactly as many as it has; a whole blob is verified where it is to be hashed. Where the connection breaks and the
 * registry said `Accept-Ranges: bytes`, reading goes on where it broke, a bounded number of times. Rejects with
 * PKG_E_INTEGRITY or PKG_E_STORAGE_UNAVAILABLE.
 */
export function readBlobBody(context: RemoteContext, blob: BlobBody): AsyncIterable<Uint8Array> {
  const { digest, size, span, hash = false } = blob;
  const pieces = resumed(context, blob);
  if (!hash) return counted(pieces, span, digest);
  return verified(pieces, { digest, size }, { transient: blob.request.bulk === true });
}

async function* resumed(context: RemoteContext, { request, response, span, size }: BlobBody) {
  const { limits, clock } = context;
  let current = response;
  let at = span.start;
  for (let breaks = 0; ; breaks += 1) {
    try {
      for await (const piece of current.body) {
        at += piece.length;
        yield piece;
      }
      return;
    } catch (error) {
      // What came is more than enough: that is told by whoever counts.
      const resumable = headerText(response.headers, 'accept-ranges') === 'bytes' && at < span.end;
      if (!isTransient(error) || !resumable || breaks + 1 >= limits.triesMax) {
        throw asStorageError(error, request.what);
      }
    }
    await clock.wait(limits.retryBaseMs * 2 ** breaks, request.signal);
    current = await resume(context, request, { start: at, end: span.end }, size);
  }
}

async function resume(context: RemoteContext, request: ClientRequest, span: Span, size: number) {
  const range = `bytes=${span.start}-${span.end - 1}`;
  const headers = { ...request.headers, range };
  const { client, clock, limits } = context;
  const response = await client.open({ ...request, headers });
  if (response.status >= 400) {
    const read = { limits, clock, what: request.what };
    throw unexpected(await readAnswer(response, read), request);
  }
  await checkPart(response, span, size, request.what);
  return response;
}

/** Demands 206 with the very bytes that were asked for; PKG_E_STORAGE_ANSWER otherwise. */
export async function checkPart(
  response: HttpResponse,
  span: Span,
  size: number,
  what: string,
): Promise<void> {
  const part = contentRange(response.headers);
  const right = part?.first === span.start && part.last === span.end - 1 && part.size === size;
  if (response.status === 206 && right) return;
  await response.discard();
  throw storageError('PKG_E_STORAGE_ANSWER', what, 'it did not give the range asked for');
}

async function* counted(source: AsyncIterable<Uint8Array>, span: Span, digest: Digest) {
  const wanted = span.end - span.start;
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > wanted) break;
    yield piece;
  }
  if (bytes === wanted) return;
  const message = `a part of ${digest} has ${bytes > wanted ? 'more than' : 'only'} ${Math.min(bytes, wanted)} bytes instead of ${wanted}`;
  throw new VitteError('PKG_E_INTEGRITY', message, { data: { digest } });
}
