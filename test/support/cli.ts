// Runs the real `vitte` as a child process, with a home of its own and nothing of this machine's settings.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type CliResult = { code: number | null; stdout: string; stderr: string; bytes: Buffer };

export type CliOptions = {
  cwd?: string;
  env?: Record<string, string>;
  /** `vitte` unless one of its aliases is meant. */
  program?: string;
};

export type CliHome = {
  /** A folder for the test, which is also the current one of its commands. */
  folder: string;
  /** VITTE_HOME of its commands. */
  home: string;
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Starts a command without waiting for its end. */
  start(args: readonly string[], options?: CliOptions): ChildProcess;
  /** The same command on a terminal of so many columns; standard error comes on it too. */
  runOnTerminal(
    args: readonly string[],
    options?: CliOptions & { columns?: number },
  ): Promise<CliResult>;
  remove(): Promise<void>;
};

const binFolder = fileURLToPath(new URL('../../src/cli/bin', import.meta.url));

/** The file of `vitte` or one of its aliases. */
export function binOf(program = 'vitte'): string {
  return join(binFolder, `${program}.js`);
}

/** A new folder with a home in it. Remove it afterwards. */
export async function makeCliHome(): Promise<CliHome> {
  const folder = await mkdtemp(join(tmpdir(), 'vitte-cli-'));
  const home = join(folder, '.vitte-home');
  await mkdir(home);

  return { folder, home, run, start, runOnTerminal, remove };

  function run(args: readonly string[], options: CliOptions = {}) {
    return resultOf(start(args, options));
  }

  function start(args: readonly string[], options: CliOptions = {}) {
    return spawn(process.execPath, [binOf(options.program), ...args], {
      cwd: options.cwd ?? folder,
      env: environmentOf(options),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  function runOnTerminal(args: readonly string[], options: CliOptions & { columns?: number } = {}) {
    const words = [process.execPath, binOf(options.program), ...args].map(quoted).join(' ');
    const command = `stty cols ${options.columns ?? 100}; exec ${words}`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: options.cwd ?? folder,
      env: { TERM: 'xterm', ...environmentOf(options) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return resultOf(child);
  }

  function environmentOf({ env = {} }: CliOptions): Record<string, string> {
    const { PATH = '', NODE_COMPILE_CACHE } = process.env;
    const cache = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
    return { PATH, HOME: folder, VITTE_HOME: home, LANG: 'C', ...cache, ...env };
  }

  function remove() {
    return rm(folder, { recursive: true, force: true });
  }
}

/** What a child printed, once it has ended. */
export function resultOf(child: ChildProcess): Promise<CliResult> {
  return new Promise((done, fail) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (piece: Buffer) => out.push(piece));
    child.stderr?.on('data', (piece: Buffer) => err.push(piece));
    child.on('error', fail);
    child.on('close', (code) => {
      const bytes = Buffer.concat(out);
      done({ code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
