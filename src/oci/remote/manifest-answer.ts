import { isDigest, sha256 } from '../../core/digest.ts';
import { isVitteError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../core/json.ts';
import { ociMetadataBytesMax } from '../../core/limits.ts';
import { mediaTypes } from '../../core/media-types.ts';
import type { Reference, StoredManifest } from '../port.ts';
import { verifyBytes } from '../verify.ts';
import { storageError } from './errors.ts';
import { contentDigest, headerText, mediaTypeOf } from './headers.ts';
import type { Answer } from './transport.ts';

/** Every kind of manifest that may stand in a repository; registries turn one that is not named into another. */
export const manifestAccept = [
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

/** Content types that say nothing of what kind a manifest is. */
const vagueTypes = new Set([
  'application/json',
  'application/octet-stream',
  'text/plain',
  undefined,
]);

/**
 * A manifest as it was answered, hashed. PKG_E_INTEGRITY where it is not what its digest says, the one that was
 * asked for or the one that the answer names; PKG_E_STORAGE_ANSWER for what is no manifest, such as a proxy's page.
 */
export function readManifest(answer: Answer, reference: Reference, what: string): StoredManifest {
  const { headers, bytes } = answer;
  const size = bytes.length;
  const stated = headerText(headers, contentDigest);
  for (const digest of [reference, stated ?? '']) {
    if (isDigest(digest)) verifyBytes(bytes, { digest, size });
  }
  const document = parseDocument(bytes, what);
  const sent = mediaTypeOf(headers);
  const own = typeof document.mediaType === 'string' ? document.mediaType : undefined;
  const mediaType = vagueTypes.has(sent) ? own : sent;
  if (mediaType === undefined || (own !== undefined && own !== mediaType)) {
    throw storageError('PKG_E_STORAGE_ANSWER', what, 'its answer is of another media type');
  }
  return { descriptor: { mediaType, digest: sha256(bytes), size }, bytes };
}

/** The JSON object that an answer holds. PKG_E_STORAGE_ANSWER. */
export function parseDocument(
  bytes: Uint8Array,
  what: string,
  bytesMax = ociMetadataBytesMax,
): JsonObject {
  try {
    const document = parseJson(bytes, 'an answer of the storage', bytesMax);
    if (isJsonObject(document)) return document;
  } catch (cause) {
    if (!isVitteError(cause)) throw cause;
    throw storageError('PKG_E_STORAGE_ANSWER', what, 'its answer is no JSON document', { cause });
  }
  throw storageError('PKG_E_STORAGE_ANSWER', what, 'its answer is no JSON object');
}
