// Whole processes, from their start to their end.
import { type ChildProcess, execFile } from 'node:child_process';
import { promisify } from 'node:util';

export type Program = {
  path: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string>;
};

const timeoutMs = 10 * 60_000;
const outputBytesMax = 16 * 1024 * 1024;

/** What is running ends with this process. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Runs programs beside each other to their end; gives the milliseconds that all of them took together, and what each
 * printed. Rejects where one fails, with its output, and ends the others.
 */
export async function timedRun(...programs: Program[]): Promise<{ ms: number; outputs: string[] }> {
  const failed = new AbortController();
  const from = performance.now();
  const runs = programs.map(async ({ path, args, cwd, env }) => {
    const options = {
      env: { ...process.env, ...env },
      signal: failed.signal,
      timeout: timeoutMs,
      maxBuffer: outputBytesMax,
      ...(cwd === undefined ? {} : { cwd }),
    };
    const run = promisify(execFile)(path, args, options);
    running.add(run.child);
    try {
      return (await run).stdout;
    } finally {
      running.delete(run.child);
    }
  });
  try {
    const outputs = await Promise.all(runs);
    return { ms: performance.now() - from, outputs };
  } catch (error) {
    failed.abort();
    await Promise.allSettled(runs);
    throw error;
  }
}

/** `node` with these arguments; where it is to be watched, its profile is left there under that name. */
export function nodeProgram(
  args: string[],
  profile?: { folder: string; name: string } | undefined,
): Program {
  return { path: process.execPath, args: [...profileFlags(profile), ...args] };
}

export function profileFlags(profile: { folder: string; name: string } | undefined): string[] {
  if (profile === undefined) return [];
  const { folder, name } = profile;
  return ['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-name', `${name}.cpuprofile`];
}
