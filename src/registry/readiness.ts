import { isVitteError } from '../core/errors.ts';
import type { Parts } from './parts.ts';
import type { Readiness } from './port.ts';

/** A part that takes longer is away, for whoever asks whether requests should be sent here. */
const partTimeoutMs = 2_000;

/**
 * Asks each part for an answer, and the journal's writer how its last round went. With the storage away this replica
 * still answers everything but downloads and publishes, so it is ready, though not for fetches; without an index it can
 * give exact versions alone.
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
  return {
    ready: index.ok,
    fetches: storage.ok && (index.ok || (await tellsVersions(parts, signal))),
    parts: [storage, index, { part: 'journal', ...journal }],
  };
}

/** Whether the store can be read without the index. */
async function tellsVersions({ storeReader }: Parts, signal: AbortSignal): Promise<boolean> {
  const store = storeReader?.store({ signal }).catch(() => undefined);
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return (await Promise.race([store, aborted])) !== undefined;
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
