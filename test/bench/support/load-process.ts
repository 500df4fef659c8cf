// The load, in a process of its own: HTTP by hand over bare sockets that read into buffers they keep, since a client
// library would cost more than the servers that are measured.
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { LoadOrder, LoadResult } from './load.ts';

const bufferBytes = 512 * 1024;
/** An answer is thrown away, so all connections share one. */
const buffer = Buffer.allocUnsafe(bufferBytes);
const samplesMax = 1_000_000;

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.(result),
    (error) => process.send?.({ error: String((error as Error).stack) }),
  );
});

async function run(order: LoadOrder): Promise<LoadResult> {
  const samples: number[] = [];
  const started = performance.now();
  const bytes = await loads[order.kind](order as never, samples);
  const seconds = (performance.now() - started) / 1000;
  samples.sort((a, b) => a - b);
  const at = (share: number) => samples[Math.floor(samples.length * share)] ?? Number.NaN;
  return { answers: samples.length, bytes, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

const loads = {
  async gets({ url, connections, ms }: Extract<LoadOrder, { kind: 'gets' }>, samples: number[]) {
    const until = performance.now() + ms;
    const clients = await Promise.all(Array.from({ length: connections }, () => openClient(url)));
    return sum(await Promise.all(clients.map((client) => repeated(client, until, samples))));
  },

  async paced({ url, pauseMs, ms }: Extract<LoadOrder, { kind: 'paced' }>, samples: number[]) {
    const until = performance.now() + ms;
    const client = await openClient(url);
    let bytes = 0;
    while (performance.now() < until) {
      bytes += await timed(client, samples);
      await pause(pauseMs);
    }
    client.close();
    return bytes;
  },

  async downloads(order: Extract<LoadOrder, { kind: 'downloads' }>, samples: number[]) {
    const sizes = await Promise.all(
      Array.from({ length: order.clients }, async () => {
        const client = await openClient(order.url);
        let bytes = 0;
        for (let time = 0; time < order.times; time += 1) bytes += await timed(client, samples);
        client.close();
        return bytes;
      }),
    );
    return sum(sizes);
  },
};

type Client = {
  /** Asks; `done` is told the size of the answer, its head included. */
  ask(done: (bytes: number) => void, fail: (error: Error) => void): void;
  get(): Promise<number>;
  close(): void;
};

/** Asks again as soon as it is answered. Without a promise for each answer, which would cost as much as all else. */
function repeated(client: Client, until: number, samples: number[]): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let asked = performance.now();
    const done = (size: number) => {
      const now = performance.now();
      bytes += size;
      samples.push(now - asked);
      asked = now;
      if (now < until && samples.length < samplesMax) return client.ask(done, reject);
      client.close();
      resolve(bytes);
    };
    client.ask(done, reject);
  });
}

/** A connection that asks for one URL again and again. */
async function openClient(text: string): Promise<Client> {
  const url = new URL(text);
  const request = `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`;
  let left = 0;
  let size = 0;
  let finish = (_size: number) => {};
  let fail = (_error: Error) => {};
  const socket: Socket = connect({
    host: url.hostname,
    port: Number(url.port),
    noDelay: true,
    onread: { buffer, callback: take },
  });
  const broken = () => fail(new Error(`${text}: the connection broke`));
  socket.on('error', broken);
  socket.on('close', broken);
  await new Promise<void>((done) => socket.once('connect', () => done()));
  return {
    ask,
    get: () => new Promise(ask),
    close() {
      fail = () => {};
      socket.destroy();
    },
  };

  function ask(done: (bytes: number) => void, broke: (error: Error) => void) {
    left = 0;
    size = 0;
    finish = done;
    fail = broke;
    socket.write(request, 'latin1');
  }

  function take(bytes: number): boolean {
    if (size === 0) {
      const length = answerBytes(bytes);
      if (length === undefined) {
        fail(new Error(`${text}: ${buffer.toString('latin1', 0, Math.min(bytes, 300))}`));
        return false;
      }
      size = length;
      left = length;
    }
    left -= bytes;
    if (left === 0) finish(size);
    else if (left < 0) fail(new Error(`${text}: more than an answer`));
    return true;
  }
}

/** The length of the answer that begins in the buffer; undefined where it is none that is expected. */
function answerBytes(bytes: number): number | undefined {
  const end = buffer.indexOf('\r\n\r\n');
  if (end < 0 || end >= bytes) return undefined;
  const [, status, stated] =
    /^HTTP\/1\.1 (\d{3}) [\s\S]*?\r\ncontent-length: *(\d+)\r\n/i.exec(
      `${buffer.toString('latin1', 0, end)}\r\n`,
    ) ?? [];
  return status === '200' && stated !== undefined ? end + 4 + Number(stated) : undefined;
}

async function timed(client: Client, samples: number[]): Promise<number> {
  const started = performance.now();
  const bytes = await client.get();
  samples.push(performance.now() - started);
  return bytes;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
