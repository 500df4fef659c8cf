import type { JsonObject } from './json.ts';

/**
 * What an error means to the caller, apart from any protocol. `api/problem.ts` maps kinds to HTTP statuses,
 * `cli/exit-codes.ts` to exit codes; nothing else knows either.
 */
export type ErrorKind =
  | 'usage' // the command line is wrong
  | 'malformed' // the request or a value in it can't be read
  | 'refused' // it can be read, and the answer is no
  | 'conflict' // another content stands there already
  | 'missing'
  | 'unauthenticated'
  | 'denied'
  | 'too-large'
  | 'media-type'
  | 'method'
  | 'range'
  | 'precondition'
  | 'slow' // the caller took too long
  | 'too-many'
  | 'unavailable' // a part is away; the same request later may work
  | 'upstream' // a part answered nonsense
  | 'integrity' // bytes are not what their digest or signature says
  | 'bug';

/** The error catalogue: every code this project gives, and its kind. Codes are never renamed. */
export const errorCatalogue = {
  PKG_E_COMMAND: 'usage',
  PKG_E_CONFIG: 'usage',
  PKG_E_INTERNAL: 'bug',

  // names, versions, manifests
  PKG_E_PACKAGE_NAME: 'malformed',
  PKG_E_PACKAGE_VERSION: 'malformed',
  PKG_E_DIGEST: 'malformed',
  PKG_E_REQUIREMENT: 'malformed',
  PKG_E_ACCOUNT: 'malformed',
  PKG_E_REMARK: 'malformed',
  PKG_E_DOCUMENT: 'refused',
  PKG_E_MANIFEST_MISSING: 'refused',
  PKG_E_MANIFEST_AMBIGUOUS: 'refused',
  PKG_E_MANIFEST_FIELD: 'refused',
  PKG_E_MANIFEST_VERSION: 'refused',
  PKG_E_PACKAGE_KIND: 'refused',
  PKG_E_DEPENDENCY_FORMAT: 'refused',
  PKG_E_DEPENDENCY_SOURCE: 'refused',
  PKG_E_DEPENDENCY_VERSION: 'refused',
  PKG_E_ENTRY_MISSING: 'refused',
  PKG_E_TEST_MISSING: 'refused',
  PKG_E_PATH_ESCAPE: 'refused',
  PKG_E_README_SIZE: 'refused',

  // resolution
  PKG_E_DEPENDENCY_NOT_FOUND: 'refused',
  PKG_E_RESOLVE_CONFLICT: 'refused',
  PKG_E_RESOLVE_LIMIT: 'refused',

  // archives
  PKG_E_ARCHIVE_GZIP: 'refused',
  PKG_E_ARCHIVE_TRUNCATED: 'refused',
  PKG_E_ARCHIVE_TRAILING: 'refused',
  PKG_E_ARCHIVE_HEADER: 'refused',
  PKG_E_ARCHIVE_ENTRY_TYPE: 'refused',
  PKG_E_ARCHIVE_PATH: 'refused',
  PKG_E_ARCHIVE_ORDER: 'refused',
  PKG_E_ARCHIVE_DUPLICATE: 'refused',
  PKG_E_ARCHIVE_CASE: 'refused',
  PKG_E_ARCHIVE_EXCLUDED: 'refused',
  PKG_E_ARCHIVE_LIMIT: 'refused',
  PKG_E_ARCHIVE_LINK: 'refused',
  PKG_E_ARCHIVE_EMPTY: 'refused',

  // packages in a folder
  PKG_E_ALREADY_EXISTS: 'refused',
  PKG_E_FILE: 'refused',
  PKG_E_PUBLISH_WRITE_DISABLED: 'refused',

  // publishing and reading
  PKG_E_NOT_FOUND: 'missing',
  PKG_E_ROUTE: 'missing',
  PKG_E_METHOD: 'method',
  PKG_E_REQUEST: 'malformed',
  PKG_E_SEARCH_FILTER: 'malformed',
  PKG_E_BODY_TRUNCATED: 'malformed',
  PKG_E_BODY_SIZE: 'too-large',
  PKG_E_HEADER_SIZE: 'too-large',
  PKG_E_MEDIA_TYPE: 'media-type',
  PKG_E_RANGE: 'range',
  PKG_E_PRECONDITION: 'precondition',
  PKG_E_REQUEST_TIMEOUT: 'slow',
  PKG_E_RATE_LIMIT: 'too-many',
  PKG_E_UPLOAD_UNKNOWN: 'missing',
  PKG_E_UPLOAD_BUSY: 'conflict',
  PKG_E_VERSION_EXISTS: 'conflict',
  PKG_E_VERSION_VOIDED: 'conflict',
  PKG_E_VERSION_LOST: 'conflict',
  PKG_E_MISMATCH: 'refused',
  PKG_E_OWNER_LAST: 'refused',
  PKG_E_TOKEN: 'unauthenticated',
  PKG_E_FORBIDDEN: 'denied',
  PKG_E_INDEX_UNAVAILABLE: 'unavailable',
  PKG_E_STORAGE_UNAVAILABLE: 'unavailable',
  PKG_E_REGISTRY_UNAVAILABLE: 'unavailable',
  PKG_E_OFFLINE: 'unavailable',
  PKG_E_SEQUENCE: 'unavailable',
  PKG_E_SHUTTING_DOWN: 'unavailable',
  PKG_E_STORAGE_ANSWER: 'upstream',
  PKG_E_REGISTRY_ANSWER: 'upstream',
  PKG_E_CANCELLED: 'unavailable',

  // keys and signatures
  PKG_E_KEY_FORMAT: 'refused',
  PKG_E_KEY_PASSPHRASE: 'refused',
  PKG_E_SIGNATURE_FORMAT: 'refused',
  PKG_E_SIGNATURE_INVALID: 'refused',
  PKG_E_SIGNATURE_SUBJECT: 'refused',
  PKG_E_SIGNATURE_LIMIT: 'refused',

  // the store
  PKG_E_REPOSITORY_NAME: 'malformed',
  PKG_E_TAG: 'malformed',
  PKG_E_COPY_LIMIT: 'refused',
  PKG_E_STORAGE_UNFIT: 'refused',
  PKG_E_STORE_DIFFERS: 'refused',
  PKG_E_STORE_MISSING: 'missing',
  PKG_E_STORE_FORMAT: 'upstream',
  PKG_E_STORE_LOCKED: 'unavailable',
  PKG_E_STORE_LAYOUT_FULL: 'unavailable',
  PKG_E_INTEGRITY: 'integrity',
  PKG_E_JOURNAL_TERM: 'unavailable',
  PKG_E_JOURNAL_CHAIN: 'integrity',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCatalogue;

export type ErrorOptions = { help?: string; cause?: unknown; data?: JsonObject };

/**
 * The one error class of the house. `message` is for people and holds no secret; `data` holds what a program
 * may want (the entry's name, the server's manifest); `help` says what to do next.
 */
export class VitteError extends Error {
  override name = 'VitteError';
  readonly code: ErrorCode;
  readonly help: string | undefined;
  readonly data: JsonObject | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.help = options.help;
    this.data = options.data;
  }

  get kind(): ErrorKind {
    return errorCatalogue[this.code];
  }
}

/** True for a VitteError with one of these codes (any VitteError when none is given). */
export function isVitteError(error: unknown, ...codes: ErrorCode[]): error is VitteError {
  return error instanceof VitteError && (codes.length === 0 || codes.includes(error.code));
}
