import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import { type Term, termManifest } from '../storage/term.ts';

/** How often the storage is asked whether another process writes to it. */
const lookMs = 1_000;

/**
 * Watches a remote storage whose index lies in this process's memory: that index knows nothing of what others
 * write. Tells `onOther` once `_term` names a term that this process did not propose after it began.
 */
export async function watchForOthers(
  store: JournalStore,
  onOther: (error: VitteError) => void,
): Promise<{ store: JournalStore; close(): void }> {
  const own = new Set<Digest | undefined>([await store.standingTerm()]);
  let looking = false;
  const timer = setInterval(async () => {
    if (looking) return;
    looking = true;
    try {
      const standing = await store.standingTerm({ signal: AbortSignal.timeout(lookMs * 5) });
      if (own.has(standing)) return;
      clearInterval(timer);
      onOther(
        new VitteError(
          'PKG_E_JOURNAL_TERM',
          'another process writes to this storage, of which an index in memory knows nothing',
          { help: 'give all processes of one storage the same Redis: --index redis://…' },
        ),
      );
    } catch {
      // The storage is away: whoever needs it says so.
    } finally {
      looking = false;
    }
  }, lookMs);
  return { store: { ...store, proposeTerm }, close: () => clearInterval(timer) };

  async function proposeTerm(term: Term, options?: { signal?: AbortSignal }) {
    own.add(termManifest(term).digest);
    await store.proposeTerm(term, options);
  }
}
