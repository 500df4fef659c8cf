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

/** Whether requests should be sent here: every part answers, and the server is not on its way down. */
async function ready(context: ApiContext, parts: ApiParts): Promise<void> {
  const { ready: answering, parts: rows } = await parts.useCases.readiness({
    signal: context.state.signal,
  });
  const draining = parts.draining();
  const isReady = answering && !draining;
  if (!isReady) context.set('Retry-After', '1');
  reply(context, {
    status: isReady ? 200 : 503,
    cacheControl: neverStored,
    body: { ready: isReady, parts: rows, ...(draining ? { draining } : {}) },
  });
}
