import type { Invocation } from '../command.ts';

/** `vitte registry serve`: runs the registry until it is told to stop. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, environment, signal } = invocation;
  const { printConfig, serve } = await import('../../server/serve.ts');
  const settings = {
    flags: serverFlags(options.given()),
    env: environment.variables,
    cwd: environment.cwd,
    stdout: process.stdout,
    stderr: process.stderr,
  };
  if (options.flag('print-config')) return printConfig(settings);
  const running = await serve({ ...settings, signal });
  await running.done;
}

/** The settings among the options: those with a value. */
export function serverFlags(
  given: Readonly<Record<string, string | boolean | readonly string[]>>,
): Record<string, string> {
  const settings = Object.entries(given).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(settings) as Record<string, string>;
}
