// Registries written in Go, each on a free port and a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tool } from './tools.ts';

export type GoRegistry = {
  /** `127.0.0.1:PORT`. */
  host: string;
  /** A storage URL below which nothing lies yet. */
  storage(): string;
  stop(): Promise<void>;
};

const startTimeoutMs = 20_000;

/** distribution 3 with deletion on: no Referrers API, and not more than 1,000 tags a page. */
export async function startDistribution(): Promise<GoRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'vitte-test-distribution-'));
  const config = join(folder, 'config.json');
  await writeFile(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'info', formatter: 'text', accesslog: { disabled: true } },
      storage: {
        filesystem: { rootdirectory: join(folder, 'data') },
        delete: { enabled: true },
        maintenance: { uploadpurging: { enabled: false } },
      },
      http: { addr: '127.0.0.1:0' },
    }),
  );
  // Without this it exports traces, and complains of nobody taking them.
  const env = { ...process.env, OTEL_TRACES_EXPORTER: 'none' };
  const child = spawn(await tool('distribution'), ['serve', config], { env });
  return started(child, /listening on [^"]*?:(\d+)/, () => rm(folder, { recursive: true }));
}

/** go-containerregistry's registry, in memory, with the Referrers API. */
export async function startReferrersRegistry(): Promise<GoRegistry> {
  const child = spawn(await tool('referrers-registry'), []);
  return started(child, /^127\.0\.0\.1:(\d+)$/m, async () => {});
}

async function started(
  child: ChildProcess,
  said: RegExp,
  clean: () => Promise<void>,
): Promise<GoRegistry> {
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const port = await new Promise<string>((resolve, reject) => {
    let output = '';
    const fail = (why: string) => reject(new Error(`a registry ${why}: ${output}`));
    const timer = setTimeout(() => fail('does not listen'), startTimeoutMs);
    child.once('error', (error) => fail(error.message));
    child.once('close', () => fail('ended'));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (piece: Buffer) => {
        if (output.length < 100_000) output += piece;
        const found = said.exec(output)?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
    }
  });
  // It holds no test process open: it ends with it.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr])
    (stream as Socket | null)?.unref();
  const host = `127.0.0.1:${port}`;
  return {
    host,
    storage: () => `oci+http://${host}/t${randomUUID().slice(0, 8)}`,
    async stop() {
      process.off('exit', end);
      child.ref();
      end();
      await ended;
      await clean();
    },
  };
}
