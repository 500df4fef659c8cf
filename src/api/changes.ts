import { VitteError } from '../core/errors.ts';
import { reply, setSequence } from './answer.ts';
import { callContext } from './call-context.ts';
import { shownEntry, streamChanges } from './change-stream.ts';
import { parseQuery } from './query.ts';
import type { ApiContext, ApiParts, Route } from './route.ts';

export const changesRoutes: Route[] = [
  { method: 'GET', path: '/api/v1/changes', handle: listChanges },
];

const changesLimit = 100;
const eventStream = 'text/event-stream';

/** The journal as a feed, in pages or as it grows. What `since` follows may be asked for again and again: it never changes. */
async function listChanges(context: ApiContext, parts: ApiParts): Promise<void> {
  const query = await parseQuery<{ since?: number; limit?: number }>(
    'changes-query',
    context.querystring,
  );
  const page = { since: query.since ?? 0, limit: query.limit ?? changesLimit };
  const call = await callContext(context, parts);
  context.set('Vary', 'Accept');
  if (context.method === 'GET' && context.accepts('json', 'text/event-stream') === eventStream) {
    return streamChanges(context, parts, call, lastEventId(context) ?? page.since);
  }
  const { sequence, value } = await parts.useCases.changes(page, call);
  await setSequence(context, parts, call, sequence);
  reply(context, {
    // Who may read private entries sees other bytes under the same address.
    cacheControl: call.actor.role === 'reader' ? 'no-cache' : 'no-store',
    body: {
      schema: 'vitte.registry.changes.v1',
      store: value.store,
      entries: value.entries.map(shownEntry),
      next: value.next ?? null,
    },
  });
}

/** Where a client that comes again had been, whatever its address said at first. Throws PKG_E_REQUEST. */
function lastEventId({ req }: ApiContext): number | undefined {
  const text = req.headersDistinct['last-event-id']?.join(', ');
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new VitteError('PKG_E_REQUEST', 'Last-Event-ID is not the number of an entry');
}
