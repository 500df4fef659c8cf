import type { JsonValue } from '../core/json.ts';
import type { ResolveResult } from '../resolve/port.ts';
import { preferredLanguage } from './accept-language.ts';
import { neverStored, reply, setSequence } from './answer.ts';
import { callContext } from './call-context.ts';
import { probeHalfClosed } from './half-closed.ts';
import { readJsonBody } from './json-body.ts';
import type { ApiContext, ApiParts, Route } from './route.ts';

export const resolveRoutes: Route[] = [
  { method: 'POST', path: '/api/v1/resolve', handle: resolveRequirements },
];

/** A lockfile of 10,000 rows fits in. */
const bodyBytesMax = 4 * 1024 * 1024;

async function resolveRequirements(context: ApiContext, parts: ApiParts): Promise<void> {
  const call = await callContext(context, parts);
  const limits = { bodyBytesMax };
  const request = await readJsonBody<JsonValue>('resolve-request', context, parts, limits);
  const endProbe = probeHalfClosed(context);
  try {
    const { sequence, value } = await parts.useCases.resolve(request, call);
    await setSequence(context, parts, call, sequence);
    reply(context, { body: await resolvedBody(context, value), cacheControl: neverStored });
  } finally {
    endProbe();
  }
}

/** Throws the explanation of what has no solution, in the language that the client prefers. */
async function resolvedBody(context: ApiContext, result: ResolveResult): Promise<object> {
  // Loaded when first needed: a start should not wait for what it may never do.
  const { resolutionDocument, unsolvableError } = await import('../resolve/answers.ts');
  if (result.status === 'resolved') return resolutionDocument(result.graph);
  const language = preferredLanguage(context.req.headersDistinct['accept-language']?.join(','));
  context.set('Content-Language', language);
  throw unsolvableError(result.explanation, language);
}
