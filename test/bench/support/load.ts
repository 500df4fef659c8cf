// Starts the load: a process of its own, so that what is measured shares no event loop with who measures.
import { fork } from 'node:child_process';
import { join } from 'node:path';

export type LoadOrder =
  /** The same small GET over and over on so many connections. */
  | { kind: 'gets'; url: string; connections: number; ms: number }
  /** One small GET at a time, with a pause after each. */
  | { kind: 'paced'; url: string; pauseMs: number; ms: number }
  /** So many clients, each of which reads the whole of it so many times. */
  | { kind: 'downloads'; url: string; clients: number; times: number };

export type LoadResult = {
  /** Answers that came whole. */
  answers: number;
  bytes: number;
  seconds: number;
  /** Of one answer, from its request to its last byte. */
  p50Ms: number;
  p99Ms: number;
};

export type Load = {
  run(order: LoadOrder): Promise<LoadResult>;
  end(): Promise<void>;
};

const program = join(import.meta.dirname, 'load-process.ts');

export function openLoad(): Load {
  const child = fork(program);
  const closed = new Promise<void>((done) => child.once('exit', () => done()));
  return {
    run(order) {
      return new Promise((done, fail) => {
        const ended = () => fail(new Error('the load process ended'));
        child.once('exit', ended);
        child.once('message', (message: LoadResult | { error: string }) => {
          child.off('exit', ended);
          if ('error' in message) fail(new Error(message.error));
          else done(message);
        });
        child.send(order);
      });
    },
    async end() {
      child.kill();
      await closed;
    },
  };
}
