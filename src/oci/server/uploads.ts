// Pushing a blob: in one piece, in chunks, or by taking it over from another repository.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
import type { Digest } from '../../core/digest.ts';
import { isVitteError, VitteError } from '../../core/errors.ts';
import { isRepositoryName } from '../names.ts';
import type { Repository, UploadChunk, UploadState, UploadStore } from '../port.ts';
import { named, ociError } from './errors.ts';
import { emptyAnswer, type OciAnswer, type OciRequest } from './message.ts';
import type { OciServerParts } from './parts.ts';
import { type OciRoute, parseOciDigest, pathOf } from './route.ts';
import { type LocatedUpload, locatedUpload } from './upload-location.ts';

type BeginRoute = Extract<OciRoute, { kind: 'uploads' }>;
type UploadRoute = Extract<OciRoute, { kind: 'upload' }>;

/** POST: a mount, a whole blob, or the beginning of an upload. */
export async function beginUpload(
  route: BeginRoute,
  request: OciRequest,
  parts: OciServerParts,
): Promise<OciAnswer> {
  const repository = parts.registry.repository(route.name);
  const { query, signal } = request;
  const mount = query.get('mount');
  if (mount !== null) {
    const digest = parseOciDigest(mount);
    if (await mounted(repository, digest, query.get('from'), request)) return stored(route, digest);
  }
  const uploads = uploadsOf(repository);
  const digest = query.get('digest');
  if (digest !== null && mount === null) {
    const wanted = parseOciDigest(digest);
    await pushWhole(uploads, wanted, request, parts);
    return stored(route, wanted);
  }
  const state = await uploads.begin({ signal });
  return underWay(202, route, locatedUpload(state), parts);
}

/** GET, PATCH, PUT and DELETE of an upload that was begun. */
export async function answerUpload(
  route: UploadRoute,
  request: OciRequest,
  parts: OciServerParts,
): Promise<OciAnswer> {
  const { signal } = request;
  const upload = parts.locations.open(route.location, holderOf(route, parts));
  if (!upload) {
    throw new VitteError('PKG_E_UPLOAD_UNKNOWN', 'there is no such upload, or no longer', {
      help: 'begin the upload anew, with the token that goes on with it',
    });
  }
  const uploads = uploadsOf(parts.registry.repository(route.name));
  switch (request.method) {
    case 'GET': {
      const state = await uploads.status(upload.state, { signal });
      return underWay(204, route, further(upload, state), parts);
    }
    case 'DELETE':
      await uploads.abort(upload.state, { signal });
      return emptyAnswer(204);
    case 'PATCH':
      return orMisplaced(route, upload, parts, async () => {
        const chunk = chunkOf(request, upload.state, parts);
        const state = await uploads.append(upload.state, chunk, { signal });
        return underWay(202, route, further(upload, state), parts);
      });
    default:
      return orMisplaced(route, upload, parts, () => finish(route, request, parts, upload));
  }
}

/** PUT: the last of an upload, with or without a last chunk. */
async function finish(
  route: UploadRoute,
  request: OciRequest,
  parts: OciServerParts,
  { state }: LocatedUpload,
): Promise<OciAnswer> {
  const text = request.query.get('digest');
  if (text === null) throw new VitteError('PKG_E_DIGEST', 'the query names no digest');
  const digest = parseOciDigest(text);
  const uploads = uploadsOf(parts.registry.repository(route.name));
  const chunk = request.bodySize === 0 ? undefined : chunkOf(request, state, parts);
  await asDigestError(() => uploads.finish(state, digest, chunk, { signal: request.signal }));
  return stored(route, digest);
}

/** POST with the whole content: an upload of one call. */
async function pushWhole(
  uploads: UploadStore,
  digest: Digest,
  request: OciRequest,
  parts: OciServerParts,
) {
  const { signal } = request;
  const state = await uploads.begin({ signal });
  const chunk = chunkOf(request, state, parts);
  try {
    await asDigestError(() => uploads.finish(state, digest, chunk, { signal }));
  } catch (error) {
    // Nobody knows of this upload to go on with it.
    await uploads.abort(state).catch(() => {});
    throw error;
  }
}

/** Without `from` there is nowhere to look: which repositories hold a blob is nobody's to ask. */
async function mounted(
  { blobs }: Repository,
  digest: Digest,
  from: string | null,
  { signal }: OciRequest,
): Promise<boolean> {
  return from !== null && isRepositoryName(from) && blobs.mount(digest, from, { signal });
}

function uploadsOf({ uploads }: Repository): UploadStore {
  if (uploads) return uploads;
  throw new VitteError('PKG_E_METHOD', 'this storage takes no uploads', { data: { allow: [] } });
}

/** The body as a chunk. Throws PKG_E_REQUEST where its place and its length do not fit. */
function chunkOf(request: OciRequest, { size }: UploadState, parts: OciServerParts): UploadChunk {
  const range = request.headers['content-range'];
  const left = parts.blobBytesMax - size;
  if ((request.bodySize ?? 0) > left) throw tooLarge(parts.blobBytesMax);
  const place = range === undefined ? undefined : parseContentRange(range);
  const length = place && place.last - place.first + 1;
  if (place && request.bodySize !== undefined && request.bodySize !== length) {
    const message = 'the body has not the length that Content-Range says';
    throw ociError('SIZE_INVALID', 'PKG_E_REQUEST', message);
  }
  const announced = request.bodySize ?? length;
  const limit = announced ?? left;
  return {
    source: bounded(request.body(), { limit, exact: length, blobBytesMax: parts.blobBytesMax }),
    ...(place ? { first: place.first } : {}),
    ...(announced === undefined ? {} : { size: announced }),
  };
}

/** `FIRST-LAST`. Some clients write it as in an answer: `bytes FIRST-LAST/SIZE`. */
function parseContentRange(text: string): { first: number; last: number } {
  const [, first, last] =
    /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/i.exec(text.trim()) ?? [];
  if (first !== undefined && Number(last) >= Number(first)) {
    return { first: Number(first), last: Number(last) };
  }
  const message = 'the Content-Range is not of the form FIRST-LAST';
  throw ociError('BLOB_UPLOAD_INVALID', 'PKG_E_REQUEST', message);
}

async function* bounded(
  source: AsyncIterable<Uint8Array>,
  options: { limit: number; exact: number | undefined; blobBytesMax: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { limit, exact } = options;
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > limit && exact === undefined) throw tooLarge(options.blobBytesMax);
    if (bytes > limit) break;
    yield piece;
  }
  if (exact === undefined || bytes === exact) return;
  const message = 'the body has not the length that Content-Range says';
  throw ociError('SIZE_INVALID', 'PKG_E_REQUEST', message);
}

/** A chunk that does not follow what is there gets 416 with all that the client needs to go on. */
async function orMisplaced(
  route: UploadRoute,
  upload: LocatedUpload,
  parts: OciServerParts,
  work: () => Promise<OciAnswer>,
): Promise<OciAnswer> {
  try {
    return await work();
  } catch (error) {
    if (!isVitteError(error, 'PKG_E_RANGE')) throw error;
    const size = typeof error.data?.size === 'number' ? error.data.size : upload.state.size;
    const place = placeOf(route, further(upload, { size }), parts);
    throw named(error, 'BLOB_UPLOAD_INVALID', place);
  }
}

function further(upload: LocatedUpload, state: Partial<UploadState>): LocatedUpload {
  return { ...upload, state: { ...upload.state, ...state } };
}

function underWay(
  status: number,
  route: BeginRoute | UploadRoute,
  upload: LocatedUpload,
  parts: OciServerParts,
): OciAnswer {
  return emptyAnswer(status, placeOf(route, upload, parts));
}

/** Where an upload goes on, and how far it is. */
function placeOf(
  route: BeginRoute | UploadRoute,
  upload: LocatedUpload,
  parts: OciServerParts,
): Record<string, string> {
  const { size, chunkBytesMin } = upload.state;
  const location = parts.locations.seal(upload, holderOf(route, parts));
  return {
    'Docker-Upload-UUID': upload.id,
    Location: pathOf(route.name, `blobs/uploads/${location}`),
    // There is no way to say that nothing is there.
    Range: `0-${Math.max(size - 1, 0)}`,
    ...(chunkBytesMin === undefined ? {} : { 'OCI-Chunk-Min-Length': String(chunkBytesMin) }),
  };
}

function stored({ name }: { name: string }, digest: Digest): OciAnswer {
  const location = pathOf(name, `blobs/${digest}`);
  return emptyAnswer(201, { 'Docker-Content-Digest': digest, Location: location });
}

function holderOf({ name }: { name: string }, { caller }: OciServerParts): string {
  return `${name} ${caller}`;
}

/** Other content than the digest says is the client's mistake here, not the storage's. */
async function asDigestError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isVitteError(cause, 'PKG_E_INTEGRITY')) throw cause;
    throw new VitteError('PKG_E_DIGEST', 'the content is not what its digest says', { cause });
  }
}

function tooLarge(blobBytesMax: number) {
  return new VitteError('PKG_E_BODY_SIZE', `a blob has at most ${blobBytesMax} bytes here`, {
    data: { blobBytesMax },
  });
}
