import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import { type Term, termManifest } from '../storage/term.ts';

/** How often the storage is asked whether another process writes to it. */
const lookMs = 1_000;

export type SoleOwner = {
  /** The store to write to. */
  store: JournalStore;
  /** Begins to watch. Called before the journal is read; throws while the storage is away. */
  begin(): Promise<void>;
  close(): void;
};

/**
 * Watches a remote storage whose index lies in this process's memory: that index knows nothing of what others
 * write. Tells `onOther` once `_term` names a term that this process did not propose after it began.
 */
export function watchForOthers(
  store: JournalStore,
  onOther: (error: VitteError) => void,
): SoleOwner {
  const own = new Set<Digest | undefined>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;

  return {
    store: { ...store, proposeTerm },
    async begin() {
      if (timer) return;
      own.add(await store.standingTerm());
      timer = setInterval(look, lookMs);
    },
    close: () => clearInterval(timer),
  };

  async function look() {
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
  }

  async function proposeTerm(term: Term, options?: { signal?: AbortSignal }) {
    own.add(termManifest(term).digest);
    await store.proposeTerm(term, options);
  }
}
