import { isVitteError } from '../../core/errors.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { basicAuthorization, type Credentials } from './credentials.ts';
import { statusError, storageError } from './errors.ts';
import { withPush } from './scope.ts';
import type { Answer, HttpRequest } from './transport.ts';

export type Token = { value: string; lifetimeMs: number };

export type TokenNeed = {
  realm: URL;
  service: string | undefined;
  scopes: readonly string[];
  credentials: Credentials | undefined;
};

const what = 'give a token';
const clientId = 'vitte-registry';
/** What the specification says for an answer without `expires_in`, and the longest that one is trusted. */
const defaultLifetimeMs = 60_000;
const lifetimeMsMax = 60 * 60_000;
/** Clocks differ, and a request takes a while to arrive. */
const skewMs = 10_000;
const tokenBytesMax = 64 * 1024;

/**
 * Gets a bearer token: an identity token is exchanged by POST (by GET where there is no such route), else GET with
 * Basic, else GET without credentials. GHCR says 403 to who would read a repository that does not exist yet, and gives
 * a token to who would write to it: where credentials are refused so, the right to push is asked for. PKG_E_FORBIDDEN where the service refuses, PKG_E_STORAGE_UNAVAILABLE,
 * PKG_E_STORAGE_ANSWER. https://distribution.github.io/distribution/spec/auth/token/ and …/auth/oauth/
 */
export async function fetchToken(
  need: TokenNeed,
  exchange: (request: HttpRequest) => Promise<Answer>,
): Promise<Token> {
  const answer = await ask(need);
  const scopes = need.scopes.map(withPush);
  const wider = scopes.some((scope, index) => scope !== need.scopes[index]);
  if (answer.status !== 403 || !need.credentials || !wider) return readToken(answer);
  return readToken(await ask({ ...need, scopes }));

  async function ask(asked: TokenNeed): Promise<Answer> {
    if (asked.credentials?.identityToken !== undefined) {
      const refreshed = await exchange(refreshRequest(asked, asked.credentials.identityToken));
      if (refreshed.status !== 404 && refreshed.status !== 405) return refreshed;
    }
    return exchange(tokenRequest(asked));
  }
}

function tokenRequest({ realm, service, scopes, credentials }: TokenNeed): HttpRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const { username = '<token>', password = credentials?.identityToken } = credentials ?? {};
  const basic = basicAuthorization(password === undefined ? undefined : { username, password });
  return { method: 'GET', url, headers: basic === undefined ? {} : { authorization: basic } };
}

function refreshRequest({ realm, service, scopes }: TokenNeed, identityToken: string): HttpRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: clientId,
    refresh_token: identityToken,
    scope: scopes.join(' '),
  });
  if (service !== undefined) form.set('service', service);
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: { bytes: Buffer.from(form.toString()) },
  };
}

function readToken(answer: Answer): Token {
  if (answer.status !== 200) {
    // A token service says 400 for a refresh token that it does not take.
    const status = answer.status === 400 ? 401 : answer.status;
    throw statusError({ ...answer, status }, what);
  }
  const document = parse(answer.bytes);
  const { token, access_token: accessToken, expires_in: expiresIn } = document;
  const value = typeof token === 'string' && token !== '' ? token : accessToken;
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw storageError('PKG_E_STORAGE_ANSWER', what, 'its answer holds none');
  }
  const told = typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn * 1000 : undefined;
  const lifetime = Math.min(told ?? defaultLifetimeMs, lifetimeMsMax);
  // A token that lives hardly longer than the skew is used for half its life.
  return { value, lifetimeMs: Math.max(lifetime - skewMs, lifetime / 2) };
}

function parse(bytes: Uint8Array) {
  try {
    const document = parseJson(bytes, 'the answer of a token service', tokenBytesMax);
    if (isJsonObject(document)) return document;
  } catch (error) {
    if (!isVitteError(error)) throw error;
  }
  // The cause would tell nothing, and might hold a part of a token.
  throw storageError('PKG_E_STORAGE_ANSWER', what, 'its answer is no JSON object');
}
