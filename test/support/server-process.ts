// The server as a person starts it: the command, in a process of its own, with a home and a port of its own.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readToken } from '../../src/client/credentials.ts';

const bin = join(import.meta.dirname, '../../src/cli/bin/vitte.js');
const rssSampleMs = 50;

export type ServerProcess = {
  url: string;
  data: string;
  home: string;
  token: string;
  pid: number;
  /** Watches the resident memory; gives the largest growth in bytes since the call, sampled every 50 ms. */
  watchMemory(): Promise<() => number>;
  /** All that it printed so far, its log included. */
  output(): string;
  /** Its exit code, or null where a signal ended it. */
  ended: Promise<number | null>;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null>;
  /** From here on it holds its starter open no longer. */
  unref(): void;
};

/** Starts `vitte registry serve` on a store in `folder`; `vitte` is that of the sources, unless another is named. */
export async function startServer(
  folder: string,
  env: Record<string, string> = {},
  vitte: string = bin,
): Promise<ServerProcess> {
  const data = join(folder, 'data');
  const home = join(folder, 'home');
  const flags = ['--listen', '127.0.0.1:0', '--data', data, '--log-level', 'error'];
  const child = spawn(process.execPath, [vitte, 'registry', 'serve', ...flags], {
    env: { ...process.env, HOME: home, VITTE_HOME: home, ...env },
  });
  let output = '';
  child.stderr.on('data', (chunk) => (output += chunk));
  const closed = new Promise<number | null>((done) => child.on('close', done));
  const url = await new Promise<string>((done, fail) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const [, found] = /^vitte-registry listening on (\S+)$/m.exec(output) ?? [];
      if (found) done(found);
    });
    child.on('close', () => fail(new Error(`the server ended: ${output}`)));
  });
  const pid = child.pid ?? 0;
  const token = (await readToken(url, { home })) ?? '';
  return {
    url,
    data,
    home,
    token,
    pid,
    output: () => output,
    ended: closed,
    async watchMemory() {
      const start = await residentBytes(pid);
      let growth = 0;
      const timer = setInterval(async () => {
        growth = Math.max(growth, (await residentBytes(pid)) - start);
      }, rssSampleMs);
      return () => {
        clearInterval(timer);
        return growth;
      };
    },
    stop() {
      child.kill('SIGTERM');
      return closed;
    },
    unref() {
      child.unref();
      for (const pipe of [child.stdin, child.stdout, child.stderr]) {
        (pipe as unknown as { unref(): void }).unref();
      }
    },
  };
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
