import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';
import { limitOf, printListing, readListing } from '../listing.ts';

const limitDefault = 50;

/** `vitte registry search WORD…`: what the words find, best first. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, signal, messages } = invocation;
  const limit = limitOf(invocation) ?? limitDefault;
  const namespace = options.text('namespace');
  const query = invocation.arguments.join(' ');
  const listing = await withRegistry(invocation, ({ client }) =>
    readListing(limit, (place) => client.search(query, { ...place, namespace, signal })),
  );
  await printListing(invocation, 'vitte.registry.search', listing, messages.list.nothingFound);
}
