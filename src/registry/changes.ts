import { isPublic } from '../core/journal-entry.ts';
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
  const mayReadAll = context.actor.role === 'admin';
  const entries = value.map((entry) =>
    mayReadAll || isPublic(entry) ? entry : { n: entry.n, at: entry.at, event: 'private' as const },
  );
  const last = entries.at(-1)?.n ?? page.since;
  return { sequence, value: { store, entries, next: last < sequence ? last : undefined } };
}
