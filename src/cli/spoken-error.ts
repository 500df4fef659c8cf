import { type ErrorCode, type ErrorKind, type ErrorOptions, VitteError } from '../core/errors.ts';

/** An error whose message and help are already in the user's language; others speak English. */
export class SpokenError extends VitteError {
  override name = 'SpokenError';
}

/** The answer no, which the command has printed already: as a document too, where one was asked for. */
export class AnsweredNo extends SpokenError {
  override name = 'AnsweredNo';
}

/** The answer no with its reasons, which stand in lines of their own, and with all that would help. */
export class ExplainedNo extends SpokenError {
  override name = 'ExplainedNo';
  readonly title: string;
  readonly reasons: readonly string[];
  readonly helps: readonly string[];
  readonly #named: boolean;

  /** `named` is true where something that the command line names is not there. */
  constructor(
    code: ErrorCode,
    title: string,
    told: {
      reasons: readonly string[];
      helps: readonly string[];
      data: ErrorOptions['data'] & {};
      named: boolean;
    },
  ) {
    const { reasons, helps, data, named } = told;
    const help = helps.length > 0 ? { help: helps.join('\n') } : {};
    super(code, reasons.join('\n'), { ...help, data });
    this.title = title;
    this.reasons = reasons;
    this.helps = helps;
    this.#named = named;
  }

  override get kind(): ErrorKind {
    return this.#named ? 'missing' : super.kind;
  }
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
