// A registry that misbehaves on request: a bare HTTP server whose answers a test writes one by one.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SeenRequest = {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
};
export type Answerer = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

export type FakeRegistry = {
  url: string;
  /** Every request whose body arrived whole, in order. */
  requests: SeenRequest[];
  /** Answers for the requests to come, in turn; the last one answers all that follow. */
  answer(...answerers: Answerer[]): void;
  close(): Promise<void>;
};

export const storeId = '0123456789abcdef0123456789abcdef';

/** Starts one on a free port of this machine. */
export async function startFakeRegistry(): Promise<FakeRegistry> {
  const requests: SeenRequest[] = [];
  let queue: Answerer[] = [problem(404, 'PKG_E_ROUTE')];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
    } catch {
      return; // the client went away
    }
    const seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(pieces),
    };
    requests.push(seen);
    const answerer = queue.length > 1 ? queue.shift() : queue[0];
    await answerer?.(response, seen);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answer(...answerers) {
      queue = answerers;
      requests.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

export function json(
  body: unknown,
  options: { status?: number; headers?: Record<string, string> } = {},
): Answerer {
  return (response) => {
    const { status = 200, headers = {} } = options;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

export function problem(
  status: number,
  code: string,
  members: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Answerer {
  return json(
    { title: 'Problem', status, code, detail: `because of ${code}`, requestId: 'r1', ...members },
    { status, headers: { 'content-type': 'application/problem+json', ...headers } },
  );
}

/** Ends the connection without an answer. */
export const reset: Answerer = (response) => {
  response.socket?.resetAndDestroy();
};

/** Sends the head and a part of the body, then ends the connection. */
export function truncated(
  status: number,
  headers: Record<string, string | number>,
  part: Uint8Array,
): Answerer {
  return (response) => {
    response.writeHead(status, headers);
    // Destroying before the bytes have left would take them back.
    response.write(part, () => setImmediate(() => response.socket?.resetAndDestroy()));
  };
}

/** Says nothing, for as long as the client waits. */
export const silence: Answerer = () => {};

export const whoami = { schema: 'vitte.registry.whoami.v1', account: 'admin', role: 'admin' };
