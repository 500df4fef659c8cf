// A proxy in front of a registry that does to requests what networks and overloaded registries do: it resets
// connections, answers 503, holds a request until its client has given up and then applies it, cuts answers short.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Random, seededRandom } from './seeded-random.ts';

/** What may befall a request, and how often, of 1. */
export type FaultShares = {
  /** The connection breaks, half the time after the request was applied. */
  reset: number;
  /** 503 with Retry-After; not applied. */
  unavailable: number;
  /** Nothing is answered. When the client has gone, it is applied, up to `lateMsMax` later. */
  late: number;
  /** Applied, and the answer is cut in the middle. */
  truncated: number;
};

export const issueShares: FaultShares = {
  reset: 0.05,
  unavailable: 0.05,
  late: 0.02,
  truncated: 0.02,
};

export type FaultProxy = {
  /** `127.0.0.1:PORT`. */
  host: string;
  /** How many requests had which fate. */
  readonly fates: Record<keyof FaultShares | 'passed', number>;
  /** From here on (or no longer) everything passes. */
  calm(on: boolean): void;
  /** Ends when the late requests were applied. */
  close(): Promise<void>;
};

type Fate = keyof FaultProxy['fates'];
type Exchange = { message: IncomingMessage; response: ServerResponse };

const lateMsMax = 1_500;
/** A client that is more patient than this is answered. */
const patienceMsMax = 20_000;

/** Starts a proxy in front of this registry (`http://HOST:PORT`). */
export async function startFaultProxy(
  origin: string,
  seed: number,
  shares = issueShares,
): Promise<FaultProxy> {
  const random = seededRandom(seed);
  const fates = { reset: 0, unavailable: 0, late: 0, truncated: 0, passed: 0 };
  const late = new Set<Promise<unknown>>();
  let calm = false;
  const server = createServer((message, response) => {
    message.on('error', () => {});
    response.on('error', () => {});
    const fate = calm ? 'passed' : drawFate(random, shares);
    fates[fate] += 1;
    const done = meet(fate, { message, response }).catch(() => void response.destroy());
    late.add(done);
    void done.finally(() => late.delete(done));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    fates,
    calm(on) {
      calm = on;
    },
    async close() {
      calm = true;
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      await Promise.all(late);
      server.closeAllConnections();
      await closed;
    },
  };

  async function meet(fate: Fate, exchange: Exchange) {
    const { message, response } = exchange;
    const body = await bodyOf(message);
    if (fate === 'unavailable') {
      response.writeHead(503, { 'retry-after': '0', 'content-length': '0' }).end();
      return;
    }
    if (fate === 'reset' && random.chance(0.5)) return void message.socket.resetAndDestroy();
    if (fate === 'late') {
      await gone(response);
      await delay(random.below(lateMsMax));
    }
    const answer = await forward(message, body);
    if (fate === 'reset') return void message.socket.resetAndDestroy();
    if (response.destroyed) return;
    response.writeHead(answer.status, answer.headers);
    if (fate !== 'truncated') return void response.end(answer.bytes);
    response.flushHeaders();
    response.write(answer.bytes.subarray(0, Math.floor(answer.bytes.length / 2)));
    await delay(1); // so that what was written leaves before the connection ends
    message.socket.destroy();
  }

  function forward(message: IncomingMessage, body: Buffer): Promise<RegistryAnswer> {
    return new Promise((resolve, reject) => {
      // With the Host of the proxy, so that the registry's Locations lead here again.
      const url = new URL(message.url ?? '/', origin);
      const { method, headers } = message;
      const passed = { ...headers, connection: 'close', 'content-length': `${body.length}` };
      delete (passed as Record<string, unknown>)['transfer-encoding'];
      const sent = request(url, { method: method ?? 'GET', headers: passed }, async (answer) => {
        try {
          const bytes = await bodyOf(answer);
          const { connection: _, 'transfer-encoding': __, ...rest } = answer.headers;
          const length = method === 'HEAD' ? {} : { 'content-length': `${bytes.length}` };
          resolve({ status: answer.statusCode ?? 502, headers: { ...rest, ...length }, bytes });
        } catch (error) {
          reject(error);
        }
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

type RegistryAnswer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
};

function drawFate(random: Random, shares: FaultShares): Fate {
  let left = random.fraction();
  for (const fate of ['reset', 'unavailable', 'late', 'truncated'] as const) {
    if (left < shares[fate]) return fate;
    left -= shares[fate];
  }
  return 'passed';
}

/** Ends when the client has closed its side, or at the latest when a client's patience would be over. */
async function gone(response: ServerResponse) {
  if (response.closed) return;
  const given = new AbortController();
  const closed = new Promise<void>((done) => response.once('close', done));
  try {
    await Promise.race([closed, delay(patienceMsMax, undefined, { signal: given.signal })]);
  } finally {
    given.abort();
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece);
  return Buffer.concat(pieces);
}
