import type { Clock } from './clock.ts';
import { errorCodes, isTransient } from './errors.ts';
import { type Headers, retryAfterMs } from './headers.ts';
import type { RemoteLimits } from './limits.ts';

/** What a try came to: an answer that was read, or one whose body `discard` lets go of. */
export type Attempt = {
  status: number;
  headers: Headers;
  bytes?: Uint8Array;
  discard?: () => Promise<void>;
};

export type RetryOptions = {
  signal?: AbortSignal | undefined;
  /** What is worth another try, where it is not the usual. */
  retryable?: ((attempt: Attempt) => boolean) | undefined;
};

/** Calls `attempt` until it succeeds, fails for good, or the policy's bounds are reached; gives its last answer. */
export type Retry = <T extends Attempt>(
  attempt: () => Promise<T>,
  options?: RetryOptions,
) => Promise<T>;

const factor = 2;
/** Waits differ by a tenth, so that clients that failed together do not come back together. */
const jitter = 0.1;

/** 408, 429 and 5xx: registries give all of them for a while and then take the same request. */
export function isRetryable({ status }: Pick<Attempt, 'status'>): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/**
 * The same for requests that name manifests. docker-registry rewrites the link of what is pushed once more, and who
 * reads it meanwhile finds it empty: it says that the digest is invalid then, and takes the same a moment later.
 */
export function isRetryableByDigest(attempt: Attempt): boolean {
  const torn = attempt.status === 400 && errorCodes(attempt).includes('DIGEST_INVALID');
  return torn || isRetryable(attempt);
}

/**
 * The one retry policy: five tries, 250 ms doubled each time and ±10 %, Retry-After honoured, all within a bound:
 * zot's 429 can mean a quota that never clears. A Retry-After behind that bound ends the tries at once.
 */
export function createRetry(
  limits: Pick<RemoteLimits, 'triesMax' | 'retryBaseMs' | 'retryTotalMs'>,
  clock: Clock,
): Retry {
  return async (attempt, { signal, retryable = isRetryable } = {}) => {
    const started = clock.now();
    for (let tries = 1; ; tries += 1) {
      signal?.throwIfAborted();
      const outcome = await settle(attempt);
      const result = 'result' in outcome ? outcome.result : undefined;
      const again = result ? retryable(result) : isTransient(outcome.error);
      const asked = result && retryAfterMs(result.headers, clock.timeOfDay());
      const wait = Math.max(asked ?? 0, backoffMs(tries));
      const late = clock.now() - started + wait > limits.retryTotalMs;
      if (!again || late || tries >= limits.triesMax) {
        if ('error' in outcome) throw outcome.error;
        return outcome.result;
      }
      await result?.discard?.();
      await clock.wait(wait, signal);
    }
  };

  function backoffMs(tries: number) {
    const spread = 1 + jitter * (2 * clock.random() - 1);
    return limits.retryBaseMs * factor ** (tries - 1) * spread;
  }
}

async function settle<T>(
  attempt: () => Promise<T>,
): Promise<{ result: T; error?: never } | { error: unknown; result?: never }> {
  try {
    return { result: await attempt() };
  } catch (error) {
    return { error };
  }
}
