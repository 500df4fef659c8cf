import { type Digest, isDigest, sha256 } from '../../core/digest.ts';
import { manifestFacts } from '../manifest.ts';
import { checkReference, checkTag } from '../names.ts';
import type { BlobStore, CallOptions, ManifestStore, Reference } from '../port.ts';
import { unexpected } from './client.ts';
import {
  deleting,
  keyOf,
  pulling,
  pushing,
  type RecentManifest,
  type RemoteContext,
} from './context.ts';
import { errorCodes, storageError } from './errors.ts';
import { contentDigest, contentLength, headerText, mediaTypeOf, ociSubject } from './headers.ts';
import { manifestAccept, readManifest } from './manifest-answer.ts';
import { requireBlobs } from './named-blobs.ts';
import type { Referrers } from './referrers.ts';
import { isRetryableByDigest } from './retry.ts';
import type { Answer } from './transport.ts';
import { removeTags } from './untag.ts';

/** What registries say of a tag that may not be written again: 400 TAG_INVALID from ECR, 412 from Harbor. */
const immutableStatuses = new Set([409, 412]);

/** The manifests of one repository, by its full name. */
export function openRemoteManifests(
  context: RemoteContext,
  referrers: Referrers,
  blobs: BlobStore,
  repository: string,
): ManifestStore {
  const { client } = context;
  const urlOf = (reference: Reference) => context.url(repository, `manifests/${reference}`);
  const manifests: ManifestStore = {
    async fetch(reference, options) {
      checkReference(reference);
      const request = {
        what: `read a manifest of ${repository}`,
        ...pulling(repository),
        method: 'GET',
        url: urlOf(reference),
        headers: { accept: manifestAccept },
        signal: options?.signal,
      } as const;
      const answer = await client.expect(request, 200, 404);
      return answer.status === 404 ? undefined : readManifest(answer, reference, request.what);
    },

    async resolve(reference, options) {
      checkReference(reference);
      const request = {
        what: `find a manifest of ${repository}`,
        ...pulling(repository),
        method: 'HEAD',
        url: urlOf(reference),
        headers: { accept: manifestAccept },
        signal: options?.signal,
      } as const;
      const { status, headers } = await client.expect(request, 200, 404);
      if (status === 404) return undefined;
      const told = headerText(headers, contentDigest) ?? reference;
      const digest = isDigest(reference) ? reference : told;
      const known = isDigest(digest) ? context.manifests.get(keyOf(repository, digest)) : undefined;
      // Harbor's HEAD may tell another length than its GET.
      const size = known?.bytes.length ?? contentLength(headers);
      const mediaType = mediaTypeOf(headers);
      // The digest of an answer's head is optional, and so is all else: GET and hash then.
      if (!isDigest(digest) || mediaType === undefined || !size) {
        return (await manifests.fetch(reference, options))?.descriptor;
      }
      return { mediaType, digest, size };
    },

    async push({ mediaType, bytes }, options = {}) {
      const { tag } = options;
      if (tag !== undefined) checkTag(tag);
      const facts = manifestFacts(bytes, mediaType);
      const descriptor = { mediaType, digest: sha256(bytes), size: bytes.length };
      if (referrers.knowsApi()) await requireBlobs(context, blobs, repository, bytes, options);
      const { headers } = await put({ mediaType, bytes }, tag ?? descriptor.digest, options);
      if (facts.subject !== undefined) {
        const noted = headerText(headers, ociSubject) !== undefined;
        const referrer = { descriptor, facts: { ...facts, subject: facts.subject } };
        await referrers.noted(repository, referrer, noted, options);
      }
      return descriptor;
    },

    async tag(digest, tag, options = {}) {
      checkTag(tag);
      const manifest =
        context.manifests.get(keyOf(repository, digest)) ?? (await read(digest, options));
      if (!manifest) {
        const why = `there is no manifest ${digest}`;
        throw storageError('PKG_E_STORAGE_ANSWER', `set a tag in ${repository}`, why);
      }
      await put(manifest, tag, options);
    },

    untag: (tags, options) => removeTags({ context, repository, blobs, manifests }, tags, options),

    async delete(digest, options = {}) {
      const subject = await referrers.subjectOf(repository, () => read(digest, options), options);
      context.manifests.delete(keyOf(repository, digest));
      // First off the list: docker-registry takes no list with a manifest that is gone.
      if (subject !== undefined) await referrers.removed(repository, subject, digest, options);
      const request = {
        what: `delete a manifest of ${repository}`,
        ...deleting(repository),
        method: 'DELETE',
        url: urlOf(digest),
        signal: options.signal,
        retryable: isRetryableByDigest,
      } as const;
      const { status } = await client.expect(request, 200, 202, 204, 404);
      return status !== 404;
    },
  };
  return manifests;

  async function read(digest: Digest, options: CallOptions): Promise<RecentManifest | undefined> {
    const kept = context.manifests.get(keyOf(repository, digest));
    if (kept) return kept;
    const found = await manifests.fetch(digest, options);
    return found && { mediaType: found.descriptor.mediaType, bytes: found.bytes };
  }

  async function put(
    { mediaType, bytes }: RecentManifest,
    reference: Reference,
    { signal, once = false }: CallOptions & { once?: boolean },
  ) {
    const digest = sha256(bytes);
    const request = {
      what: `store a manifest of ${repository}`,
      ...pushing(repository),
      method: 'PUT',
      url: urlOf(reference),
      headers: { 'content-type': mediaType },
      body: { bytes },
      signal,
      once,
      retryable: isRetryableByDigest,
    } as const;
    const answer = await client.exchange(request);
    if (![200, 201, 202, 204].includes(answer.status)) {
      if (await standsAlready(answer, reference, digest, signal)) return answer;
      // What was thought to be there is not: a collector took it, or another client.
      if (errorCodes(answer).includes('MANIFEST_BLOB_UNKNOWN')) {
        context.blobs.deletePrefix(keyOf(repository, '' as Digest));
      }
      throw unexpected(answer, request);
    }
    const stored = headerText(answer.headers, contentDigest);
    if (stored !== undefined && isDigest(stored) && stored !== digest) {
      throw storageError('PKG_E_INTEGRITY', request.what, `it stored ${stored} for ${digest}`);
    }
    context.manifests.set(keyOf(repository, digest), { mediaType, bytes: new Uint8Array(bytes) });
    return answer;
  }

  /** Registries with immutable tags (ECR, Harbor) refuse a tag that stands, though it names this very manifest. */
  async function standsAlready(
    answer: Answer,
    reference: Reference,
    digest: Digest,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const refusal =
      immutableStatuses.has(answer.status) || errorCodes(answer).includes('TAG_INVALID');
    if (!refusal || isDigest(reference)) return false;
    const found = await manifests.resolve(reference, signal ? { signal } : {});
    return found?.digest === digest;
  }
}
