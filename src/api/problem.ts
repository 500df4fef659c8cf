import { STATUS_CODES } from 'node:http';
import { type ErrorKind, isVitteError, VitteError } from '../core/errors.ts';

/** The one place that knows which HTTP status a kind of error has. */
export const statusOfKind: Readonly<Record<ErrorKind, number>> = {
  malformed: 400,
  unauthenticated: 401,
  denied: 403,
  missing: 404,
  method: 405,
  slow: 408,
  conflict: 409,
  precondition: 412,
  'too-large': 413,
  'media-type': 415,
  range: 416,
  refused: 422,
  'too-many': 429,
  bug: 500,
  usage: 500,
  upstream: 502,
  integrity: 502,
  unavailable: 503,
};

export const problemMediaType = 'application/problem+json';

const retryAfterSeconds = 1;

export type Problem = {
  status: number;
  code: string;
  headers: Record<string, string>;
  body: string;
};

/**
 * The problem document (RFC 9457) of whatever was thrown, with the headers that its status asks for. An error
 * that is not ours, or reports a bug, says nothing but the request id: its details are for the log.
 */
export function problemOf(thrown: unknown, requestId: string): Problem {
  const error = exposed(thrown, requestId);
  const status = statusOf(error);
  const document = {
    ...error.data,
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: error.code,
    detail: error.message,
    requestId,
    ...(error.help === undefined ? {} : { help: error.help }),
  };
  return {
    status,
    code: error.code,
    headers: {
      'Content-Type': problemMediaType,
      'Cache-Control': 'no-store',
      ...headersOfError(error),
    },
    body: `${JSON.stringify(document)}\n`,
  };
}

/** What a client may see of whatever was thrown. */
export function exposed(thrown: unknown, requestId: string): VitteError {
  if (isVitteError(thrown) && thrown.kind !== 'bug' && thrown.kind !== 'usage') return thrown;
  return new VitteError('PKG_E_INTERNAL', 'the registry failed to answer', {
    help: `whoever runs this registry finds the cause in its log under ${requestId}`,
  });
}

/** Headers over the limit have a status of their own (RFC 6585, 5); 413 is for bodies. */
function statusOf(error: VitteError): number {
  return error.code === 'PKG_E_HEADER_SIZE' ? 431 : statusOfKind[error.kind];
}

/** The headers that an error's status asks for. */
export function headersOfError(error: VitteError): Record<string, string> {
  switch (error.kind) {
    case 'unauthenticated':
      return { 'WWW-Authenticate': 'Bearer realm="vitte-registry"' };
    case 'method':
      return { Allow: Array.isArray(error.data?.allow) ? error.data.allow.join(', ') : '' };
    case 'range':
      return { 'Content-Range': `bytes */${error.data?.size ?? '*'}` };
    case 'unavailable':
    case 'too-many':
      return { 'Retry-After': String(error.data?.retryAfterSeconds ?? retryAfterSeconds) };
    default:
      return {};
  }
}
