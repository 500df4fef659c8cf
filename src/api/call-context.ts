import { isVitteError, VitteError } from '../core/errors.ts';
import { type Actor, anonymous, type CallContext } from '../registry/port.ts';
import { bearerToken } from './authorization.ts';
import type { ApiContext, ApiParts } from './route.ts';
import { storeId } from './store-id.ts';

/**
 * Who asks, how new the answer must be, and until when it is wanted. A token that is sent must be good, also where
 * none is needed: whoever sends one wants to know. Throws PKG_E_TOKEN and PKG_E_REQUEST.
 */
export async function callContext(context: ApiContext, parts: ApiParts): Promise<CallContext> {
  const { signal } = context.state;
  const wanted = wantedSequence(context);
  const token = bearerToken(context.req.headersDistinct.authorization);
  const actor =
    token === undefined ? anonymous : await parts.useCases.authenticate(token, { signal });
  return callOf(context, parts, actor, wanted);
}

async function callOf(
  context: ApiContext,
  parts: ApiParts,
  actor: Actor,
  wanted: ReturnType<typeof wantedSequence>,
): Promise<CallContext> {
  const { state } = context;
  state.account = actor.account;
  const read = (sequence: number) => {
    state.readAt ??= sequence;
  };
  const call: CallContext = { actor, signal: state.signal, read };
  if (wanted === undefined) return call;
  // A number of another store means nothing here: the client moved to another registry.
  const own = await storeId(parts.useCases, call);
  return own === wanted.store ? { ...call, minSequence: wanted.sequence } : call;
}

/**
 * The same for what anybody may read, by its exact name: a token that can't be looked up, because the index is away,
 * counts as none. Throws PKG_E_TOKEN for what is no token at all.
 */
export async function exactContext(context: ApiContext, parts: ApiParts): Promise<CallContext> {
  try {
    return await callContext(context, parts);
  } catch (error) {
    if (!isVitteError(error, 'PKG_E_INDEX_UNAVAILABLE')) throw error;
    return callOf(context, parts, anonymous, wantedSequence(context));
  }
}

/** The same for what needs a token. Throws PKG_E_TOKEN where there is none. */
export async function tokenContext(context: ApiContext, parts: ApiParts): Promise<CallContext> {
  const call = await callContext(context, parts);
  if (call.actor.role !== 'reader') return call;
  throw new VitteError('PKG_E_TOKEN', 'this needs a token', {
    help: 'send the header Authorization: Bearer TOKEN; the vitte command takes it from VITTE_TOKEN',
  });
}

function wantedSequence(context: ApiContext) {
  const headers = context.req.headersDistinct['vitte-min-sequence'];
  if (headers === undefined) return undefined;
  const [, store, number] = /^([0-9A-Za-z]{1,64}):(\d{1,15})$/.exec(headers.join(', ')) ?? [];
  if (store === undefined || number === undefined) {
    throw new VitteError('PKG_E_REQUEST', 'Vitte-Min-Sequence is not of the form STOREID:NUMBER', {
      help: 'send the value of a Vitte-Sequence header as it came',
    });
  }
  return { store, sequence: Number(number) };
}
