import { isVitteError } from '../core/errors.ts';
import type { Parts } from './parts.ts';
import type { Readiness } from './port.ts';

/** Asks each part for an answer. */
export async function readiness(
  parts: Parts,
  options: { signal?: AbortSignal } = {},
): Promise<Readiness> {
  const checks = await Promise.all([
    check('storage', () => parts.journalStore.terms(options)),
    check('index', async () => {
      if (!(await parts.index.head(options))) throw new Error('the index is empty');
    }),
  ]);
  return { ready: checks.every((part) => part.ok), parts: checks };
}

async function check(part: 'storage' | 'index', ask: () => Promise<unknown>) {
  try {
    await ask();
    return { part, ok: true };
  } catch (error) {
    // Upstream texts may name hosts: only our own codes go out.
    return { part, ok: false, detail: isVitteError(error) ? error.code : 'no answer' };
  }
}
