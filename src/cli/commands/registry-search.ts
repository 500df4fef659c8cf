import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';
import { limitOf, printListing, readListing } from '../listing.ts';

const limitDefault = 50;

/** `vitte registry search WORD…`: what words and filters find, best first. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, signal, messages } = invocation;
  const limit = limitOf(invocation) ?? limitDefault;
  const query = invocation.arguments.join(' ');
  const asked = { namespace: options.text('namespace'), sort: options.text('sort'), signal };
  const facets = options.list('facet');
  const listing = await withRegistry(invocation, ({ client }) =>
    readListing(limit, (place) =>
      // They count all pages, so the first one says it all.
      client.search(query, {
        ...asked,
        ...place,
        ...(place.cursor === undefined ? { facets } : {}),
      }),
    ),
  );
  await printListing(invocation, 'vitte.registry.search', listing, messages.list.nothingFound);
}
