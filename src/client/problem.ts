import { type ErrorCode, type ErrorKind, errorCatalogue, VitteError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';

const messageLengthMax = 2_000;

/** Kinds that speak of the program that answered, not of the one that asked. */
const serverKinds: ReadonlySet<ErrorKind> = new Set(['bug', 'usage', 'upstream']);

/** Codes for answers without a problem document that can be read, such as those of a proxy on the way. */
const statusCodes: Readonly<Record<number, ErrorCode>> = {
  401: 'PKG_E_TOKEN',
  403: 'PKG_E_FORBIDDEN',
  404: 'PKG_E_ROUTE',
  408: 'PKG_E_REQUEST_TIMEOUT',
  413: 'PKG_E_BODY_SIZE',
  429: 'PKG_E_RATE_LIMIT',
  502: 'PKG_E_REGISTRY_UNAVAILABLE',
  503: 'PKG_E_REGISTRY_UNAVAILABLE',
  504: 'PKG_E_REGISTRY_UNAVAILABLE',
};

/**
 * The error that a refusing answer stands for: the server's own code where the catalogue knows it, with its
 * help, data and request id; PKG_E_REGISTRY_ANSWER where it does not, or where the server reports a fault of
 * its own (which is no bug of this program).
 */
export function problemError(status: number, document: unknown, url: string): VitteError {
  const problem = isJsonObject(document) ? document : {};
  const { detail, code, help, requestId, title, type, instance, status: _, ...members } = problem;
  const known = typeof code === 'string' && Object.hasOwn(errorCatalogue, code);
  const stated = known ? (code as ErrorCode) : undefined;
  const message = shortText(detail) ?? shortText(title);
  const data: JsonObject = { ...members, status };
  if (typeof requestId === 'string') data.requestId = requestId.slice(0, 100);

  if (stated === undefined || serverKinds.has(errorCatalogue[stated])) {
    if (typeof code === 'string') data.code = code.slice(0, 100);
    const shown = message === undefined ? '' : `: ${message}`;
    const unread = stated === undefined && message === undefined ? statusCodes[status] : undefined;
    return new VitteError(
      unread ?? 'PKG_E_REGISTRY_ANSWER',
      `${url} answered ${status}${shown}`,
      helpAnd(help, data),
    );
  }
  return new VitteError(stated, message ?? `${url} answered ${status}`, helpAnd(help, data));
}

function helpAnd(help: unknown, data: JsonObject) {
  const text = shortText(help);
  return text === undefined ? { data } : { help: text, data };
}

function shortText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, messageLengthMax) : undefined;
}
