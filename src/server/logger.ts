import { type DestinationStream, type Logger, pino } from 'pino';
import { VitteError } from '../core/errors.ts';
import { createLogLines, type LogLines } from './log-lines.ts';
import type { LogLevel } from './setting-values.ts';

export type { Logger };
/** A logger whose stream others may write whole lines to. */
export type ServiceLogger = Logger & { readonly lines: LogLines };

/** How lines begin that can wait for the end of the turn. */
const harmless = '{"level":"info"';
const causesMax = 5;
const textLengthMax = 4_000;

/** C1 controls (a terminal obeys some), DEL, line separators and marks that turn text around: JSON lets them pass. */
const unsafe = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** Anything like one of our tokens, whole or cut, and any credentials of a header. */
const secrets = /\bvit_[0-9A-Za-z]+|\b(?:Bearer|Basic) +[A-Za-z0-9._~+/=-]+/gi;

/**
 * One JSON line an event, to standard error unless a destination is given. `gathered`: lines are written at the end
 * of a turn of the event loop, those of errors at once; who ends the process flushes `lines` before.
 */
export function makeLogger(
  level: LogLevel,
  destination?: { write(text: string): unknown },
  options: { gathered?: boolean } = {},
): ServiceLogger {
  const target = destination ?? process.stderr;
  const lines = createLogLines((text) => void target.write(text), options);
  const stream: DestinationStream = {
    write(line) {
      lines.add(safeText(line));
      if (!line.startsWith(harmless)) lines.flush();
    },
  };
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      errorKey: 'error',
      timestamp: () => `,"time":"${timeText()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: shownError, err: shownError },
    },
    stream,
  );
  return Object.assign(logger, { lines });
}

/** JSON text without what a terminal or a reader of logs could be fooled by, and without secrets. */
export function safeText(text: string): string {
  return text
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

let lastMs = 0;
let lastText = '';

/** The time of day (RFC 3339 in UTC, with milliseconds). */
export function timeText(): string {
  const now = Date.now();
  if (now !== lastMs) {
    lastMs = now;
    lastText = new Date(now).toISOString();
  }
  return lastText;
}
