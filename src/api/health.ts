import { neverStored, reply } from './answer.ts';
import type { ApiContext, ApiParts, Route } from './route.ts';

export const healthRoutes: Route[] = [
  { method: 'GET', path: '/healthz', handle: live },
  { method: 'GET', path: '/readyz', handle: ready },
];

/** The process answers: nothing else is asked. */
async function live(context: ApiContext): Promise<void> {
  reply(context, { cacheControl: neverStored, body: { status: 'ok' } });
}

/**
 * Whether requests should be sent here: the index answers, and the server is not on its way down. With `for=fetches`
 * it is enough that exact versions can be had: an orchestrator that takes a replica out of service for want of an index
 * would take all of them.
 */
async function ready(context: ApiContext, parts: ApiParts): Promise<void> {
  const { signal } = context.state;
  const { ready: answering, fetches, parts: rows } = await parts.useCases.readiness({ signal });
  const draining = parts.draining();
  const isEnough = answering || (context.query.for === 'fetches' && fetches === true);
  const isReady = isEnough && !draining;
  if (!isReady) context.set('Retry-After', '1');
  reply(context, {
    status: isReady ? 200 : 503,
    cacheControl: neverStored,
    body: { ready: isReady, fetches, parts: rows, ...(draining ? { draining } : {}) },
  });
}
