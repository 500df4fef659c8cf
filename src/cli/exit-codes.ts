import type { ErrorKind } from '../core/errors.ts';
import type { Category } from './command.ts';

/** The exit codes of `vitte` (spec/cli.md). */
export const exitCodes = {
  done: 0,
  /** The answer is no. */
  no: 1,
  usage: 2,
  missing: 3,
  denied: 4,
  unavailable: 5,
  integrity: 6,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const codeOfKind: Readonly<Record<ErrorKind, ExitCode>> = {
  usage: exitCodes.usage,
  malformed: exitCodes.usage,
  missing: exitCodes.missing,
  unauthenticated: exitCodes.denied,
  denied: exitCodes.denied,
  unavailable: exitCodes.unavailable,
  upstream: exitCodes.unavailable,
  'too-many': exitCodes.unavailable,
  slow: exitCodes.unavailable,
  integrity: exitCodes.integrity,
  bug: exitCodes.bug,
  refused: exitCodes.no,
  conflict: exitCodes.no,
  'too-large': exitCodes.no,
  'media-type': exitCodes.no,
  method: exitCodes.no,
  range: exitCodes.no,
  precondition: exitCodes.no,
};

/** What holds for every category: `package` keeps 1 for all else that fails (vitte-commands.md). */
const everywhere: ReadonlySet<ExitCode> = new Set([
  exitCodes.unavailable,
  exitCodes.integrity,
  exitCodes.bug,
]);

/**
 * The exit code of a failure. `asked` is true for commands whose very question is whether something verifies:
 * broken integrity is then the answer no, and not an accident on the way.
 */
export function exitCodeOf(kind: ErrorKind, category: Category, asked: boolean): ExitCode {
  if (asked && kind === 'integrity') return exitCodes.no;
  const code = codeOfKind[kind];
  return category === 'package' && !everywhere.has(code) ? exitCodes.no : code;
}
