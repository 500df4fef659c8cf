import { type ErrorCode, type ErrorOptions, VitteError } from '../core/errors.ts';

/** An error whose message and help are already in the user's language; others speak English. */
export class SpokenError extends VitteError {
  override name = 'SpokenError';
}

/** The answer no, which the command has printed already: as a document too, where one was asked for. */
export class AnsweredNo extends SpokenError {
  override name = 'AnsweredNo';
}

export function answeredNo(
  code: ErrorCode,
  message: string,
  options: ErrorOptions = {},
): AnsweredNo {
  return new AnsweredNo(code, message, options);
}

/** A mistake on the command line. */
export function usageError(message: string, help?: string): SpokenError {
  return spoken('PKG_E_COMMAND', message, help === undefined ? {} : { help });
}

export function spoken(code: ErrorCode, message: string, options: ErrorOptions = {}): SpokenError {
  return new SpokenError(code, message, options);
}
