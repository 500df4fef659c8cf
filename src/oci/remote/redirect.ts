import { storageError } from './errors.ts';
import { headerText } from './headers.ts';
import type { HttpRequest, HttpResponse, Send } from './transport.ts';

export type RedirectableRequest = HttpRequest & {
  /** False where a redirect is an answer: GHCR sends askers for referrers to a web page. */
  follow?: boolean;
};

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/**
 * Follows redirects of GET and HEAD, at most so many. Authorization never goes to another origin (scheme, host and
 * port) than the one it was meant for, nor anything to a less safe scheme. PKG_E_STORAGE_ANSWER for a redirect that
 * breaks these rules. Redirects of writes are passed on: no registry has them, and their bodies may not be left.
 */
export function followRedirects(
  send: Send,
  redirectsMax: number,
): (request: RedirectableRequest) => Promise<HttpResponse> {
  return async (first) => {
    let request: HttpRequest = first;
    for (let redirects = 0; ; redirects += 1) {
      const response = await send(request);
      const target = first.follow === false ? undefined : targetOf(request, response);
      if (!target) return response;
      await response.discard();
      if (redirects === redirectsMax)
        throw refused(`it redirected more than ${redirectsMax} times`);
      request = { ...request, url: target, headers: headersFor(request, target) };
    }
  };
}

function targetOf({ method, url }: HttpRequest, { status, headers }: HttpResponse) {
  if (!redirectStatuses.has(status) || (method !== 'GET' && method !== 'HEAD')) return undefined;
  const target = URL.parse(headerText(headers, 'location') ?? '', url.href);
  if (!target || headerText(headers, 'location') === undefined) {
    throw refused('it redirected to nowhere');
  }
  if (!isSafeStep(url, target)) throw refused('it redirected to another scheme');
  return target;
}

/** Whether one may go on from a URL to another one: http and https alone, and never from https to http. */
export function isSafeStep(from: URL, to: URL): boolean {
  return to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:');
}

function headersFor({ headers = {}, url }: HttpRequest, target: URL): Record<string, string> {
  if (target.origin === url.origin) return headers;
  const { authorization: _kept, ...others } = headers;
  return others;
}

function refused(why: string) {
  return storageError('PKG_E_STORAGE_ANSWER', 'answer', why);
}
