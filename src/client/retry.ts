import { setTimeout as delay } from 'node:timers/promises';

/** How often and how patiently a request is repeated. All waits of one call together stay under `waitTotalMs`. */
export type RetryPolicy = { tries: number; baseMs: number; waitTotalMs: number };

/** Five tries, 250 ms doubled each time, ±10 % (oci.md, "Client"), a minute of waiting at most. */
export const defaultRetryPolicy: RetryPolicy = { tries: 5, baseMs: 250, waitTotalMs: 60_000 };

const jitterPart = 0.1;

/** What one try gave: a result, or a failure that another try may mend. */
export type Outcome<T> = { done: T } | { again: Error; retryAfterMs?: number | undefined };

/**
 * Runs `attempt` until it gives a result; throws its last failure when the tries or the time are used up, or
 * when the server asks for a wait longer than what is left. Rejects with the signal's reason when it aborts.
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: (index: number) => Promise<Outcome<T>>,
): Promise<T> {
  let waitedMs = 0;
  for (let index = 0; ; index += 1) {
    signal?.throwIfAborted();
    const outcome = await attempt(index);
    if ('done' in outcome) return outcome.done;
    const waitMs = Math.max(backoffMs(policy, index), outcome.retryAfterMs ?? 0);
    if (index + 1 >= policy.tries || waitedMs + waitMs > policy.waitTotalMs) throw outcome.again;
    waitedMs += waitMs;
    await pause(waitMs, signal);
  }
}

/** The wait after try `index`, counted from 0. */
export function backoffMs(policy: RetryPolicy, index: number): number {
  return policy.baseMs * 2 ** index * (1 + jitterPart * (2 * Math.random() - 1));
}

/**
 * Milliseconds that a `Retry-After` header asks for, in seconds or as a date (RFC 9110, 10.2.3); undefined
 * where it is absent or neither.
 */
export function retryAfterMs(header: string | undefined, nowMs = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = /[a-z]/i.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** Waits; rejects with the signal's reason when it aborts. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
