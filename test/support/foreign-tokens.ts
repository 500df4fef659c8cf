// How the foreign registry is entered: by user name and password, or by tokens that it gives itself.
import type { ServerResponse } from 'node:http';
import type { ForeignRegistry, Hook, LoggedRequest } from './foreign-registry.ts';
import { bodyOf, fail, send } from './foreign-wire.ts';

export type Access = 'basic' | 'bearer';

const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
/** The identity token that it exchanges. */
const refreshToken = 'refresh';
const needs: Record<string, string> = { GET: 'pull', HEAD: 'pull', DELETE: 'delete' };

/** Answers 401 to what shows too little, and gives tokens at `/token`. */
export function guardAccess(registry: ForeignRegistry, access: Access): Hook {
  const tokens = new Map<string, string[]>();
  return async (request, response, message) => {
    const { path, headers } = request;
    if (path === '/token') {
      return giveToken(request, response, String(await bodyOf(message)));
    }
    const shown = headers.authorization ?? '';
    if (access === 'basic' ? shown === basic : covers(tokens.get(shown), request)) return false;
    message.resume();
    return send(response, 401, { 'www-authenticate': challenge(request) });
  };

  function challenge(request: LoggedRequest): string {
    const quote = registry.has('realm-unquoted') ? '' : '"';
    const several = registry.has('challenges-in-one-field');
    const realm = (text: string) => `realm=${quote}${text}${quote}`;
    if (registry.has('basic-bare')) return 'basic realm=registry';
    if (access === 'basic') return `Basic ${realm('registry')}`;
    const service = `service=${quote}s${quote}`;
    const scope = quote ? `,scope="${scopeOf(request)}"` : '';
    const bearer = `Bearer ${realm(`${registry.origin}/token`)},${service}${scope}`;
    return several ? `Negotiate, Basic ${realm('registry')}, ${bearer}` : bearer;
  }

  function giveToken(request: LoggedRequest, response: ServerResponse, form: string): true {
    const { method, query, headers } = request;
    const posted = new URLSearchParams(form);
    const onlyRefresh = registry.has('access-token-only');
    const known =
      method === 'POST'
        ? posted.get('refresh_token') === refreshToken
        : headers.authorization === basic;
    if (!known || (onlyRefresh && method !== 'POST')) return fail(response, 401, 'UNAUTHORIZED');
    const scopes =
      method === 'POST' ? (posted.get('scope') ?? '').split(' ') : query.getAll('scope');
    const early = scopes.some(
      (scope) => !registry.exists(nameIn(scope)) && !scope.includes('push'),
    );
    if (registry.has('token-403-before-push') && early) return fail(response, 403, 'DENIED');
    const token = `token-${tokens.size + 1}`;
    tokens.set(`Bearer ${token}`, scopes);
    const named = onlyRefresh ? { access_token: token } : { token };
    return send(response, 200, {}, JSON.stringify({ ...named, expires_in: 300 }));
  }
}

function covers(scopes: string[] | undefined, { method, path }: LoggedRequest): boolean {
  const action = needs[method] ?? 'push';
  return (scopes ?? []).some((scope) => {
    return nameIn(scope) === repositoryOf(path) && scope.split(':').at(-1)?.includes(action);
  });
}

function scopeOf({ method, path }: LoggedRequest): string {
  return `repository:${repositoryOf(path)}:${needs[method] ?? 'push'}`;
}

function repositoryOf(path: string): string {
  return /^\/v2\/(.+)\/(?:blobs|manifests|tags|referrers)\//.exec(path)?.[1] ?? '';
}

function nameIn(scope: string): string {
  return scope.split(':')[1] ?? '';
}
