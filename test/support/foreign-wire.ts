// What the parts of the foreign registry, and hooks of tests, read and write on the wire.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const bodies = new WeakMap<IncomingMessage, Promise<Buffer>>();

/** Sends an answer with a body in one piece. */
export function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | string[]> = {},
  body: string | Uint8Array = '',
): true {
  response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers });
  response.end(body);
  return true;
}

/** Sends an OCI error document. */
export function fail(response: ServerResponse, status: number, code: string): true {
  const body = JSON.stringify({ errors: [{ code, message: 'as the test wants it' }] });
  return send(response, status, { 'content-type': 'application/json' }, body);
}

/** Reads a request's body to its end; asked again, gives what was read. */
export function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const read = bodies.get(message) ?? collect(message);
  bodies.set(message, read);
  return read;
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function collect(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece);
  return Buffer.concat(pieces);
}
