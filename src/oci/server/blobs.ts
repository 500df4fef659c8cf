import { parseRange, type ResolvedRange } from '../http-range.ts';
import type { BlobStore } from '../port.ts';
import { ociError } from './errors.ts';
import { emptyAnswer, immutable, isKnown, type OciAnswer, type OciRequest } from './message.ts';
import type { OciServerParts } from './parts.ts';
import type { OciRoute } from './route.ts';

type BlobRoute = Extract<OciRoute, { kind: 'blob' }>;

/** GET, HEAD and DELETE of a blob. */
export async function answerBlob(
  route: BlobRoute,
  request: OciRequest,
  { registry }: OciServerParts,
): Promise<OciAnswer> {
  const { blobs } = registry.repository(route.name);
  if (request.method === 'DELETE') return deleteBlob(route, request, blobs);
  const { digest } = route;
  const { signal } = request;
  const ranged = request.method === 'GET' && request.headers.range !== undefined;
  if (request.method === 'HEAD' || ranged || isKnown(request, `"${digest}"`)) {
    const found = await blobs.stat(digest, { signal });
    if (!found) throw unknownBlob(route);
    const { size } = found;
    if (isKnown(request, `"${digest}"`)) return { status: 304, headers: headersOf(route) };
    const range = ranged ? parseRange(request.headers.range, size) : undefined;
    if (range) return partOf(route, request, blobs, range);
    if (request.method === 'HEAD') return { status: 200, headers: headersOf(route, size) };
  }
  const read = await blobs.fetch(digest, { signal });
  if (!read) throw unknownBlob(route);
  const { body, size } = read;
  return { status: 200, headers: headersOf(route, size), body: { stream: body, size } };
}

async function partOf(
  route: BlobRoute,
  { signal }: OciRequest,
  blobs: BlobStore,
  range: ResolvedRange,
): Promise<OciAnswer> {
  const read = await blobs.fetch(route.digest, { range, signal });
  if (!read) throw unknownBlob(route);
  const size = range.last - range.first + 1;
  const headers = {
    ...headersOf(route, size),
    'Content-Range': `bytes ${range.first}-${range.last}/${read.size}`,
  };
  return { status: 206, headers, body: { stream: read.body, size } };
}

async function deleteBlob(route: BlobRoute, { signal }: OciRequest, blobs: BlobStore) {
  if (await blobs.delete(route.digest, { signal })) return emptyAnswer(202);
  throw unknownBlob(route);
}

function headersOf({ digest }: BlobRoute, size?: number): Record<string, string> {
  return {
    'Accept-Ranges': 'bytes',
    'Cache-Control': immutable,
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    ...(size === undefined ? {} : { 'Content-Length': String(size) }),
  };
}

function unknownBlob({ name, digest }: BlobRoute) {
  return ociError('BLOB_UNKNOWN', 'PKG_E_NOT_FOUND', `${name} has no blob ${digest}`);
}
