// The token service that Docker's and other clients ask. https://distribution.github.io/distribution/spec/auth/token/
// and https://distribution.github.io/distribution/spec/auth/oauth/
import { mayPublish } from '../../auth/rights.ts';
import { VitteError } from '../../core/errors.ts';
import { isRepositoryName } from '../../oci/names.ts';
import { parseScopes } from '../../oci/server/access.ts';
import type { Actor } from '../../registry/port.ts';
import { requestBody } from '../request-body.ts';
import type { ApiContext, ApiParts } from '../route.ts';
import { identified } from './caller.ts';
import { type Credentials, parseCredentials, tokenError } from './credentials.ts';
import type { V2Parts } from './parts.ts';

const formBytesMax = 16 * 1024;

/**
 * Gives a short-lived token for what is asked and allowed: for an account by Basic or by a form that holds its token,
 * for nobody without either. Throws PKG_E_TOKEN, PKG_E_REQUEST, PKG_E_BODY_SIZE.
 */
export async function answerToken(
  context: ApiContext,
  parts: ApiParts,
  v2: V2Parts,
): Promise<void> {
  const asked = new URLSearchParams(context.querystring);
  const form = context.method === 'POST' ? await readForm(context, parts) : undefined;
  const credentials = form
    ? credentialsOf(form)
    : parseCredentials(context.req.headersDistinct.authorization);
  const { actor, token } = await identified(context, v2, credentials);
  const scopes = parseScopes((form ?? asked).getAll('scope'));
  if (!scopes) throw new VitteError('PKG_E_REQUEST', 'the scopes are too many or too long');
  const access = scopes
    .filter(({ repository }) => isRepositoryName(repository))
    .map(({ repository, actions }) => ({ repository, actions: allowed(actor, actions) }))
    .filter(({ actions }) => actions.length > 0);
  const issued = v2.tokens.issue({ account: actor.account, token, access });
  context.state.account = actor.account;
  context.set({ 'Cache-Control': 'no-store', 'Content-Type': 'application/json' });
  context.status = 200;
  context.body = `${JSON.stringify({
    token: issued.text,
    access_token: issued.text,
    expires_in: issued.lifetimeSeconds,
    issued_at: issued.issuedAt.toISOString(),
    ...(form ? { scope: scopeText(access) } : {}),
  })}\n`;
}

/** What the role reaches of what is asked for. */
function allowed({ role }: Actor, actions: readonly string[]): string[] {
  return actions.filter((action) => action === 'pull' || mayPublish(role));
}

function credentialsOf(form: URLSearchParams): Credentials {
  const field = { password: 'password', refresh_token: 'refresh_token' }[
    form.get('grant_type') ?? ''
  ];
  if (field === undefined) {
    throw new VitteError('PKG_E_REQUEST', 'grant_type is neither password nor refresh_token');
  }
  const token = form.get(field);
  if (token === null) throw tokenError(`the form has no ${field}`);
  return { scheme: 'basic', token };
}

async function readForm({ req, res }: ApiContext, { limits }: ApiParts): Promise<URLSearchParams> {
  const bounded = { ...limits, uploadBytesMax: formBytesMax };
  const pieces: Uint8Array[] = [];
  for await (const piece of requestBody(req, res, bounded)) pieces.push(piece);
  return new URLSearchParams(Buffer.concat(pieces).toString('utf8'));
}

function scopeText(access: readonly { repository: string; actions: string[] }[]): string {
  return access
    .map(({ repository, actions }) => `repository:${repository}:${actions.join(',')}`)
    .join(' ');
}
