// The processes that are measured: each its own, so that none shares an event loop with another.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readToken } from '../../../src/client/credentials.ts';
import { profileFlags } from './programs.ts';

/** The `vitte` of the sources. */
export const bin = join(import.meta.dirname, '../../../src/cli/bin/vitte.js');
/** As `npm start` and the image have them. */
const serviceFlags = ['--max-semi-space-size=8'];
const startMsMax = 20_000;
const sampleMs = 20;
/** Of the log of a process that does not start, in characters. */
const logShown = 2_000;
/** The kernel's unit of processor time (USER_HZ). */
const tickMs = 10;

export type MeasuredProcess = {
  url: string;
  pid: number;
  /** Processor time that it has taken so far, in milliseconds; the kernel counts it by 10. */
  processorMs(): Promise<number>;
  /** Samples the resident memory from now on; the result gives its highest in bytes, and ends that. */
  watchMemory(): () => number;
  /** Ends it as an operator would, so that a profile is written. */
  stop(): Promise<void>;
};

export type Registry = MeasuredProcess & { token: string };

export type StartOptions = {
  folder: string;
  env?: Record<string, string>;
  /** Another `vitte` than that of the sources. */
  bin?: string;
  /** Where its profile goes, and its name there. */
  profile?: { folder: string; name: string } | undefined;
};

/** Starts our service with its usual settings. Its log goes to a file, as an operator would have it. */
export async function startRegistry(options: StartOptions): Promise<Registry> {
  const { folder, env, profile } = options;
  const home = join(folder, 'home');
  mkdirSync(folder, { recursive: true });
  const args = [
    ...serviceFlags,
    options.bin ?? bin,
    'registry',
    'serve',
    '--listen',
    '127.0.0.1:0',
    '--data',
    join(folder, 'data'),
  ];
  const started = await start(args, join(folder, 'log'), profile, {
    HOME: home,
    VITTE_HOME: home,
    ...env,
  });
  return { ...started, token: (await readToken(started.url, { home })) ?? '' };
}

/** Starts a file of `peers/`, which prints its URL. */
export function startPeer(
  name: string,
  args: string[],
  { folder, profile }: StartOptions,
): Promise<MeasuredProcess> {
  const file = join(import.meta.dirname, '../peers', `${name}.ts`);
  return start([file, ...args], join(folder, `${name}.log`), profile, {});
}

async function start(
  args: string[],
  logFile: string,
  profile: StartOptions['profile'],
  env: Record<string, string>,
): Promise<MeasuredProcess> {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...profileFlags(profile), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  // A row that fails leaves nothing running.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  void closed.then(() => process.off('exit', kill));
  const url = await printedUrl(child).catch(async (error) => {
    throw new Error(`${error.message}: ${(await readFile(logFile, 'utf8')).slice(-logShown)}`);
  });
  const pid = child.pid ?? 0;
  return {
    url,
    pid,
    async processorMs() {
      const status = await readFile(`/proc/${pid}/stat`, 'utf8');
      const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * tickMs;
    },
    watchMemory() {
      let highest = 0;
      const timer = setInterval(async () => {
        highest = Math.max(highest, await residentBytes(pid));
      }, sampleMs);
      return () => {
        clearInterval(timer);
        return highest;
      };
    },
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let output = '';
    const timer = setTimeout(() => fail(new Error('it prints no URL')), startMsMax);
    child.stdout?.on('data', (piece) => {
      output += piece;
      const [url] = /http:\/\/\S+/.exec(output) ?? [];
      if (url === undefined || !output.includes('\n')) return;
      clearTimeout(timer);
      done(url);
    });
    child.once('close', () => fail(new Error('it ended')));
  });
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
