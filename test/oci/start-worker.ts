import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { WorkerReply, WorkerRequest } from './layout-worker.ts';

const script = fileURLToPath(new URL('./layout-worker.ts', import.meta.url));

export type Worker = {
  /** Sends a request and gives the next reply. */
  ask(request: WorkerRequest): Promise<string[]>;
  /** Starts writing and gives what is acknowledged, as it comes. */
  write(): AsyncIterable<{ tag: string; digest: string }>;
  /** Ends it at once (`kill -9`) and waits until it is gone. */
  kill(): Promise<void>;
};

/** Starts a process that holds layout stores. `fileBytesMax`: no file it writes may be larger. */
export function startWorker(options: { fileBytesMax?: number } = {}): Worker {
  const { fileBytesMax } = options;
  const limit = fileBytesMax === undefined ? '' : `ulimit -f ${Math.floor(fileBytesMax / 512)};`;
  const child = spawn('sh', ['-c', `${limit} exec "$0" "$1"`, process.execPath, script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return { ask, write, kill };

  async function ask(request: WorkerRequest) {
    child.send(request);
    const [reply] = (await nextOf(child, 'message')) as [WorkerReply];
    return 'outcomes' in reply ? reply.outcomes : [];
  }

  async function* write() {
    const queue: { tag: string; digest: string }[] = [];
    let wake = () => {};
    child.on('message', (reply: WorkerReply) => {
      if ('tag' in reply) queue.push(reply);
      wake();
    });
    child.send({ do: 'write' } satisfies WorkerRequest);
    for (;;) {
      yield* queue.splice(0);
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (queue.length > 0) resolve();
      });
    }
  }

  async function kill() {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** An event of the child's, or an error when it ends first. */
async function nextOf(child: ChildProcess, event: string): Promise<unknown[]> {
  const ended = new AbortController();
  const { signal } = ended;
  try {
    return await Promise.race([
      once(child, event, { signal }),
      once(child, 'exit', { signal }).then(([code, killed]) => {
        throw new Error(`the worker ended (${killed ?? code})`);
      }),
    ]);
  } finally {
    ended.abort();
  }
}
