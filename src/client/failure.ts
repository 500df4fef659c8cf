import { isVitteError, VitteError } from '../core/errors.ts';

/** What went wrong between two machines, and whether the same request may well succeed when repeated. */
export type Failure = { error: VitteError; transient: boolean };

/** Connection and stream errors after which a repetition is worth it. */
const transientCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  // A body shorter than its Content-Length: the connection ended early.
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host name cannot be looked up now',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  UND_ERR_SOCKET: 'the connection broke',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the time limit',
  UND_ERR_HEADERS_TIMEOUT: 'no answer within the time limit',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped midway',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer ended early',
};

/**
 * Translates what the HTTP client threw. PKG_E_REGISTRY_UNAVAILABLE for a registry that can't be reached,
 * PKG_E_REGISTRY_ANSWER for bytes that are no HTTP, PKG_E_FILE for a body that was not as long as announced;
 * our own errors, such as those of a body's source, pass through.
 */
export function failureOf(thrown: unknown, url: string): Failure {
  if (isVitteError(thrown)) return { error: thrown, transient: false };
  const code = codeOf(thrown);
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') {
    const error = new VitteError('PKG_E_FILE', 'the file changed while it was being sent', {
      cause: thrown,
    });
    return { error, transient: false };
  }
  if (isParserError(thrown) || code === 'UND_ERR_HEADERS_OVERFLOW') {
    const error = new VitteError('PKG_E_REGISTRY_ANSWER', `${url} does not answer in HTTP`, {
      cause: thrown,
      help: 'check the URL given by --registry or VITTE_REGISTRY',
    });
    return { error, transient: false };
  }
  const why = reasons[code] ?? (thrown instanceof Error ? thrown.message : String(thrown));
  const error = new VitteError('PKG_E_REGISTRY_UNAVAILABLE', `no answer from ${url}: ${why}`, {
    cause: thrown,
    help: helpFor(code),
  });
  return { error, transient: transientCodes.has(code) };
}

function helpFor(code: string) {
  if (code === 'ECONNREFUSED') {
    return 'is it running? "npm start" or "vitte registry serve" starts a registry on this machine';
  }
  return 'check the URL given by --registry or VITTE_REGISTRY, and the network';
}

/** undici gives some of these a code `HPE_…` and others none. */
function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError';
}

/** The error's code, or that of the first connection tried where several were. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error.cause === undefined ? '' : codeOf(error.cause);
}
