import { createHash } from 'node:crypto';
import { type Digest, digestOfHex } from '../core/digest.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { Calls } from './calls.ts';
import { discard, type HttpAnswer } from './connection.ts';
import { failureOf } from './failure.ts';
import { backoffMs, pause, type RetryPolicy } from './retry.ts';

/** Resumptions of one download, however much each of them brought. */
const resumptionsMax = 50;

export type Download = {
  path: string;
  /** What messages call it, such as `demo-lib@1.0.0`. */
  what: string;
  /** What the registry's own record says of the archive. */
  expected: { digest: Digest; bytes: number };
};

/**
 * The bytes of an archive, at most `bytes` of them; the last piece is held back until the whole has this
 * digest. A connection that breaks is taken up again where it broke, by Range. Throws PKG_E_INTEGRITY for
 * wrong bytes (short, long or other), PKG_E_REGISTRY_UNAVAILABLE, and what the server states.
 */
export async function* download(
  calls: Calls,
  wanted: Download,
  options: { url: string; retry: RetryPolicy; signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { path, expected } = wanted;
  const { signal, url, retry } = options;
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  let received = 0;
  let barren = 0;
  let waitedMs = 0;

  for (let round = 0; received < expected.bytes || round === 0; round += 1) {
    const before = received;
    const failure = yield* readOn(round);
    if (failure === undefined) break;
    barren = received > before ? 1 : barren + 1;
    if (barren >= retry.tries || round >= resumptionsMax) throw failure.error;
    const waitMs = Math.max(backoffMs(retry, barren - 1), failure.waitMs);
    waitedMs += waitMs;
    if (waitedMs > retry.waitTotalMs) throw failure.error;
    await pause(waitMs, signal);
  }

  const digest = digestOfHex(hash.digest('hex'));
  if (received !== expected.bytes || digest !== expected.digest) {
    throw integrityError(wanted, `has digest ${digest} and ${received} bytes`);
  }
  if (held) yield held;

  /** Reads one answer to its end. Gives the failure after which another may be asked for. */
  async function* readOn(
    round: number,
  ): AsyncGenerator<Uint8Array, { error: Error; waitMs: number } | undefined, undefined> {
    // After a break the rest is asked for by Range even if nothing came: a server that verifies what it sends
    // whole, and cut it off because it is damaged, may still give it in part, and then this side can tell.
    const range = { range: `bytes=${received}-`, 'if-range': `"${expected.digest}"` };
    const opened = await calls
      .open({
        method: 'GET',
        path,
        headers: { accept: '*/*', ...(round === 0 ? {} : range) },
        elsewhere: true,
        signal,
      })
      .catch((error) => {
        // Less lies there than the record says: that was why the connection ended.
        if (!isVitteError(error, 'PKG_E_RANGE')) throw error;
        throw integrityError(wanted, `ends before byte ${received}`, error);
      });
    if ('again' in opened) return { error: opened.again, waitMs: opened.retryAfterMs ?? 0 };
    let skip = startOf(opened.done, received, wanted);
    try {
      for await (const whole of opened.done.body as AsyncIterable<Uint8Array>) {
        const piece = whole.subarray(Math.min(skip, whole.length));
        skip -= whole.length - piece.length;
        if (piece.length === 0) continue;
        received += piece.length;
        if (received > expected.bytes) throw integrityError(wanted, 'does not end there');
        hash.update(piece);
        if (held) yield held;
        held = piece;
      }
    } catch (thrown) {
      signal?.throwIfAborted();
      const failure = failureOf(thrown, url);
      if (!failure.transient) throw failure.error;
      return { error: failure.error, waitMs: 0 };
    }
    return undefined;
  }
}

/** How many bytes of this answer's body were received before. Throws for an answer that fits nothing asked for. */
function startOf(answer: HttpAnswer, received: number, wanted: Download): number {
  const { what, expected } = wanted;
  const { 'content-range': range, 'content-length': length } = answer.headers;
  try {
    if (answer.status === 206) {
      const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range ?? '');
      if (!match || Number(match[1]) !== received) {
        throw new VitteError(
          'PKG_E_REGISTRY_ANSWER',
          `${what}: asked for bytes from ${received}, got ${JSON.stringify(range ?? null)}`,
        );
      }
      if (match[3] !== '*' && Number(match[3]) !== expected.bytes) {
        throw integrityError(wanted, `is ${match[3]} bytes`);
      }
      return 0;
    }
    if (length !== undefined && Number(length) !== expected.bytes) {
      throw integrityError(wanted, `is ${length} bytes`);
    }
    return received;
  } catch (error) {
    discard(answer.body);
    throw error;
  }
}

function integrityError({ what, expected }: Download, found: string, cause?: VitteError) {
  const { digest, bytes } = expected;
  return new VitteError(
    'PKG_E_INTEGRITY',
    `the archive of ${what} ${found}; the registry's own record says ${digest}, ${bytes} bytes`,
    { data: { digest }, ...(cause === undefined ? {} : { cause }) },
  );
}
