import { VitteError } from '../core/errors.ts';
import type { JournalHead } from '../core/journal-entry.ts';
import { atStep, type StepObserver } from '../core/publish-steps.ts';
import { encodeBatch, type StoredBatch } from '../storage/batch.ts';
import type { JournalStore } from '../storage/journal-store.ts';
import { newTerm, type Term } from '../storage/term.ts';

type Options = { signal?: AbortSignal };

/** Attempts at opening a term before it is given up: each loses only to a writer that opens at the same time. */
const openingsMax = 20;

/**
 * The last batch that counts, for a reader: the last one of the highest term that has a batch, where `_term`,
 * read after it, names its term. Where it names another, a writer died (or is at work) between opening its term
 * and writing its first batch: only an opening decides then, since the last batch may have been answered.
 */
export async function countedBatch(
  store: JournalStore,
  options?: Options,
): Promise<{ decided: true; batch: StoredBatch | undefined } | { decided: false }> {
  const terms = await store.terms(options);
  const batch = await store.lastBatch(terms, options);
  if (!batch) return terms.length === 0 ? { decided: true, batch } : { decided: false };
  return (await store.termStands(batch.term, options))
    ? { decided: true, batch }
    : { decided: false };
}

/**
 * Opens a new term, higher than any: proposes it, looks whether another did the same meanwhile, and writes an
 * empty first batch on the chain's last one. Gives that batch once the fence has shown that it counts. Throws
 * PKG_E_JOURNAL_TERM when other writers were faster each time.
 */
export async function openTerm(
  store: JournalStore,
  observe: StepObserver | undefined,
  options?: Options,
): Promise<StoredBatch> {
  return atStep(observe, 'open term', async () => {
    let terms = await store.terms(options);
    for (let attempt = 0; attempt < openingsMax; attempt++) {
      const term = newTerm((terms[0]?.number ?? 0) + 1, await store.profile(options));
      await store.proposeTerm(term, options);
      terms = await store.terms(options);
      const others = terms.filter((other) => other.name !== term.name);
      if ((others[0]?.number ?? 0) >= term.number) continue;
      const batch = await writeOpening(
        store,
        term,
        await store.lastBatch(others, options),
        options,
      );
      if (await store.termStands(term, options)) return batch;
      terms = await store.terms(options);
    }
    throw new VitteError(
      'PKG_E_JOURNAL_TERM',
      'other writers opened terms of the journal meanwhile',
    );
  });
}

/** Where a batch ends, as the index states it. */
export function headOf(batch: StoredBatch): JournalHead {
  return {
    sequence: batch.first + batch.count - 1,
    batch: batch.digest,
    term: batch.term.name,
    ordinal: batch.ordinal,
  };
}

async function writeOpening(
  store: JournalStore,
  term: Term,
  last: StoredBatch | undefined,
  options?: Options,
): Promise<StoredBatch> {
  const encoded = encodeBatch(
    {
      term,
      ordinal: 0,
      previous: last?.digest,
      first: last ? last.first + last.count : 1,
      tagged: last?.tagged ?? 0,
    },
    [],
  );
  await store.writeBatch(encoded, options);
  return {
    ...encoded.header,
    digest: encoded.digest,
    entriesLayer: undefined,
    privateLayer: undefined,
  };
}
