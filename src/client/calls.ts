import { VitteError } from '../core/errors.ts';
import { type Connection, discard, type HttpAnswer, type HttpRequest } from './connection.ts';
import { type DocumentLimits, readDocument } from './document-body.ts';
import { failureOf } from './failure.ts';
import { problemError } from './problem.ts';
import { type Outcome, type RetryPolicy, retryAfterMs, withRetries } from './retry.ts';
import {
  formatSequence,
  parseSequence,
  type SeenSequence,
  type SequenceMemory,
} from './sequences.ts';
import type { Reader } from './shape.ts';

const retriedStatuses: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** A request that is made anew at each try, so that its body can be sent again. */
export type Call = Omit<HttpRequest, 'body'> & {
  body?: () => AsyncIterable<Uint8Array>;
  /** How long one try may take, up to the end of the answer; no limit for a stream. */
  tryTimeoutMs?: number;
  /** A POST that changes nothing: it asks for an answer as new as a GET does. */
  reads?: boolean;
  /** Of an answer that is one document. */
  limits?: DocumentLimits;
};

export type Calls = {
  /** An answer that is one JSON document. */
  document<T>(call: Call, read: Reader<T>): Promise<{ status: number; value: T }>;
  /** The head of a good answer, its body still to be read; error answers are thrown, as in `document`. */
  open(call: Call): Promise<Outcome<HttpAnswer>>;
};

/**
 * Calls over a connection: retries, sequence numbers, problem documents. Each call may throw
 * PKG_E_REGISTRY_UNAVAILABLE (away, or out of retries), PKG_E_REGISTRY_ANSWER (nonsense), any code that the
 * server states, and the signal's reason.
 */
export function makeCalls(
  connection: Connection,
  memory: SequenceMemory,
  options: { url: string; retry: RetryPolicy },
): Calls {
  const { url, retry } = options;
  return { document, open };

  function document<T>(call: Call, read: Reader<T>): Promise<{ status: number; value: T }> {
    const what = `the answer to ${call.method} ${call.path}`;
    return withRetries(retry, call.signal, () =>
      attempt(call, async (answer) => ({
        status: answer.status,
        value: read(await readDocument(answer, what, call.limits), what),
      })),
    );
  }

  function open(call: Call) {
    return attempt(call, async (answer) => answer);
  }

  async function attempt<T>(
    call: Call,
    use: (answer: HttpAnswer) => Promise<T>,
  ): Promise<Outcome<T>> {
    const { body, tryTimeoutMs, limits, reads = call.method === 'GET', ...request } = call;
    const limit = tryTimeoutMs === undefined ? undefined : AbortSignal.timeout(tryTimeoutMs);
    const signals = [call.signal, limit].filter((signal) => signal !== undefined);
    try {
      const asked = await memory.recall();
      const answer = await connection.exchange({
        ...request,
        headers: {
          ...(asked && reads ? { 'vitte-min-sequence': formatSequence(asked) } : {}),
          ...(limits?.gzip ? { 'accept-encoding': 'gzip' } : {}),
          ...request.headers,
        },
        ...(signals.length > 0 ? { signal: AbortSignal.any(signals) } : {}),
        ...(body ? { body: body() } : {}),
      });
      if (answer.status < 200 || answer.status > 299) return await refusal(answer);
      noteSequence(answer, asked);
      return { done: await use(answer) };
    } catch (thrown) {
      call.signal?.throwIfAborted();
      const failure = failureOf(limit?.aborted ? timeLimitError(tryTimeoutMs) : thrown, url);
      if (failure.transient || limit?.aborted) return { again: failure.error };
      throw failure.error;
    }
  }

  async function refusal(answer: HttpAnswer): Promise<Outcome<never>> {
    const error = problemError(answer.status, await readProblem(answer), url);
    // A registry that says its own bytes are damaged says the same a second later.
    if (!retriedStatuses.has(answer.status) || error.kind === 'integrity') throw error;
    return { again: error, retryAfterMs: retryAfterMs(answer.headers['retry-after']) };
  }

  function timeLimitError(ms: number | undefined) {
    return new VitteError('PKG_E_REGISTRY_UNAVAILABLE', `${url} took over ${ms} ms to answer`);
  }

  function noteSequence(answer: HttpAnswer, asked: SeenSequence | undefined) {
    const seen = parseSequence(answer.headers['vitte-sequence']);
    if (seen === undefined) return;
    if (asked && asked.store === seen.store && seen.sequence < asked.sequence) {
      discard(answer.body);
      throw new VitteError(
        'PKG_E_REGISTRY_ANSWER',
        `${url} answered as of entry ${seen.sequence}, and ${asked.sequence} was seen of it before`,
        {
          help: 'if its store was set back to an older state, remove sequences.json from VITTE_HOME',
        },
      );
    }
    memory.note(seen);
  }
}

/** A problem document, or undefined where there is none that can be read: the status says enough then. */
async function readProblem(answer: HttpAnswer): Promise<unknown> {
  try {
    return await readDocument(answer, 'the problem document');
  } catch {
    discard(answer.body);
    return undefined;
  }
}
