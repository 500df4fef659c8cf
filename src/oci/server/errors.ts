// Errors as the distribution API tells them.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
import {
  type ErrorCode,
  type ErrorKind,
  type ErrorOptions,
  VitteError,
} from '../../core/errors.ts';

/** The codes of the specification, and two of Docker's for what it has none for: UNAVAILABLE, UNKNOWN. */
export type OciErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'UNAVAILABLE'
  | 'UNKNOWN';

type Told = { name: OciErrorCode; headers: Record<string, string> };

/** What an error is called where its own code does not tell it, and what goes with it. */
const told = new WeakMap<VitteError, Told>();

/** An error that is to be told under this name. */
export function ociError(
  name: OciErrorCode,
  code: ErrorCode,
  message: string,
  options?: ErrorOptions,
): VitteError {
  return named(new VitteError(code, message, options), name);
}

/** The same error, to be told under this name, with these headers. */
export function named(
  error: VitteError,
  name: OciErrorCode,
  headers: Record<string, string> = {},
): VitteError {
  told.set(error, { name, headers });
  return error;
}

/** Under which name and with which headers an error is told; `status` where it is another than its kind has elsewhere. */
export function describeError(error: VitteError): Told & { status?: number } {
  const name = nameOfCode[error.code] ?? nameOfKind[error.kind];
  const described = told.get(error) ?? { name, headers: {} };
  // The specification knows no 422.
  return error.kind === 'refused' ? { ...described, status: 400 } : described;
}

/** The document of an error. `detail` holds our own code, and what else a program may want. */
export function errorDocument(error: VitteError, detail: object): object {
  const { name } = describeError(error);
  const help = error.help === undefined ? {} : { help: error.help };
  return {
    errors: [
      {
        code: name,
        message: error.message,
        detail: { ...error.data, code: error.code, ...help, ...detail },
      },
    ],
  };
}

const nameOfCode: Partial<Record<ErrorCode, OciErrorCode>> = {
  PKG_E_REPOSITORY_NAME: 'NAME_INVALID',
  PKG_E_PACKAGE_NAME: 'NAME_INVALID',
  PKG_E_PACKAGE_VERSION: 'MANIFEST_INVALID',
  PKG_E_TAG: 'MANIFEST_INVALID',
  PKG_E_DIGEST: 'DIGEST_INVALID',
  PKG_E_UPLOAD_UNKNOWN: 'BLOB_UPLOAD_UNKNOWN',
  PKG_E_UPLOAD_BUSY: 'BLOB_UPLOAD_INVALID',
  PKG_E_BODY_TRUNCATED: 'SIZE_INVALID',
  PKG_E_REQUEST_TIMEOUT: 'BLOB_UPLOAD_INVALID',
  PKG_E_NOT_FOUND: 'NAME_UNKNOWN',
  PKG_E_ROUTE: 'UNSUPPORTED',
};

const nameOfKind: Readonly<Record<ErrorKind, OciErrorCode>> = {
  malformed: 'UNSUPPORTED',
  refused: 'MANIFEST_INVALID',
  conflict: 'DENIED',
  missing: 'NAME_UNKNOWN',
  unauthenticated: 'UNAUTHORIZED',
  denied: 'DENIED',
  'too-large': 'SIZE_INVALID',
  'media-type': 'MANIFEST_INVALID',
  method: 'UNSUPPORTED',
  range: 'SIZE_INVALID',
  precondition: 'UNSUPPORTED',
  slow: 'UNKNOWN',
  'too-many': 'TOOMANYREQUESTS',
  unavailable: 'UNAVAILABLE',
  upstream: 'UNKNOWN',
  integrity: 'UNKNOWN',
  bug: 'UNKNOWN',
  usage: 'UNKNOWN',
};
