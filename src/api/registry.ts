import {
  archiveEntriesMax,
  archiveUnpackedBytesMax,
  bundleBytesMax,
  bundlesMax,
} from '../core/limits.ts';
import { neverStored, reply, setSequence } from './answer.ts';
import { callContext } from './call-context.ts';
import type { ApiContext, ApiParts, Route } from './route.ts';

export const registryRoutes: Route[] = [
  { method: 'GET', path: '/api/v1/registry', handle: showRegistry },
  { method: 'GET', path: '/api/v1/whoami', handle: whoami },
];

/** What this registry can do beyond reading packages; a client asks here before it relies on it. */
const features = ['publish', 'search', 'changes', 'signatures', 'index', 'resolve'];

async function showRegistry(context: ApiContext, parts: ApiParts): Promise<void> {
  const call = await callContext(context, parts);
  const { sequence, value } = await parts.useCases.describe(call);
  await setSequence(context, parts, call, sequence);
  const { uploadBytesMax } = parts.limits;
  reply(context, {
    body: {
      schema: 'vitte.registry.v1',
      store: value.store,
      profile: value.profile,
      encoding: value.encoding,
      software: parts.software,
      log: value.log,
      limits: {
        uploadBytesMax,
        bundleBytesMax,
        bundlesMax,
        archiveEntriesMax,
        archiveUnpackedBytesMax,
      },
      features,
      sequence: value.sequence,
    },
  });
}

/** Whom the token belongs to; without one, anonymous. */
async function whoami(context: ApiContext, parts: ApiParts): Promise<void> {
  const { actor } = await callContext(context, parts);
  const { account, role } = actor;
  context.set('Vary', 'Authorization');
  const body = { schema: 'vitte.registry.whoami.v1', account, role };
  reply(context, { cacheControl: neverStored, body });
}
