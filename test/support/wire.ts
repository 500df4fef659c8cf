// HTTP/1.1 by hand: requests go out byte for byte as a test wants them, also those that no client would send.
import { connect, type Socket } from 'node:net';

export type WireAnswer = {
  status: number;
  /** Lower-case names; the last of several wins. */
  headers: Record<string, string>;
  body: Buffer;
  /** Everything the server sent. */
  raw: Buffer;
};

export type Wire = {
  socket: Socket;
  /** All that has come so far. */
  received(): Buffer;
  write(bytes: string | Uint8Array): void;
  /** Says that nothing more will be sent; the answer can still be read. */
  end(): void;
  /** One answer, read to the length that it states or to the end of the connection. Rejects after `timeoutMs`. */
  answer(options?: { timeoutMs?: number; head?: boolean }): Promise<WireAnswer>;
  /** Resolves once the server has ended or reset the connection; true for a reset. */
  closed: Promise<boolean>;
  destroy(): void;
};

const answerTimeoutMs = 10_000;

export async function openWire(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url);
  // The test says when its own side ends.
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let received = Buffer.alloc(0);
  const watchers = new Set<() => void>();
  const tell = () => {
    for (const watch of watchers) watch();
  };
  let over = false;
  const { promise: closed, resolve: sayClosed } = Promise.withResolvers<boolean>();
  const finish = (reset: boolean) => {
    over = true;
    sayClosed(reset);
    tell();
  };
  socket.on('data', (piece) => {
    received = Buffer.concat([received, piece]);
    tell();
  });
  // A reset is one of the ways in which a server may end a connection.
  socket.on('error', () => finish(true));
  socket.on('end', () => finish(false));
  socket.on('close', () => finish(false));
  await new Promise<void>((resolve) => socket.once('connect', resolve));

  return {
    socket,
    received: () => received,
    write: (bytes) => void socket.write(bytes),
    end: () => void socket.end(),
    answer,
    closed,
    destroy: () => void socket.destroy(),
  };

  async function answer({ timeoutMs = answerTimeoutMs, head = false } = {}): Promise<WireAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>();
    const look = () => {
      const found = parseAnswer(received, over, head);
      if (found) resolve(found);
      else if (over)
        reject(new Error(`no answer, only ${JSON.stringify(received.toString('latin1', 0, 300))}`));
    };
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    watchers.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      watchers.delete(look);
    });
  }
}

/** Sends bytes over a connection of their own and reads the one answer. */
export async function exchange(
  url: string,
  bytes: string | Uint8Array,
  options: { end?: boolean; head?: boolean; timeoutMs?: number } = {},
): Promise<WireAnswer> {
  const wire = await openWire(url);
  try {
    wire.write(bytes);
    if (options.end) wire.end();
    return await wire.answer(options);
  } finally {
    wire.destroy();
  }
}

function parseAnswer(all: Buffer, over: boolean, head: boolean): WireAnswer | undefined {
  const end = all.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = all.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
  const rest = all.subarray(end + 4);
  if (status === 100) return parseAnswer(rest, over, head);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const stated = headers['content-length'];
  const empty = head || status === 204 || status === 304;
  const length = empty ? 0 : stated === undefined ? undefined : Number(stated);
  if (length === undefined ? !over : rest.length < length) return undefined;
  const body = length === undefined ? rest : rest.subarray(0, length);
  return { status, headers, body, raw: all };
}
