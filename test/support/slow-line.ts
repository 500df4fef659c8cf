// A line to a server on this machine, on a port of its own, that can be made slow or cut.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type SlowLine = {
  port: number;
  /** From here on each piece of an answer comes so many milliseconds late, in order; undefined: none does any more. */
  slow(lateMs: (() => number) | undefined): void;
  /** Ends all connections without a word. */
  cut(): void;
  close(): Promise<void>;
};

type Waiting = { piece: Buffer; at: number };

/**
 * Opens a line to a port. A server that is not there is told by a connection that ends. Like the servers themselves, it
 * does not keep its process from ending.
 */
export async function openSlowLine(target: number): Promise<SlowLine> {
  let lateMs: (() => number) | undefined;
  const sockets = new Set<Socket>();
  /** What sends what is due on each connection. */
  const senders = new Set<() => void>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    const sender = delayed(near);
    senders.add(sender.send);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.unref();
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        senders.delete(sender.send);
        sender.stop();
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (piece) => void far.write(piece));
    far.on('data', sender.take);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  server.unref();
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    slow(late) {
      lateMs = late;
      for (const send of senders) send();
    },
    cut,
    async close() {
      const closed = new Promise((done) => server.close(done));
      cut();
      await closed;
    },
  };

  function delayed(near: Socket) {
    const waiting: Waiting[] = [];
    let timer: NodeJS.Timeout | undefined;
    return { take, send, stop: () => clearTimeout(timer) };

    function take(piece: Buffer) {
      const after = waiting.at(-1)?.at ?? 0;
      waiting.push({ piece, at: Math.max(after, performance.now() + (lateMs?.() ?? 0)) });
      send();
    }

    /** Sends what is due, all of it on a line that is not slow any more. */
    function send() {
      clearTimeout(timer);
      while (waiting[0] && (!lateMs || waiting[0].at <= performance.now())) {
        near.write(waiting.shift()!.piece);
      }
      if (waiting[0]) timer = setTimeout(send, waiting[0].at - performance.now());
    }
  }
}
