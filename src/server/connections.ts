import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that one connection may send ahead of their answers. */
const pipelinedMax = 100;

export type Exchange = { request: IncomingMessage; response: ServerResponse };

export type Connections = {
  /** Requests of a connection that have no full answer yet, oldest first. */
  exchanges(socket: Socket): Exchange[];
  /**
   * Takes the requests of one connection one after the other. Node hands over those that come in one go at once,
   * but only safe ones may be answered side by side (RFC 9112, 9.3.2): what is read after a publish has seen it.
   */
  inOrder(handler: RequestListener): RequestListener;
  /** Ends connections that have nothing under way, from now on also those that come to have nothing. */
  endIdle(): void;
  destroyAll(): void;
};

/**
 * Keeps account of a server's connections and what is under way on each. Node's own closeIdleConnections leaves
 * those open that have not sent anything yet.
 */
export function trackConnections(server: Server): Connections {
  const open = new Map<Socket, Set<Exchange>>();
  let ending = false;

  server.on('connection', (socket) => {
    open.set(socket, new Set());
    socket.once('close', () => open.delete(socket));
  });

  return {
    exchanges: (socket) => [...(open.get(socket) ?? [])],
    inOrder: (handler) => (request, response) => {
      const { socket } = request;
      const [before] = [...(open.get(socket) ?? [])].slice(-1);
      begin(socket, { request, response });
      if (before === undefined) handler(request, response);
      else before.response.once('close', () => !socket.destroyed && handler(request, response));
    },
    endIdle() {
      ending = true;
      for (const [socket, exchanges] of open) if (exchanges.size === 0) socket.destroy();
    },
    destroyAll() {
      for (const socket of open.keys()) socket.destroy();
    },
  };

  function begin(socket: Socket, exchange: Exchange) {
    const exchanges = open.get(socket) ?? new Set();
    if (exchanges.size >= pipelinedMax) socket.destroy();
    exchanges.add(exchange);
    exchange.response.once('close', () => {
      exchanges.delete(exchange);
      // What was answered is on its way out: the connection ends behind it.
      if (ending && exchanges.size === 0) socket.destroySoon();
    });
  }
}
