import { sha256 } from '../../core/digest.ts';
import { isVitteError } from '../../core/errors.ts';
import type { Bench, Outcome } from './bench.ts';

/**
 * Whether anybody answers. What it answers is not judged yet, but for nonsense and an error of its own: those are
 * thrown, since nothing else can be tried then.
 */
export async function checkReach({ second, wire, reading }: Bench): Promise<Outcome> {
  try {
    await second.blobs.stat(sha256(''), { signal: reading });
  } catch (error) {
    // GHCR gives no token to read what does not exist yet.
    if (!isVitteError(error, 'PKG_E_FORBIDDEN')) throw error;
  }
  return { status: 'ok', finding: wire ? 'reached' : 'folder' };
}

/** Whether we may write, and what the storage wanted to see for it. What else speaks against a push is not judged here. */
export async function checkAuth(bench: Bench): Promise<Outcome> {
  const { first, things, writing } = bench;
  const { descriptor, bytes } = things.blob(32);
  try {
    await first.blobs.push(descriptor, bytes, { signal: writing });
  } catch (error) {
    if (isVitteError(error, 'PKG_E_FORBIDDEN'))
      return { status: 'failed', finding: 'denied', error };
    if (!isVitteError(error) || isVitteError(error, 'PKG_E_CONFIG')) throw error;
  }
  if (!bench.wire) return { status: 'ok', finding: 'folder' };
  const challenges = [...bench.seenBefore, ...bench.seen()].flatMap(({ status, challenge }) =>
    status === 401 && challenge !== undefined ? challenge : [],
  );
  if (challenges.some((text) => text.includes('bearer'))) return { status: 'ok', finding: 'token' };
  return { status: 'ok', finding: challenges.length > 0 ? 'credentials' : 'no-credentials' };
}
