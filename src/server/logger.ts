import { type DestinationStream, type Logger, pino } from 'pino';
import { VitteError } from '../core/errors.ts';
import type { LogLevel } from './setting-values.ts';

export type { Logger };

const causesMax = 5;
const textLengthMax = 4_000;

/** C1 controls (a terminal obeys some), DEL, line separators and marks that turn text around: JSON lets them pass. */
const unsafe = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** Anything like one of our tokens, whole or cut, and any credentials of a header. */
const secrets = /\bvit_[0-9A-Za-z]+|\b(?:Bearer|Basic) +[A-Za-z0-9._~+/=-]+/gi;

/** One JSON line an event, to standard error unless a destination is given. */
export function makeLogger(
  level: LogLevel,
  destination?: { write(text: string): unknown },
): Logger {
  const target = destination ?? process.stderr;
  const stream: DestinationStream = { write: (line) => void target.write(safeLine(line)) };
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      errorKey: 'error',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: shownError, err: shownError },
    },
    stream,
  );
}

/** The line without what a terminal or a reader of logs could be fooled by, and without secrets. */
function safeLine(line: string): string {
  return line
    .replace(secrets, (found) => `${found.slice(0, found.startsWith('vit_') ? 4 : 6)}***`)
    .replace(unsafe, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function shownError(error: unknown): unknown {
  return describeError(error, causesMax);
}

/** What is known of an error, its causes included; not its other members, which may hold headers. */
function describeError(error: unknown, depth: number): unknown {
  if (!(error instanceof Error)) return String(error).slice(0, textLengthMax);
  const code = error instanceof VitteError ? error.code : (error as NodeJS.ErrnoException).code;
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: error.message.slice(0, textLengthMax),
    ...(error.stack === undefined ? {} : { stack: error.stack.slice(0, textLengthMax) }),
    ...(error.cause !== undefined && depth > 0
      ? { cause: describeError(error.cause, depth - 1) }
      : {}),
  };
}
