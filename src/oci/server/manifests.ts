import { algorithmOf, isOciDigest } from '../../core/digest.ts';
import { isVitteError, VitteError } from '../../core/errors.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { ociMetadataBytesMax } from '../../core/limits.ts';
import { manifestFacts } from '../manifest.ts';
import type { Repository } from '../port.ts';
import { refusalOf } from '../refusal.ts';
import { manifestDigest } from '../verify.ts';
import { ociError } from './errors.ts';
import { isManifestType, requireContent } from './manifest-content.ts';
import {
  emptyAnswer,
  immutable,
  isKnown,
  type OciAnswer,
  type OciRequest,
  revalidated,
} from './message.ts';
import type { OciServerParts } from './parts.ts';
import { type OciRoute, pathOf } from './route.ts';

type ManifestRoute = Extract<OciRoute, { kind: 'manifest' }>;

/** GET, HEAD, PUT and DELETE of a manifest. */
export async function answerManifest(
  route: ManifestRoute,
  request: OciRequest,
  { registry }: OciServerParts,
): Promise<OciAnswer> {
  const repository = registry.repository(route.name);
  switch (request.method) {
    case 'PUT':
      return putManifest(route, request, repository);
    case 'DELETE':
      return deleteManifest(route, request, repository);
    case 'HEAD':
      return headManifest(route, request, repository);
    default:
      return getManifest(route, request, repository);
  }
}

async function headManifest(
  route: ManifestRoute,
  request: OciRequest,
  { manifests }: Repository,
): Promise<OciAnswer> {
  const found = await manifests.resolve(route.reference, { signal: request.signal });
  if (!found) throw unknownManifest(route);
  const headers = headersOf(route, found);
  if (isKnown(request, headers.ETag ?? '')) return { status: 304, headers };
  return { status: 200, headers: { ...headers, 'Content-Length': String(found.size) } };
}

async function getManifest(
  route: ManifestRoute,
  request: OciRequest,
  { manifests }: Repository,
): Promise<OciAnswer> {
  const found = await manifests.fetch(route.reference, { signal: request.signal });
  if (!found) throw unknownManifest(route);
  const headers = headersOf(route, found.descriptor);
  if (isKnown(request, headers.ETag ?? '')) return { status: 304, headers };
  const { bytes } = found;
  const length = { 'Content-Length': String(bytes.length) };
  return { status: 200, headers: { ...headers, ...length }, body: bytes };
}

async function putManifest(
  route: ManifestRoute,
  request: OciRequest,
  repository: Repository,
): Promise<OciAnswer> {
  const { name, reference } = route;
  const { signal } = request;
  const bytes = await wholeBody(request);
  const mediaType = mediaTypeOf(request, bytes);
  const { subject } = manifestFacts(bytes, mediaType);
  const wanted = isOciDigest(reference) ? reference : undefined;
  const digest = asWanted(bytes, wanted);
  const other = algorithmOf(digest) !== 'sha256';
  if (other && !repository.manifests.sha512) {
    throw new VitteError('PKG_E_DIGEST', 'this storage names manifests by sha256 alone');
  }
  await requireContent(repository, { mediaType, bytes }, { signal });
  const place = wanted === undefined ? { tag: reference } : other ? { digest } : {};
  await refusedAsMalformed(() =>
    repository.manifests.push({ mediaType, bytes }, { signal, ...place }),
  );
  return emptyAnswer(201, {
    'Docker-Content-Digest': digest,
    Location: pathOf(name, `manifests/${digest}`),
    // Tells the client that it need not keep a list of referrers itself.
    ...(subject === undefined ? {} : { 'OCI-Subject': subject }),
  });
}

async function deleteManifest(
  route: ManifestRoute,
  { signal }: OciRequest,
  { manifests }: Repository,
): Promise<OciAnswer> {
  const { reference } = route;
  if (isOciDigest(reference)) {
    if (!(await manifests.delete(reference, { signal }))) throw unknownManifest(route);
    return emptyAnswer(202);
  }
  if (!(await manifests.resolve(reference, { signal }))) throw unknownManifest(route);
  await manifests.untag([reference], { signal });
  return emptyAnswer(202);
}

function headersOf(
  { reference }: ManifestRoute,
  descriptor: { mediaType: string; digest: string },
): Record<string, string> {
  const byDigest = isOciDigest(reference);
  const digest = byDigest ? reference : descriptor.digest;
  return {
    'Cache-Control': byDigest ? immutable : revalidated,
    'Content-Type': descriptor.mediaType,
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
  };
}

/** Throws PKG_E_BODY_SIZE for more than 4 MiB, before it is read where its length was announced. */
async function wholeBody(request: OciRequest): Promise<Uint8Array> {
  if ((request.bodySize ?? 0) > ociMetadataBytesMax) throw tooLarge();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request.body()) {
    size += piece.length;
    if (size > ociMetadataBytesMax) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** The media type that the request states, else the manifest itself. Throws PKG_E_DOCUMENT for one that is not taken. */
function mediaTypeOf({ headers }: OciRequest, bytes: Uint8Array): string {
  const stated = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const mediaType = stated === undefined || stated === '' ? ownType(bytes) : stated;
  if (isManifestType(mediaType)) return mediaType;
  const shown = JSON.stringify(mediaType.slice(0, 160));
  throw new VitteError('PKG_E_DOCUMENT', `${shown} is no kind of manifest that is taken here`);
}

function ownType(bytes: Uint8Array): string {
  const manifest = parseJson(bytes, 'the manifest', ociMetadataBytesMax);
  return isJsonObject(manifest) && typeof manifest.mediaType === 'string' ? manifest.mediaType : '';
}

function asWanted(bytes: Uint8Array, wanted: Parameters<typeof manifestDigest>[1]) {
  try {
    return manifestDigest(bytes, wanted);
  } catch (cause) {
    if (!isVitteError(cause, 'PKG_E_INTEGRITY')) throw cause;
    throw new VitteError('PKG_E_DIGEST', 'the manifest is not what its digest says', { cause });
  }
}

/** A storage that does not take a manifest for what it is says so with a 4xx. */
async function refusedAsMalformed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { status = 0, codes = [] } = refusalOf(error) ?? {};
    if (!isVitteError(error, 'PKG_E_STORAGE_ANSWER') || status < 400 || status > 499) throw error;
    const answer = [status, ...codes].join(' ');
    throw new VitteError('PKG_E_DOCUMENT', `the storage does not take the manifest: ${answer}`, {
      cause: error,
    });
  }
}

function tooLarge() {
  return new VitteError('PKG_E_BODY_SIZE', `a manifest has at most ${ociMetadataBytesMax} bytes`, {
    data: { manifestBytesMax: ociMetadataBytesMax },
  });
}

function unknownManifest({ name, reference }: ManifestRoute) {
  const message = `${name} has no manifest ${reference}`;
  return ociError('MANIFEST_UNKNOWN', 'PKG_E_NOT_FOUND', message);
}
