import { VitteError } from './errors.ts';

export const remarkLengthMax = 1_000;

/** Line breaks and other controls, and the marks that turn the direction of what follows. */
const forbidden = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/**
 * One line that people read and the journal keeps: why a version was yanked, what to use in place of a package.
 * Spaces around it are dropped; at most 1,000 UTF-16 units. Throws PKG_E_REMARK with `what` in the message.
 */
export function parseRemark(text: string, what: string): string {
  const remark = text.trim();
  if (remark.length > remarkLengthMax) {
    throw new VitteError('PKG_E_REMARK', `the ${what} is over ${remarkLengthMax} characters`);
  }
  if (!remark.isWellFormed() || forbidden.test(text)) {
    throw new VitteError(
      'PKG_E_REMARK',
      `the ${what} has characters that no line of text has (control characters, line breaks)`,
    );
  }
  return remark;
}
