// What is said over the socket of a store's lock: one request a connection, one line of JSON each way.
import { connect, type Server, type Socket } from 'node:net';
import { type ErrorCode, errorCatalogue, isVitteError, VitteError } from '../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../core/json.ts';
import { hasCode } from './durable-file.ts';

export type LockRequestHandler = (request: JsonObject) => Promise<JsonObject>;

const lineBytesMax = 64 * 1024;
const connectionsMax = 16;
/** For a whole exchange. */
const timeoutMs = 5_000;

/**
 * Answers each connection of the lock's server, by the handler of that moment. Gives a function that ends those
 * under way.
 */
export function serveRequests(
  server: Server,
  handler: () => LockRequestHandler | undefined,
): () => void {
  const connections = new Set<Socket>();
  server.maxConnections = connectionsMax;
  server.on('connection', (socket) => {
    connections.add(socket);
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      connections.delete(socket);
    });
    answer(socket, handler()).catch(() => socket.destroy());
  });
  return () => {
    for (const socket of connections) socket.destroy();
  };
}

/**
 * Connects to a lock's socket; undefined where nobody listens or there is none. Any other failure counts as
 * somebody who listens: taking over from a living owner would be worse than asking again.
 */
export function dial(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => resolve(socket));
    socket.on('error', (error) =>
      resolve(hasCode(error, 'ECONNREFUSED', 'ENOENT') ? undefined : socket),
    );
  });
}

/** Sends a request and gives the answer. Rejects with the VitteError that is answered. Ends the connection. */
export async function ask(socket: Socket, request: JsonObject): Promise<JsonObject> {
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  try {
    socket.write(line(request));
    const { answer, error } = await readLine(socket);
    if (isJsonObject(answer)) return answer;
    throw readError(error);
  } catch (cause) {
    if (isVitteError(cause)) throw cause;
    throw new VitteError('PKG_E_STORAGE_UNAVAILABLE', 'the registry that runs gave no answer', {
      cause,
    });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function answer(socket: Socket, handler: LockRequestHandler | undefined) {
  const request = await readLine(socket);
  try {
    if (!handler) {
      throw new VitteError(
        'PKG_E_STORE_LOCKED',
        'the process that has the store open takes no requests',
      );
    }
    socket.end(line({ answer: await handler(request) }));
  } catch (error) {
    const { code, message, help } = isVitteError(error)
      ? error
      : new VitteError('PKG_E_INTERNAL', 'the registry that runs failed');
    socket.end(line({ error: { code, message, ...(help === undefined ? {} : { help }) } }));
  }
}

function line(value: JsonObject): string {
  const text = `${JSON.stringify(value)}\n`;
  if (Buffer.byteLength(text) > lineBytesMax) {
    throw new VitteError('PKG_E_BODY_SIZE', `over ${lineBytesMax} bytes for the lock's socket`);
  }
  return text;
}

async function readLine(socket: Socket): Promise<JsonObject> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  // An answer goes back on the same socket, so that leaving the loop must not end it.
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > lineBytesMax) throw new RangeError('a line is too long');
    if (piece.includes('\n')) break;
  }
  const value = parseJson(Buffer.concat(pieces), 'a line over the lock');
  if (!isJsonObject(value)) throw new TypeError('a line is no object');
  return value;
}

function readError(value: JsonValue | undefined): Error {
  const { code, message, help } = isJsonObject(value) ? value : {};
  if (typeof code !== 'string' || !(code in errorCatalogue)) return new TypeError('no answer');
  return new VitteError(
    code as ErrorCode,
    String(message),
    typeof help === 'string' ? { help } : {},
  );
}
