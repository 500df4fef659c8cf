import { isVitteError } from '../core/errors.ts';
import type { Parts } from './parts.ts';
import type { Readiness } from './port.ts';

/** A part that takes longer is away, for whoever asks whether requests should be sent here. */
const partTimeoutMs = 2_000;

/**
 * Asks each part for an answer, and the journal's writer how its last round went. With the storage away this replica still answers everything but downloads and
 * publishes, so it is ready; without an index it can answer nothing.
 */
export async function readiness(
  parts: Parts,
  options: { signal?: AbortSignal } = {},
): Promise<Readiness> {
  const signals = [AbortSignal.timeout(partTimeoutMs), ...(options.signal ? [options.signal] : [])];
  const signal = AbortSignal.any(signals);
  const [storage, index] = await Promise.all([
    check('storage', () => parts.journalStore.standingTerm({ signal })),
    check('index', async () => {
      if (!(await parts.index.head({ signal }))) throw new Error('the index is empty');
    }),
  ]);
  const failure = parts.journal.failure();
  const journal = failure === undefined ? { ok: true } : { ok: false, detail: codeOf(failure) };
  return { ready: index.ok, parts: [storage, index, { part: 'journal', ...journal }] };
}

async function check(part: 'storage' | 'index', ask: () => Promise<unknown>) {
  try {
    await ask();
    return { part, ok: true };
  } catch (error) {
    return { part, ok: false, detail: codeOf(error) };
  }
}

/** Upstream texts may name hosts: only our own codes go out. */
function codeOf(error: unknown): string {
  return isVitteError(error) ? error.code : 'no answer';
}
