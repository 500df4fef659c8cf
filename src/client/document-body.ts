import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { VitteError } from '../core/errors.ts';
import { decodeUtf8 } from '../core/json.ts';
import { discard, type HttpAnswer } from './connection.ts';

/** Largest JSON document read from a registry: the versions of a package with a long history fit in it. */
export const documentBytesMax = 8 * 1024 * 1024;

export type DocumentLimits = {
  /** Largest document, decoded. */
  bytesMax?: number;
  /** True where gzip was asked for. */
  gzip?: boolean;
};

/**
 * Reads an answer's JSON, at most 8 MiB unless another limit is given. Throws PKG_E_REGISTRY_ANSWER for more, for
 * another type, for an encoding that was not asked for and for what is no JSON; what undici throws when the body
 * breaks off.
 */
export async function readDocument(
  answer: HttpAnswer,
  what: string,
  { bytesMax = documentBytesMax, gzip = false }: DocumentLimits = {},
): Promise<unknown> {
  const type = answer.headers['content-type'] ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    discard(answer.body);
    throw answerError(`${what} is of type ${JSON.stringify(type.slice(0, 100))}, not JSON`, {
      help: 'check the URL given by --registry or VITTE_REGISTRY',
    });
  }
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && !(gzip && encoding === 'gzip')) {
    discard(answer.body);
    throw answerError(`${what} is encoded, though none was asked for`);
  }
  const sent = await readBytes(answer.body, bytesMax, what);
  const bytes = encoding === 'gzip' ? await unpacked(sent, bytesMax, what) : sent;
  try {
    return JSON.parse(decodeUtf8(bytes, what));
  } catch (cause) {
    throw answerError(`${what} is not valid JSON`, { cause });
  }
}

async function readBytes(body: HttpAnswer['body'], bytesMax: number, what: string) {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    size += piece.length;
    // Leaving the loop destroys the body.
    if (size > bytesMax) throw answerError(`${what} is over ${bytesMax} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}

const gunzipBytes = promisify(gunzip);

async function unpacked(bytes: Uint8Array, bytesMax: number, what: string): Promise<Uint8Array> {
  try {
    return await gunzipBytes(bytes, { maxOutputLength: bytesMax });
  } catch (cause) {
    const tooLarge =
      cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    const why = tooLarge ? `is over ${bytesMax} bytes` : 'is not sound gzip';
    throw answerError(`${what} ${why}`, { cause });
  }
}

function answerError(message: string, options: { help?: string; cause?: unknown } = {}) {
  return new VitteError('PKG_E_REGISTRY_ANSWER', message, options);
}
