import { type Entry, entryFields } from '../core/journal-entry.ts';
import type { FeedPage } from '../registry/port.ts';
import { reply, setSequence } from './answer.ts';
import { callContext } from './call-context.ts';
import { parseQuery } from './query.ts';
import type { ApiContext, ApiParts, Route } from './route.ts';

export const changesRoutes: Route[] = [
  { method: 'GET', path: '/api/v1/changes', handle: listChanges },
];

const changesLimit = 100;

/** The journal as a feed. What `since` follows may be asked for again and again: it never changes. */
async function listChanges(context: ApiContext, parts: ApiParts): Promise<void> {
  const query = await parseQuery<{ since?: number; limit?: number }>(
    'changes-query',
    context.querystring,
  );
  const page = { since: query.since ?? 0, limit: query.limit ?? changesLimit };
  const call = await callContext(context, parts);
  const { sequence, value } = await parts.useCases.changes(page, call);
  await setSequence(context, parts, call, sequence);
  reply(context, {
    // Who may read private entries sees other bytes under the same address.
    cacheControl: call.actor.role === 'reader' ? 'no-cache' : 'no-store',
    body: {
      schema: 'vitte.registry.changes.v1',
      store: value.store,
      entries: value.entries.map(shown),
      next: value.next ?? null,
    },
  });
}

function shown(entry: FeedPage['entries'][number]) {
  return entry.event === 'private' ? entry : entryFields(entry as Entry);
}
