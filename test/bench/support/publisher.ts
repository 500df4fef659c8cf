// Starts the process that publishes: to us, and the same by bare OCI requests.
import { fork } from 'node:child_process';
import { join } from 'node:path';

/** A packed archive with all that is made of it; bytes are base64. */
export type Upload = {
  name: string;
  version: string;
  file: string;
  digest: string;
  key: string;
  bundle: string;
  config: string;
  manifest: string;
};

export type PublishOrder =
  | { kind: 'put'; url: string; token: string; upload: Upload }
  | { kind: 'bare'; origin: string; prefix: string; upload: Upload };

export type Publisher = {
  /** Publishes over the REST API; the milliseconds until the answer. */
  put(url: string, token: string, upload: Upload): Promise<number>;
  /** Sends what that asks of a registry without a Referrers API, itself; the milliseconds of all of it. */
  bare(origin: string, prefix: string, upload: Upload): Promise<number>;
  end(): Promise<void>;
};

const program = join(import.meta.dirname, 'publisher-process.ts');

export function openPublisher(): Publisher {
  const child = fork(program);
  const closed = new Promise<void>((done) => child.once('exit', () => done()));
  return {
    put: (url, token, upload) => run({ kind: 'put', url, token, upload }),
    bare: (origin, prefix, upload) => run({ kind: 'bare', origin, prefix, upload }),
    async end() {
      child.kill();
      await closed;
    },
  };

  function run(order: PublishOrder): Promise<number> {
    return new Promise((done, fail) => {
      const ended = () => fail(new Error('the publishing process ended'));
      child.once('exit', ended);
      child.once('message', (message: { ms: number } | { error: string }) => {
        child.off('exit', ended);
        if ('error' in message) fail(new Error(message.error));
        else done(message.ms);
      });
      child.send(order);
    });
  }
}
