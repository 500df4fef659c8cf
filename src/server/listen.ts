import { createServer, type RequestListener } from 'node:http';
import { VitteError } from '../core/errors.ts';
import { onClientError, writeProblem } from './client-error.ts';
import { trackConnections } from './connections.ts';
import type { HotPath } from './hot-path.ts';
import type { ListenAddress } from './setting-values.ts';

const headerBytesMax = 16 * 1024;
const connectionsMax = 10_000;

export type ListenTimeouts = {
  /** From the first byte of a connection, or of its next request, to the end of the headers. */
  headersTimeoutMs: number;
  /** How often that is looked at. */
  checkIntervalMs: number;
  /** Between requests. Longer than with the usual proxies, so that it is they who close. */
  keepAliveTimeoutMs: number;
  /** A connection without a byte in either direction for so long ends, whatever it was doing. */
  socketIdleTimeoutMs: number;
};

const standardTimeouts: ListenTimeouts = {
  headersTimeoutMs: 20_000,
  checkIntervalMs: 2_000,
  keepAliveTimeoutMs: 65_000,
  socketIdleTimeoutMs: 300_000,
};

export type ListenOptions = ListenTimeouts & {
  /** Answers some requests before the handler. */
  path: HotPath;
};

export type Listening = {
  /** With the port that was bound and the host as it was asked for. */
  url: string;
  /** Takes nothing new, waits for what is under way, and after `drainMs` cuts it off. */
  drain(drainMs: number): Promise<void>;
};

/** Listens for HTTP. Throws PKG_E_CONFIG where the address can't be had. */
export async function listen(
  handler: RequestListener,
  address: ListenAddress,
  { path, ...options }: Partial<ListenOptions> = {},
): Promise<Listening> {
  const timeouts = { ...standardTimeouts, ...options };
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: timeouts.headersTimeoutMs,
    // A large upload takes as long as it takes; what reads it watches its pace.
    requestTimeout: 0,
    connectionsCheckingInterval: timeouts.checkIntervalMs,
    keepAliveTimeout: timeouts.keepAliveTimeoutMs,
    // Node would answer a missing Host without a problem document.
    requireHostHeader: false,
  });
  // A client that has sent all it has may say so and still wait for the answer (`nc -N`, a body cut short). Node
  // would end the connection then; a client that is really gone shows itself when something is written to it.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxConnections = connectionsMax;
  server.setTimeout(timeouts.socketIdleTimeoutMs);
  const connections = trackConnections(server);
  const listener = connections.inOrder(path ? path.before(handler) : handler);
  path?.watch(server, timeouts.keepAliveTimeoutMs);
  server.on('request', listener);
  // Whoever reads the body says 100 Continue, so a refusal comes before the client sends anything.
  server.on('checkContinue', listener);
  server.on('checkExpectation', listener);
  server.on('clientError', (error, socket) => onClientError(error, socket as never, connections));
  server.on('connect', (_request, socket) => writeProblem(socket, connectError()));

  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(addressError(address, cause)));
    server.listen(address.port, address.host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return { url: `http://${host}:${port}`, drain };

  async function drain(drainMs: number) {
    path?.flush();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    connections.endIdle();
    const timer = setTimeout(() => connections.destroyAll(), drainMs);
    await closed;
    clearTimeout(timer);
  }
}

function connectError() {
  return new VitteError('PKG_E_METHOD', 'CONNECT is not possible here', { data: { allow: [] } });
}

function addressError({ host, port }: ListenAddress, cause: NodeJS.ErrnoException) {
  const why = cause.code === 'EADDRINUSE' ? 'is in use' : `can not be had (${cause.code})`;
  return new VitteError('PKG_E_CONFIG', `--listen: ${host}:${port} ${why}`, {
    cause,
    help: 'give another address, such as --listen 127.0.0.1:0 for a free port',
  });
}
