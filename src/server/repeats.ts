import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type HotRequest, hotRequest } from './hot-request.ts';

export type RepeatHandler = {
  /** True where an answer to this URL is kept. */
  keeps(url: string): boolean;
  /** Answers a request that is known, in this turn; false where it cannot, and nothing was done. */
  take(from: Repeater, asked: HotRequest): boolean;
  /** Writes all answers that were taken and are not written. */
  flush(): void;
};

/** A connection that repeats itself. `taken` is true until its answer is written. */
export type Repeater = { socket: Socket; remote: string | undefined; taken: boolean };

type Connection = Repeater & {
  /** True while each piece that came was one whole request without a body, so that the next one begins a request. */
  aligned: boolean;
  /** Requests that the parser gave, and those of them whose answers are not out. */
  requests: number;
  unanswered: number;
  /** The piece that the parser is given. */
  head: string;
  /** The last one of them has no body, and does not ask for another protocol. */
  bare: boolean;
  /** True once an answer of the usual way is out: Node ends a connection whose first head does not come in time. */
  settled: boolean;
};

/** A longer head is not remembered. Of those that are, all are forgotten when there are too many. */
const headBytesMax = 2_048;
const headsMax = 4_096;
const wholeHead = /^(?:GET|HEAD) [^\r\n]+ HTTP\/1\.1\r\n[\s\S]*\r\n\r\n$/;
/** Fields after which something else than a request may follow. That a value looks like one of them does no harm. */
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'upgrade']);

/**
 * Answers requests that repeat an earlier one byte for byte without parsing them again. Clients, and the proxies
 * before us, send the same head over and over on a connection, and reading it is most of what an answer costs that
 * is kept. Only Node's parser decides what bytes mean: a head is known once a request that came of exactly these
 * bytes was one that kept answers are given to; and it is taken as known only where the parser stands at the
 * beginning of a request and nothing is under way on the connection. All else goes to the parser.
 */
export function watchRepeats(server: Server, handler: RepeatHandler): void {
  const known = new Map<string, HotRequest>();
  const connections = new WeakMap<Socket, Connection>();

  server.on('connection', (socket: Socket) => {
    // Listening for data makes Node pass on what it else reads past the stream, straight into the parser.
    const [parse, ...others] = socket.listeners('data') as ((piece: Buffer) => void)[];
    if (parse === undefined || others.length > 0) return;
    const connection = startOf(socket);
    connections.set(socket, connection);
    socket.removeListener('data', parse);
    socket.on('data', (piece: Buffer) => {
      if (connection.taken) handler.flush();
      if (!connection.aligned || !hasParser(socket)) return pass(socket, parse, piece);
      const head = piece.length <= headBytesMax ? piece.toString('latin1') : '';
      const asked = mayRepeat(connection) ? known.get(head) : undefined;
      if (asked && handler.take(connection, asked)) {
        connection.taken = true;
        return;
      }
      connection.head = head;
      const { requests } = connection;
      pass(socket, parse, piece);
      const one = connection.requests === requests + 1;
      connection.aligned = one && connection.bare && wholeHead.test(head);
    });
    // Node ends its side too where nothing is under way.
    socket.prependListener('end', handler.flush);
  });

  server.on('request', (request, response) => {
    const connection = connections.get(request.socket);
    if (!connection) return;
    connection.requests += 1;
    connection.unanswered += 1;
    connection.bare = !request.rawHeaders.some((name) => framing.has(name.toLowerCase()));
    const { head } = connection;
    response.once('close', () => {
      connection.unanswered -= 1;
      if (!response.writableFinished) return;
      connection.settled = true;
      if (connection.aligned) learn(head, request, response);
    });
  });

  function learn(head: string, request: IncomingMessage, response: ServerResponse) {
    if (!response.shouldKeepAlive || known.has(head) || !handler.keeps(request.url ?? '')) return;
    const asked = hotRequest(request);
    if (!asked?.repeats) return;
    if (known.size >= headsMax) known.clear();
    known.set(head, asked);
  }
}

function startOf(socket: Socket): Connection {
  return {
    socket,
    remote: socket.remoteAddress,
    aligned: true,
    requests: 0,
    unanswered: 0,
    head: '',
    bare: false,
    settled: false,
    taken: false,
  };
}

function mayRepeat({ socket, settled, unanswered }: Connection): boolean {
  return settled && unanswered === 0 && socket.writableLength === 0;
}

function pass(socket: Socket, parse: (piece: Buffer) => void, piece: Buffer) {
  if (hasParser(socket)) parse(piece);
}

/** Node takes the parser away from a connection that it gives up, as with CONNECT; it may serve another one then. */
function hasParser(socket: Socket): boolean {
  return (socket as Socket & { parser?: unknown }).parser !== null;
}
