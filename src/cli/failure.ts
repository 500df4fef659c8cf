import { isVitteError, type VitteError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import type { Category, Command } from './command.ts';
import { type Environment, isOn } from './environment.ts';
import { type ExitCode, exitCodeOf } from './exit-codes.ts';
import type { Messages } from './messages/en.ts';
import { painted, writeOut } from './output.ts';
import { printable } from './printable.ts';
import { AnsweredNo, ExplainedNo, SpokenError } from './spoken-error.ts';

export type FailureContext = {
  /** Undefined where the command itself could not be told. */
  command: Command | undefined;
  category: Category;
  json: boolean;
  environment: Environment;
  messages: Messages;
};

/**
 * Reports a failure in Vitte's form on standard error and, with --json, as a document on standard output. Gives
 * the exit code. What is no VitteError is a bug of ours: PKG_E_INTERNAL, its stack only with VITTE_DEBUG=1.
 */
export async function reportFailure(thrown: unknown, context: FailureContext): Promise<ExitCode> {
  const { command, category, json, environment, messages } = context;
  const error = isVitteError(thrown) ? thrown : internalError(thrown, messages);
  const [head = '', ...details] = failureLines(error, category, messages);
  const lines = [painted(head, 'red', environment.stderr), ...details];
  process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  if (isOn(environment.variables.VITTE_DEBUG)) process.stderr.write(`${stackOf(thrown)}\n`);
  // Standard output may be what failed; standard error has the failure already.
  if (json && !(thrown instanceof AnsweredNo)) {
    await writeOut(canonicalJson(failureDocument(error, messages), 2)).catch(() => {});
  }
  return exitCodeOf(error.kind, category, command?.verifies === true);
}

/** The lines of a failure: one, its reasons if it has any, and its help; for `package` those of vitte-commands.md. */
export function failureLines(error: VitteError, category: Category, messages: Messages): string[] {
  const { code } = error;
  const explained = error instanceof ExplainedNo ? error : undefined;
  const head = `error[${code}] ${category}: ${explained?.title ?? messageOf(error, messages)}`;
  const reasons = explained?.reasons.map((reason) => (reason === '' ? '' : `  ${reason}`)) ?? [];
  const requestId = error.data?.requestId;
  const request = typeof requestId === 'string' ? `${messages.failed.request}: ${requestId}` : '';
  const advice = helpOf(error, messages);
  const helps = explained?.helps ?? (advice === undefined ? [] : [advice]);
  const help = helps.map((text) => `help: ${text}`);
  const details =
    category === 'package'
      ? [
          `id: ${code}:<package>:1:1`,
          'category: package',
          'severity: error',
          `fluent-key: ${code}`,
          'span: <package>:1:1-1:2',
          `cause: ${causeOf(error, messages)}`,
          request,
          ...help,
        ]
      : [request, ...help];
  const shown = details.filter((detail) => detail !== '').map((detail) => `  = ${detail}`);
  return [head, ...reasons, ...shown].map(printable);
}

function failureDocument(error: VitteError, messages: Messages) {
  return {
    schema: 'vitte.error',
    status: 'error',
    code: error.code,
    message: messageOf(error, messages),
    help: helpOf(error, messages),
    data: error.data,
  };
}

/** In the user's language where that is known; a message from another room follows the title of its code. */
function messageOf(error: VitteError, messages: Messages): string {
  if (error instanceof SpokenError) return error.message;
  return messages.foreignMessage(messages.errors[error.code], error.message);
}

function helpOf(error: VitteError, messages: Messages): string | undefined {
  if (error instanceof SpokenError) return error.help;
  return messages.foreignHelp(messages.helps[error.code], error.help);
}

/** The innermost cause that has something to say, else the message itself. */
function causeOf(error: VitteError, messages: Messages): string {
  let innermost: Error | undefined;
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    if (cause.message !== '') innermost = cause;
  }
  return innermost?.message ?? messageOf(error, messages);
}

function internalError(thrown: unknown, { failed }: Messages): VitteError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new SpokenError('PKG_E_INTERNAL', `${failed.internal}: ${message}`, {
    help: failed.internalHelp,
    cause: thrown,
  });
}

function stackOf(thrown: unknown): string {
  const lines: string[] = [];
  for (let error = thrown; error instanceof Error; error = error.cause) {
    lines.push(...(error.stack ?? String(error)).split('\n'));
  }
  return lines.map(printable).join('\n');
}
