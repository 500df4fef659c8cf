// An HTTP proxy in memory: it forwards requests and opens tunnels, and knows names that nobody else knows.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export type FakeProxy = {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  /** `GET http://HOST/…` of what was forwarded, `CONNECT HOST:PORT` of tunnels. */
  targets: string[];
  /** The Proxy-Authorization of each, in the same order. */
  authorizations: (string | undefined)[];
  close(): Promise<void>;
};

/** Starts one. `routes` says which `HOST:PORT` of this machine lies behind a name; others are refused with 502. */
export async function startFakeProxy(routes: Record<string, string>): Promise<FakeProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((message, response) => {
    note(`${message.method} ${message.url}`, message);
    forward(message, response);
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (message, client: Socket, head) => {
    note(`CONNECT ${message.url}`, message);
    const [host, port] = routeTo(`http://${message.url}`)?.split(':') ?? [];
    if (port === undefined) return void client.end('HTTP/1.1 502 No Route\r\n\r\n');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const proxy: FakeProxy = {
    url: `http://127.0.0.1:${port}`,
    targets: [],
    authorizations: [],
    async close() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return proxy;

  function note(target: string, { headers }: IncomingMessage) {
    proxy.targets.push(target);
    proxy.authorizations.push(headers['proxy-authorization']);
  }

  function routeTo(url: string) {
    return routes[new URL(url).hostname];
  }

  function forward(message: IncomingMessage, response: ServerResponse) {
    const url = new URL(message.url ?? '');
    const [host, port] = routeTo(url.href)?.split(':') ?? [];
    if (port === undefined) return void response.writeHead(502).end();
    const { method, headers } = message;
    const path = `${url.pathname}${url.search}`;
    const options = { host, port, path, headers, ...(method && { method }) };
    const sent = request(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    sent.on('error', () => response.destroy());
    message.pipe(sent);
  }
}
