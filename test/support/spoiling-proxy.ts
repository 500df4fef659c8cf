// A proxy in front of a registry that passes everything on but the answers to some requests, which a test spoils.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answered = { status: number; headers: Record<string, unknown>; bytes: Buffer };
/** Answers in the registry's place, knowing what the registry said. */
export type Spoiler = (answer: Answered, response: ServerResponse) => void;

export type SpoilingProxy = {
  /** `127.0.0.1:PORT`. */
  host: string;
  /** From here on GETs whose path ends so are answered by the spoiler; undefined: everything passes. */
  spoil(pathEnd: string, spoiler: Spoiler | undefined): void;
  close(): Promise<void>;
};

/** Starts a proxy in front of this registry (`http://HOST:PORT`), at a free port or at that of one that was closed. */
export async function startSpoilingProxy(origin: string, port = 0): Promise<SpoilingProxy> {
  const spoilers = new Map<string, Spoiler>();
  const server = createServer(async (message, response) => {
    try {
      const answer = await forward(origin, message);
      const path = (message.url ?? '').split('?')[0] ?? '';
      const [, spoiler] = [...spoilers].find(([end]) => path.endsWith(end)) ?? [];
      if (spoiler && message.method === 'GET') return spoiler(answer, response);
      response.writeHead(answer.status, answer.headers as Record<string, string>);
      response.end(answer.bytes);
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    spoil(pathEnd, spoiler) {
      if (spoiler) spoilers.set(pathEnd, spoiler);
      else spoilers.delete(pathEnd);
    },
    async close() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** With the Host of the proxy, so that the registry's Locations lead here again. */
function forward(origin: string, message: IncomingMessage): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers, url = '/' } = message;
    const sent = request(new URL(url, origin), { method, headers }, async (answer) => {
      try {
        const pieces: Buffer[] = [];
        for await (const piece of answer) pieces.push(piece);
        const { connection: _, 'transfer-encoding': __, ...rest } = answer.headers;
        resolve({ status: answer.statusCode ?? 502, headers: rest, bytes: Buffer.concat(pieces) });
      } catch (error) {
        reject(error);
      }
    });
    sent.on('error', reject);
    message.pipe(sent);
  });
}
