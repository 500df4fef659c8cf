import type { IncomingMessage } from 'node:http';
import { VitteError } from '../core/errors.ts';

/**
 * Refuses what HTTP readers disagree on, and brings the request's target into the form that routing reads, a path
 * with a query. Throws PKG_E_REQUEST.
 */
export function normaliseRequest(request: IncomingMessage): void {
  const { expect, 'transfer-encoding': encoding } = request.headers;
  const hosts = request.headersDistinct.host?.length ?? 0;
  if (hosts > 1 || (hosts === 0 && request.httpVersion === '1.1')) {
    throw formError('the request does not name one Host');
  }
  if (expect !== undefined && !/^100-continue$/i.test(expect)) {
    throw formError('the request expects what this server does not know');
  }
  if (encoding !== undefined && !/^chunked$/i.test(encoding)) {
    throw formError('the request has a Transfer-Encoding other than chunked');
  }
  request.url = pathOf(request.url ?? '');
}

function pathOf(target: string): string {
  const rest = target.replace(/^https?:\/\/[^/?#]*/i, '');
  const path = rest === '' || rest.startsWith('?') ? `/${rest}` : rest;
  // The form "*" asks about the server as a whole (RFC 9112, 3.2.4): no route takes it.
  if (path === '*' || /^\/[\x21\x22\x24-\x7e]*$/.test(path)) return path;
  throw formError('the target of the request is not a path', {
    help: 'a path begins with a slash; other than printable ASCII is percent-encoded',
  });
}

function formError(message: string, options: { help?: string } = {}) {
  return new VitteError('PKG_E_REQUEST', message, options);
}
