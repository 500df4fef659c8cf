import { type ErrorCode, isVitteError, VitteError } from '../../core/errors.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { StorageRefusal } from '../refusal.ts';
import type { Answer } from './transport.ts';

/** Errors of a connection after which the same request may well succeed. */
const transientCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

const codesShownMax = 5;

/** An exchange that came to no end. Inside the adapter only: callers get a VitteError. */
export class ConnectionError extends Error {
  override name = 'ConnectionError';
  readonly code: string;

  constructor(cause: unknown) {
    const code = codeOf(cause);
    super(`the connection failed (${code})`, { cause });
    this.code = code;
  }
}

/** The registry does not know an upload any more, or has another part of it than was sent. */
export class UploadLost extends Error {
  override name = 'UploadLost';

  constructor() {
    super('the registry lost an upload');
  }
}

/** True where a repetition is worth it. Errors of a source and of our own are none of the connection's. */
export function isTransient(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && transientCodes.has(error.code);
}

/** What a caller gets for an exchange that failed; other errors pass. `what` says what was tried, without a URL. */
export function asStorageError(error: unknown, what: string): unknown {
  if (error instanceof UploadLost) {
    return storageError('PKG_E_STORAGE_UNAVAILABLE', what, 'it lost the upload', { cause: error });
  }
  if (!(error instanceof ConnectionError)) return error;
  const { code } = error;
  if (code === 'REFUSED_ADDRESS') {
    return storageError('PKG_E_STORAGE_ANSWER', what, 'it sent us to an address it may not name', {
      cause: error,
      help: 'list the host in VITTE_REGISTRY_STORAGE_REALMS or …_STORAGE_UPLOAD_HOSTS if it is right',
    });
  }
  // HTTP that can't be parsed, or a head without end.
  if (/^HPE_|^HTTPParserError$|^UND_ERR_HEADERS_OVERFLOW$/.test(code)) {
    return storageError('PKG_E_STORAGE_ANSWER', what, `its answer is no HTTP (${code})`, {
      cause: error,
    });
  }
  return storageError('PKG_E_STORAGE_UNAVAILABLE', what, `it can not be reached (${code})`, {
    cause: error,
  });
}

/**
 * The error that a status means: PKG_E_FORBIDDEN, PKG_E_STORAGE_UNAVAILABLE, else PKG_E_STORAGE_ANSWER. The message
 * holds the registry's error codes; what else it said is the cause, for the log.
 */
export function statusError(answer: Answer, what: string): VitteError {
  const { status } = answer;
  const codes = errorCodes(answer);
  const text = `it answered ${[status, ...codes.slice(0, codesShownMax)].join(' ')}`;
  const cause = new StorageRefusal(status, codes, printable(answer.bytes));
  if (status === 401 || status === 403) {
    return storageError('PKG_E_FORBIDDEN', what, text, {
      cause,
      help: 'check the credentials of the storage, VITTE_REGISTRY_STORAGE_AUTH_FILE',
    });
  }
  if (status === 404 && codes.includes('NAME_UNKNOWN')) {
    return storageError('PKG_E_STORAGE_ANSWER', what, text, {
      cause,
      help: 'a registry that makes no repositories by itself, such as ECR, needs them made before; or keep everything in one, VITTE_REGISTRY_STORAGE_ENCODING=single',
    });
  }
  const away = status === 408 || status === 429 || status >= 500;
  return storageError(away ? 'PKG_E_STORAGE_UNAVAILABLE' : 'PKG_E_STORAGE_ANSWER', what, text, {
    cause,
  });
}

/** `the storage failed to WHAT: WHY`. */
export function storageError(
  code: ErrorCode,
  what: string,
  why: string,
  options: ConstructorParameters<typeof VitteError>[2] = {},
): VitteError {
  return new VitteError(code, `the storage failed to ${what}: ${why}`, options);
}

/** The codes of an OCI error document, such as NAME_UNKNOWN; none where the body is something else. */
export function errorCodes({ bytes }: { bytes?: Uint8Array }): string[] {
  if (!bytes) return [];
  try {
    const document = parseJson(bytes, 'an error');
    const errors = isJsonObject(document) ? document.errors : undefined;
    const codes = Array.isArray(errors) ? errors.map((one) => isJsonObject(one) && one.code) : [];
    return codes.filter((code): code is string => {
      return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code);
    });
  } catch (error) {
    if (isVitteError(error, 'PKG_E_DOCUMENT')) return [];
    throw error;
  }
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (typeof code === 'string' && code !== '') return code;
  // Node gives several failed addresses of one name as one AggregateError.
  const [first] = cause instanceof AggregateError ? cause.errors : [];
  if (first !== undefined) return codeOf(first);
  return cause instanceof Error ? cause.name : 'unknown';
}

/** An error body for the log: no control characters, and no query of a URL, which may be a signature. */
function printable(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  return text.replace(/\p{C}/gu, ' ').replace(/\?[^\s"'<>]*/g, '?…');
}
