import { VitteError } from '../core/errors.ts';
import { type Entry, isPublic } from '../core/journal-entry.ts';
import { storeOf } from './describe.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, FeedPage } from './port.ts';

/** The journal as a feed: what follows entry `since`, at most `limit` (1 to 1,000). */
export async function changes(
  parts: Parts,
  page: { since: number; limit: number },
  context: CallContext,
): Promise<Answer<FeedPage>> {
  const { store } = await storeOf(parts, context);
  const { sequence, value } = await parts.reader.read(
    (index, options) => index.feed(page, options),
    context,
  );
  // Numbers have no gaps: an index that can't go on has lost its feed, and nobody shall wait at its end.
  if (page.since < sequence && value[0]?.n !== page.since + 1) {
    throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the index lacks entries of the feed');
  }
  const entries = shownTo(context, value);
  const last = entries.at(-1)?.n ?? page.since;
  return { sequence, value: { store, entries, next: last < sequence ? last : undefined } };
}

/**
 * Entries after a number, as soon as there is one: from what this replica has seen lately where that will do. None
 * after `timeoutMs`.
 */
export async function nextChanges(
  parts: Parts,
  { since, limit, timeoutMs }: { since: number; limit: number; timeoutMs: number },
  context: CallContext,
): Promise<FeedPage['entries']> {
  const found = await entriesAfter(parts, { since, limit }, context);
  if (found.length > 0) return found;
  const { signal } = context;
  const came = await parts.tail.beyond(since, { timeoutMs, ...(signal ? { signal } : {}) });
  return came ? entriesAfter(parts, { since, limit }, context) : [];
}

async function entriesAfter(
  parts: Parts,
  page: { since: number; limit: number },
  context: CallContext,
): Promise<FeedPage['entries']> {
  const recent = parts.tail.recent(page.since, page.limit);
  if (recent) return shownTo(context, recent);
  return (await changes(parts, page, context)).value.entries;
}

/** What this caller may read of entries. */
function shownTo({ actor }: CallContext, entries: readonly Entry[]): FeedPage['entries'] {
  const mayReadAll = actor.role === 'admin';
  return entries.map((entry) =>
    mayReadAll || isPublic(entry) ? entry : { n: entry.n, at: entry.at, event: 'private' as const },
  );
}
