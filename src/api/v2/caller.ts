import { mayPublish } from '../../auth/rights.ts';
import { parseToken, tokenHash } from '../../auth/token.ts';
import { VitteError } from '../../core/errors.ts';
import type { NeededAccess } from '../../oci/server/access.ts';
import { type Actor, anonymous } from '../../registry/port.ts';
import type { ApiContext } from '../route.ts';
import { type Credentials, parseCredentials, tokenError } from './credentials.ts';
import type { V2Parts } from './parts.ts';

/** Who asks, and the hash of the token that says so; none for nobody. */
export type Caller = { actor: Actor; token: string | undefined };

type Grants = readonly { repository: string; actions: readonly string[] }[];

/**
 * Who calls, with what they need for their request: everybody may pull what is public, all else needs a token. Throws
 * PKG_E_TOKEN for a token that is not good (also where none is needed), for one that was given for something else
 * (`insufficientScope` in `data`), and where there is none; PKG_E_FORBIDDEN for a role that does not reach so far.
 */
export async function callerOf(
  context: ApiContext,
  v2: V2Parts,
  needed: NeededAccess | undefined,
): Promise<Caller> {
  const credentials = parseCredentials(context.req.headersDistinct.authorization);
  // Without a repository it is the ping: clients learn from its challenge how to ask for a token.
  if (!credentials && !needed) throw tokenError('this needs a token; one for nobody will do');
  const { grants, ...caller } = await identified(context, v2, credentials);
  context.state.account = caller.actor.account;
  const action = needed?.actions.at(-1);
  if (!needed || action === 'pull' || action === undefined) return caller;
  if (!caller.token) throw tokenError(`to ${action} here needs a token`);
  if (grants && !isGranted(grants, needed.repository, action)) {
    throw new VitteError('PKG_E_TOKEN', `the token was not given to ${action} here`, {
      help: 'ask for a token with the scope of the challenge',
      data: { insufficientScope: true },
    });
  }
  if (mayPublish(caller.actor.role)) return caller;
  throw new VitteError('PKG_E_FORBIDDEN', `you may not ${action} here`);
}

/** Whose these credentials are; `grants` is what a short-lived token was given for. */
export async function identified(
  context: ApiContext,
  v2: V2Parts,
  credentials: Credentials | undefined,
): Promise<Caller & { grants?: Grants }> {
  if (!credentials) return { actor: anonymous, token: undefined };
  const { signal } = context.state;
  const { scheme, token: text } = credentials;
  const opaque = parseToken(text);
  if (opaque) {
    const token = tokenHash(opaque);
    return { actor: await v2.actorOf(token, { signal }), token };
  }
  const claims = scheme === 'bearer' ? v2.tokens.read(text) : undefined;
  if (!claims) throw tokenError('the token is not known here, or no longer');
  const { token, access: grants } = claims;
  const actor = token === undefined ? anonymous : await v2.actorOf(token, { signal });
  return { actor, token, grants };
}

function isGranted(grants: Grants, repository: string, action: string): boolean {
  return grants.some((one) => one.repository === repository && one.actions.includes(action));
}
