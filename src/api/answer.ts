import { VitteError } from '../core/errors.ts';
import type { PackageName } from '../core/name.ts';
import { anonymous, type CallContext } from '../registry/port.ts';
import { etagOf, meetsIfMatch, namesEtag } from './etag.ts';
import type { ApiContext, ApiParts } from './route.ts';
import { storeId } from './store-id.ts';

/** Anybody may keep it, and has to ask whether it still holds. */
export const revalidated = 'no-cache';
/** For what depends on who asks or when. */
export const neverStored = 'no-store';
/** For what is named by its content. */
export const immutable = 'public, max-age=31536000, immutable';

export type Reply = {
  status?: number;
  body: object | string | Uint8Array;
  /** Content-Type, where the body is no JSON document. */
  type?: string;
  etag?: string;
  cacheControl?: string;
};

/** Answers with a document, or with 304 where the client has it. Throws PKG_E_PRECONDITION. */
export function reply(context: ApiContext, answer: Reply): void {
  const { body, status = 200 } = answer;
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
  const bytes = isJson ? `${JSON.stringify(body)}\n` : body;
  context.set('Cache-Control', answer.cacheControl ?? revalidated);
  context.status = status;
  if (context.method === 'GET' || context.method === 'HEAD') {
    const etag = answer.etag ?? etagOf(bytes);
    context.set('ETag', etag);
    if (isNotModified(context, etag)) {
      context.status = 304;
      return;
    }
  }
  context.set('Content-Type', answer.type ?? 'application/json; charset=utf-8');
  context.body = typeof bytes === 'string' ? bytes : Buffer.from(bytes);
}

/** Evaluates the conditions of a GET in the order of RFC 9110, 13.2.2. Throws PKG_E_PRECONDITION. */
export function isNotModified(context: ApiContext, etag: string): boolean {
  if (!meetsIfMatch(context.headers['if-match'], etag)) {
    throw new VitteError(
      'PKG_E_PRECONDITION',
      'what stands here has another ETag than If-Match names',
    );
  }
  return namesEtag(context.headers['if-none-match'], etag);
}

/** Says that the answer may be given to others until the journal says more of this package: `ApiState.holds`. */
export function setHolding(context: ApiContext, name: PackageName, sequence: number): void {
  context.state.holds = { package: name, sequence };
}

/** Says of an error too at which number of the journal it was found, where the index answered before. */
export async function setSequenceRead(context: ApiContext, parts: ApiParts): Promise<void> {
  const { readAt, signal } = context.state;
  if (readAt === undefined || context.response.get('Vitte-Sequence')) return;
  await setSequence(context, parts, { actor: anonymous, signal }, readAt);
}

/** Says at which number of the journal the answer was read. */
export async function setSequence(
  context: ApiContext,
  parts: ApiParts,
  call: CallContext,
  sequence: number,
): Promise<void> {
  parts.answered?.(sequence);
  // The answer is there: it must not be lost because the index went away before it could tell its name.
  const store = await storeId(parts.useCases, call).catch(() => undefined);
  if (store !== undefined) context.set('Vitte-Sequence', `${store}:${sequence}`);
}
