import { createRecent } from '../../core/recent.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Clock } from './clock.ts';
import { basicAuthorization, type CredentialSource } from './credentials.ts';
import { headerTexts } from './headers.ts';
import { parseRealm } from './realm.ts';
import type { RedirectableRequest } from './redirect.ts';
import { type Access, challengedScopes, mergeScopes, scopesOf } from './scope.ts';
import { createSingleFlight } from './single-flight.ts';
import { fetchToken, type Token } from './token.ts';
import type { Answer, HttpRequest, HttpResponse } from './transport.ts';

/** A request to the registry, and what it needs there. */
export type RegistryRequest = RedirectableRequest & {
  access: Access;
  /** Sent at most once: a challenge is learnt from, but not answered. */
  once?: boolean;
};

export type AuthOptions = {
  /** The registry's origin: credentials and tokens go nowhere else, but to the realm that it names. */
  origin: string;
  credentials: CredentialSource;
  send: (request: RedirectableRequest) => Promise<HttpResponse>;
  /** One exchange with a token service, retried, its answer read. */
  exchange: (request: HttpRequest) => Promise<Answer>;
  clock: Clock;
};

/** How the registry wants to be spoken to, known once it has said so. */
type Scheme =
  | { kind: 'basic'; authorization: string | undefined }
  | { kind: 'bearer'; realm: URL; service: string | undefined };

const tokensMax = 1000;
const tokenAgeMsMax = 60 * 60_000;

/**
 * Sends requests with what the registry asked for in its last challenge: nothing at first, then Basic, or a Bearer
 * token of the request's scope, cached by host, scheme and scope, and asked for once by all that need it at the same
 * time. A 401 of the registry itself, and it alone, is a challenge; the request is sent a second time, never a third.
 */
export function authorizing(
  options: AuthOptions,
): (request: RegistryRequest) => Promise<HttpResponse> {
  const { origin, send, clock } = options;
  const { host } = new URL(origin);
  const tokens = createRecent<Token>({ entriesMax: tokensMax, ageMs: tokenAgeMsMax }, clock.now);
  const flights = createSingleFlight<Token>();
  let scheme: Scheme | undefined;

  return async ({ access, once = false, ...request }) => {
    if (request.url.origin !== origin) return send(request);
    const scopes = scopesOf(access);
    const shown = await authorization(scopes, request.signal);
    const response = await send(withAuthorization(request, shown));
    if (response.status !== 401 || response.url.origin !== origin) return response;
    try {
      const next = await answerChallenge(response, scopes, shown, request, once);
      if (next === undefined) return response;
      await response.discard();
      return send(withAuthorization(request, next));
    } catch (error) {
      await response.discard();
      throw error;
    }
  };

  /** Learns from a challenge; gives what to show the second time, or nothing where there is no second time. */
  async function answerChallenge(
    { headers }: HttpResponse,
    scopes: string[],
    shown: string | undefined,
    { body, signal }: RedirectableRequest,
    once: boolean,
  ): Promise<string | undefined> {
    const challenge = choose(parseChallenges(headerTexts(headers, 'www-authenticate')));
    if (!challenge) return undefined;
    scheme = await schemeOf(challenge);
    if (shown === bearer(tokens.get(keyOf(scopes)))) tokens.delete(keyOf(scopes));
    if (once || (body && 'open' in body && !body.rewindable)) return undefined;
    const asked = challengedScopes(challenge.parameters.get('scope'));
    const next = await authorization(scopes, signal, asked);
    return next === shown ? undefined : next;
  }

  async function authorization(
    scopes: string[],
    signal: AbortSignal | undefined,
    asked: string[] = [],
  ): Promise<string | undefined> {
    if (!scheme) return undefined;
    if (scheme.kind === 'basic') return scheme.authorization;
    const key = keyOf(scopes);
    const known = tokens.get(key);
    if (known) return bearer(known);
    const { realm, service } = scheme;
    const merged = mergeScopes(asked, scopes);
    // Not under the caller's signal: others may wait for the same token.
    const fetching = async () => {
      const credentials = await options.credentials(host);
      if (credentials?.registryToken !== undefined) {
        return { value: credentials.registryToken, lifetimeMs: tokenAgeMsMax };
      }
      return fetchToken({ realm, service, scopes: merged, credentials }, options.exchange);
    };
    const flight = `${realm} ${service} ${merged.join(' ')}`;
    const token = await flights.run(flight, fetching, signal);
    tokens.set(key, token, Math.min(token.lifetimeMs, tokenAgeMsMax));
    return bearer(token);
  }

  function keyOf(scopes: readonly string[]) {
    return `${host} bearer ${scopes.join(' ')}`;
  }

  async function schemeOf({ scheme: name, parameters }: Challenge): Promise<Scheme> {
    if (name === 'basic') {
      return { kind: 'basic', authorization: basicAuthorization(await options.credentials(host)) };
    }
    const realm = parseRealm(parameters.get('realm'), new URL(origin));
    return { kind: 'bearer', realm, service: parameters.get('service') };
  }
}

function bearer(token: Token | undefined) {
  return token && `Bearer ${token.value}`;
}

/** Bearer before Basic: its token is good for less than the password. Other schemes are not spoken. */
function choose(challenges: Challenge[]): Challenge | undefined {
  const named = (name: string) => challenges.find(({ scheme }) => scheme === name);
  return named('bearer') ?? named('basic');
}

function withAuthorization(
  request: RedirectableRequest,
  authorization: string | undefined,
): RedirectableRequest {
  if (authorization === undefined) return request;
  return { ...request, headers: { ...request.headers, authorization } };
}
