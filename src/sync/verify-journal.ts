import { setTimeout as delay } from 'node:timers/promises';
import { mapConcurrently } from '../core/concurrency.ts';
import type { Digest } from '../core/digest.ts';
import type { Entry } from '../core/journal-entry.ts';
import type { StoredBatch } from '../storage/batch.ts';
import type { BatchPlace, JournalStore } from '../storage/journal-store.ts';
import { batchTag } from '../storage/repositories.ts';
import { countedBatch, headOf } from './chain.ts';
import { batchesAfter } from './chain-walk.ts';
import type { Findings } from './findings.ts';
import { isUnreadable } from './unreadable.ts';
import { tailBehind } from './verify-tail.ts';

type Options = { signal?: AbortSignal };

/** The journal as verify read it. */
export type ReadJournal = {
  end: StoredBatch;
  /** Oldest first. */
  chain: readonly StoredBatch[];
  /** Entries of batches beside the chain. */
  beside: readonly Entry[];
};

const readsMax = 16;
const undecidedLooksMax = 5;
const undecidedPauseMs = 200;

/** Digests of batches at which something else than the journal's tags says that it stands. */
export type HeadSource = () => Promise<readonly Digest[]>;

/**
 * Reads the chain and what lies beside it; batches at the end that lost their tags are found by `heads`. Undefined where
 * there is no journal, or where the chain can't be read, which is a finding.
 */
export async function readJournal(
  journal: JournalStore,
  findings: Findings,
  options: Options & { heads?: HeadSource },
): Promise<ReadJournal | undefined> {
  const counted = await journalEnd(journal, options);
  const tagged = counted.batch;
  if (!tagged && counted.decided) return undefined;
  const upTo = tagged
    ? await unlessUnreadable(findings, tagged, () =>
        batchesAfter({ journal }, undefined, tagged, options),
      )
    : [];
  if (!upTo) return undefined;
  const tail = await tailBehind(journal, upTo, (await options.heads?.()) ?? [], options);
  const chain = [...upTo, ...tail];
  const end = chain.at(-1);
  const isDecided = counted.decided || (end && (await journal.termStands(end.term, options)));
  if (!isDecided) findings.add({ kind: 'journal-undecided' });
  if (!end || !isContinuous(chain, findings)) return undefined;
  const places = await journal.batchPlaces(options);
  findUntagged(chain, places, findings);
  return { end, chain, beside: await entriesBeside(journal, chain, places, options) };
}

/** The entries of batches, in order, some of them read ahead. Ends early where one can't be read, which is a finding. */
export async function* entriesOf(
  journal: JournalStore,
  chain: readonly StoredBatch[],
  findings: Findings,
  options: Options,
): AsyncGenerator<Entry, void, undefined> {
  for (let at = 0; at < chain.length; at += readsMax) {
    const batches = chain.slice(at, at + readsMax);
    const pages = await mapConcurrently(batches, readsMax, (batch) =>
      unlessUnreadable(findings, batch, () => journal.entries(batch, options)),
    );
    for (const page of pages) {
      if (!page) return;
      yield* page;
    }
  }
}

async function journalEnd(
  journal: JournalStore,
  options: Options,
): Promise<{ decided: boolean; batch: StoredBatch | undefined }> {
  for (let looks = 0; ; looks += 1) {
    const counted = await countedBatch(journal, options);
    if (counted.decided) return counted;
    if (looks < undecidedLooksMax) {
      await delay(undecidedPauseMs, undefined, options);
      continue;
    }
    return {
      decided: false,
      batch: await journal.lastBatch(await journal.terms(options), options),
    };
  }
}

function isContinuous(chain: readonly StoredBatch[], findings: Findings): boolean {
  let next = 1;
  for (const batch of chain) {
    if (batch.first !== next) {
      const detail = `it begins with entry ${batch.first}, after ${next - 1}`;
      findings.add({ kind: 'journal-unreadable', digest: batch.digest, detail });
      return false;
    }
    next = headOf(batch).sequence + 1;
  }
  return true;
}

/** The places were listed after the chain was read, so each of its batches has had its tag. */
function findUntagged(
  chain: readonly StoredBatch[],
  places: readonly BatchPlace[],
  findings: Findings,
) {
  const tagged = new Set(places.map(({ term, ordinal }) => batchTag(term, ordinal)));
  for (const { term, ordinal, digest } of chain) {
    const tag = batchTag(term.name, ordinal);
    if (!tagged.has(tag)) findings.add({ kind: 'batch-tag-missing', tag, digest });
  }
}

/** What batches beside the chain hold. One that can't be read is nobody's. */
async function entriesBeside(
  journal: JournalStore,
  chain: readonly StoredBatch[],
  places: readonly BatchPlace[],
  options: Options,
): Promise<Entry[]> {
  const onChain = new Set(chain.map(({ term, ordinal }) => `${term.name} ${ordinal}`));
  const beside = places.filter(({ term, ordinal }) => !onChain.has(`${term} ${ordinal}`));
  const pages = await mapConcurrently(beside, readsMax, async (place) => {
    try {
      const batch = await journal.batchAt(place, options);
      return batch && batch.count > 0 ? await journal.entries(batch, options) : [];
    } catch (error) {
      if (isUnreadable(error)) return [];
      throw error;
    }
  });
  return pages.flat();
}

async function unlessUnreadable<T>(
  findings: Findings,
  batch: StoredBatch,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    findings.add({ kind: 'journal-unreadable', digest: batch.digest, detail: error.message });
    return undefined;
  }
}
