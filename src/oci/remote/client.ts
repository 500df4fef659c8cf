import { VitteError } from '../../core/errors.ts';
import { ociMetadataBytesMax } from '../../core/limits.ts';
import type { RegistryRequest } from './auth.ts';
import type { Clock } from './clock.ts';
import { asStorageError, statusError, storageError } from './errors.ts';
import type { RemoteLimits } from './limits.ts';
import type { Attempt, Retry } from './retry.ts';
import type { Answer, HttpResponse } from './transport.ts';

export type ClientRequest = RegistryRequest & {
  /** What is done, for messages: `push a blob of demo-lib`. No URL and no secret. */
  what: string;
  /** Not retried here, since it is a part of something that is retried as a whole. */
  single?: boolean;
  /** What is worth another try, where it is not the usual. */
  retryable?: (attempt: Attempt) => boolean;
  /** What an answer's body may hold; 4 MiB where it is not said. */
  bodyBytesMax?: number;
  /** Goes out although the registry was closed: what tidies up. */
  afterClose?: boolean;
};

/** Requests to one registry: authorized, redirected, retried, with bounded answers and errors of the house. */
export type Client = {
  /** Sends a request and reads the answer, of any status, to its end. An error's body is cut at 8 KiB. */
  exchange(request: ClientRequest): Promise<Answer>;
  /** The same where the answer must have one of these statuses. */
  expect(request: ClientRequest, ...statuses: number[]): Promise<Answer>;
  /** Sends a request whose answer is read by the caller. */
  open(request: ClientRequest): Promise<HttpResponse>;
  /** Tries something that is made of several `single` requests, as a whole. */
  whole(
    request: Pick<ClientRequest, 'what' | 'signal'>,
    attempt: () => Promise<Answer>,
  ): Promise<Answer>;
};

export type ClientOptions = {
  send: (request: RegistryRequest) => Promise<HttpResponse>;
  retry: Retry;
  limits: RemoteLimits;
  clock: Clock;
  closed: AbortSignal;
};

export type ReadOptions = {
  limits: RemoteLimits;
  clock: Clock;
  what: string;
  bytesMax?: number | undefined;
};

export function createClient({ send, retry, limits, clock, closed }: ClientOptions): Client {
  return {
    exchange,

    async expect(request, ...statuses) {
      const answer = await exchange(request);
      if (statuses.includes(answer.status)) return answer;
      throw unexpected(answer, request);
    },

    open: (request) => tried(request, () => send(request)),

    whole: tried,
  };

  function exchange(request: ClientRequest): Promise<Answer> {
    const { bodyBytesMax: bytesMax, what } = request;
    const read = { limits, clock, what, bytesMax };
    return tried(request, async () => readAnswer(await send(request), read));
  }

  async function tried<T extends Answer | HttpResponse>(
    request: Partial<ClientRequest> & Pick<ClientRequest, 'what'>,
    attempt: () => Promise<T>,
  ): Promise<T> {
    const { once = false, single = once, signal, retryable, what } = request;
    const ends = [signal, request.afterClose ? undefined : closed].filter((one) => !!one);
    const until = AbortSignal.any(ends);
    if (!request.afterClose) closed.throwIfAborted();
    try {
      return await (single ? attempt() : retry(attempt, { signal: until, retryable }));
    } catch (error) {
      if (closed.aborted && !signal?.aborted && !request.afterClose) throw closed.reason;
      // Whoever repeats the whole decides by the error as it is.
      throw single && !once ? error : asStorageError(error, what);
    }
  }
}

/** The error of an answer that its request did not expect. */
export function unexpected(
  answer: Answer,
  { what, once }: Pick<ClientRequest, 'what' | 'once'>,
): VitteError {
  const error = statusError(answer, what);
  if (answer.status !== 401 || !once) return error;
  // It was not done and was not sent again; the token that is needed is got with the next request.
  return new VitteError('PKG_E_STORAGE_UNAVAILABLE', error.message, { cause: error.cause });
}

/**
 * Reads an answer into memory. PKG_E_STORAGE_ANSWER where one without an error is over the limit,
 * PKG_E_STORAGE_UNAVAILABLE where it drips in for too long.
 */
export async function readAnswer(
  { status, url, headers, body }: HttpResponse,
  { limits, clock, what, bytesMax = ociMetadataBytesMax }: ReadOptions,
): Promise<Answer> {
  const succeeded = status >= 200 && status < 300;
  const limit = succeeded ? bytesMax : limits.errorBodyBytesMax;
  const until = clock.now() + limits.answerTimeoutMs;
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    pieces.push(piece);
    if (size > limit && succeeded) {
      throw storageError('PKG_E_STORAGE_ANSWER', what, `its answer is over ${bytesMax} bytes`);
    }
    if (size > limit) break;
    if (clock.now() > until) {
      throw storageError('PKG_E_STORAGE_UNAVAILABLE', what, 'its answer takes too long');
    }
  }
  return { status, url, headers, bytes: Buffer.concat(pieces).subarray(0, limit) };
}
