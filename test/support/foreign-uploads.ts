// Uploads to the foreign registry: sessions, chunks in their order, mounts.
import { randomUUID } from 'node:crypto';
import type { Exchange } from './foreign-registry.ts';
import { bodyOf, digestOf, fail, send } from './foreign-wire.ts';

const chunkBytesMin = 5 * 1024 * 1024;
/** Where the first chunk of a session ended, for a registry that tells nothing newer. */
const firstEnds = new Map<string, number>();
/** Sessions that have a chunk which only the last one may be. */
const ended = new Set<string>();

/** Answers a request below `blobs/uploads/`. */
export async function answerUpload(exchange: Exchange): Promise<unknown> {
  const { registry, repository, rest, request, response, message } = exchange;
  const { sessions } = registry;
  const { method, query } = request;
  if (method === 'POST') return begin(exchange);
  const id = rest.replace('uploads/', '');
  const held = sessions.get(id);
  const lost = registry.has('location-query') && query.get('state') !== 'a+b';
  if (!held || lost) return fail(response, 404, 'BLOB_UPLOAD_UNKNOWN');
  const location = locationOf(exchange, id);
  if (method === 'GET') return send(response, 204, { location, range: rangeOf(held.length) });
  if (method === 'DELETE') {
    sessions.delete(id);
    return send(response, 204);
  }
  const piece = await bodyOf(message);
  const { 'content-range': range, 'content-length': length } = request.headers;
  if (range !== undefined && range !== `${held.length}-${held.length + piece.length - 1}`) {
    return fail(response, 416, 'RANGE_INVALID');
  }
  if (range !== undefined && length !== String(piece.length))
    return fail(response, 400, 'SIZE_INVALID');
  const bytes = Buffer.concat([held, piece]);
  const floor = registry.has('chunk-min-5mib') || registry.has('chunk-min-untold');
  if (floor && ended.has(id) && piece.length > 0) return fail(response, 400, 'SIZE_INVALID');
  if (piece.length < chunkBytesMin) ended.add(id);
  sessions.set(id, bytes);
  if (method === 'PATCH') {
    if (!registry.has('patch-201')) {
      return send(response, 202, { location, range: rangeOf(bytes.length) });
    }
    firstEnds.set(id, firstEnds.get(id) ?? bytes.length);
    return send(response, 201, { range: rangeOf(firstEnds.get(id) ?? 0) });
  }
  const digest = digestOf(bytes);
  if (query.get('digest') !== digest) return fail(response, 400, 'DIGEST_INVALID');
  sessions.delete(id);
  registry.blobs.set(`${repository} ${digest}`, bytes);
  const stored = { location: `/v2/${repository}/blobs/${digest}` };
  return send(response, registry.has('put-204') ? 204 : 201, stored);
}

function begin(exchange: Exchange) {
  const { registry, repository, request, response } = exchange;
  const { blobs, sessions } = registry;
  const { query } = request;
  const mounted = blobs.get(`${query.get('from')} ${query.get('mount')}`);
  if (mounted && !registry.has('mount-202')) {
    blobs.set(`${repository} ${query.get('mount')}`, mounted);
    return send(response, 201);
  }
  const id = randomUUID();
  sessions.set(id, Buffer.alloc(0));
  const least = { 'oci-chunk-min-length': String(chunkBytesMin) };
  return send(response, 202, {
    location: locationOf(exchange, id),
    range: rangeOf(0),
    ...(registry.has('chunk-min-5mib') ? least : {}),
  });
}

function locationOf({ registry, repository, request }: Exchange, id: string): string {
  const origin = `${registry.origin.split(':')[0]}://${request.headers.host}`;
  const query = registry.has('location-query') ? '?state=a%2Bb' : '';
  return `${registry.has('location-relative') ? '' : origin}/v2/${repository}/blobs/uploads/${id}${query}`;
}

/** As docker-registry writes it: nothing is `0-0`, as one byte is. */
function rangeOf(length: number): string {
  return `0-${Math.max(length - 1, 0)}`;
}
