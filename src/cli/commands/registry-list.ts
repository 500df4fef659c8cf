import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';
import { limitMax, limitOf, printListing, readListing } from '../listing.ts';

/** `vitte registry list`: name, version and description of each package, by name or as `--sort` says. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, signal, messages } = invocation;
  const limit = limitOf(invocation) ?? limitMax;
  const asked = { namespace: options.text('namespace'), sort: options.text('sort'), signal };
  const listing = await withRegistry(invocation, ({ client }) =>
    readListing(limit, (place) => client.list({ ...asked, ...place })),
  );
  await printListing(invocation, 'vitte.registry.list', listing, messages.list.empty);
}
