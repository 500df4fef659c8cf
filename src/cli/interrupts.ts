import { type ExitCode, exitCodes } from './exit-codes.ts';

export type Interrupts = {
  /** Aborts at the first SIGINT or SIGTERM. */
  signal: AbortSignal;
  /** The exit code for the signal that came. */
  exitCode(): ExitCode;
  stop(): void;
};

/** An Ctrl-C that comes through a launcher arrives twice; what comes later than this was meant. */
const echoMs = 300;

/**
 * Turns Ctrl-C and SIGTERM into an abort, so that commands clean up behind themselves. A second one, after a
 * moment, ends the process at once.
 */
export function watchInterrupts(): Interrupts {
  const controller = new AbortController();
  let code: ExitCode = exitCodes.interrupted;
  let firstAt: number | undefined;
  const onInterrupt = () => interrupt(exitCodes.interrupted);
  const onTerminate = () => interrupt(exitCodes.terminated);
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return {
    signal: controller.signal,
    exitCode: () => code,
    stop() {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    },
  };

  function interrupt(received: ExitCode) {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      code = received;
      controller.abort();
    } else if (now - firstAt > echoMs) process.exit(received);
  }
}
