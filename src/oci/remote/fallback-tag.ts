import { mapConcurrently } from '../../core/concurrency.ts';
import type { Descriptor } from '../../core/descriptor.ts';
import { type Digest, hexOf, sha256 } from '../../core/digest.ts';
import { canonicalBytes } from '../../core/json.ts';
import { ociMetadataBytesMax } from '../../core/limits.ts';
import { mediaTypes } from '../../core/media-types.ts';
import { createRecent } from '../../core/recent.ts';
import { type ClientRequest, unexpected } from './client.ts';
import { keyOf, pulling, pushing, type RemoteContext } from './context.ts';
import { errorCodes, storageError } from './errors.ts';
import { headerText } from './headers.ts';
import { createLocks } from './locks.ts';
import { manifestAccept, parseDocument, readManifest } from './manifest-answer.ts';
import {
  changedIndex,
  descriptorsOf,
  emptyIndex,
  type ReferrerIndex,
  readIndex,
} from './referrer-index.ts';
import { isRetryableByDigest } from './retry.ts';
import { untilAborted } from './single-flight.ts';

/** A change to the list of one subject's referrers; `check` only puts back what is missing. */
export type ReferrerChange = { add: Descriptor } | { remove: Digest } | { check: true };

/**
 * The referrers of a subject where the registry has no API for them: an index under the tag `sha256-HEX`, which
 * clients read, change and write back. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
 */
export type FallbackTags = {
  read(repository: string, subject: Digest, signal?: AbortSignal): Promise<ReferrerIndex>;
  change(
    repository: string,
    subject: Digest,
    change: ReferrerChange,
    signal?: AbortSignal,
  ): Promise<void>;
};

type Waiting = { change: ReferrerChange; signal: AbortSignal | undefined };
type Batch = { waiting: Waiting[]; done: Promise<void> };
/** How the tag was found: `digest` is that of its index, and `etag` what If-Match takes. */
type Found = { index: ReferrerIndex; digest: Digest | undefined; etag: string | undefined };
/** What this process left there a short while ago: the whole index, and what it added itself. */
type Left = { digest: Digest | undefined; added: readonly Descriptor[] };

const leftMax = 256;
const leftAgeMs = 60_000;
const addedMax = 256;
const roundsMax = 8;
const lookUpsMax = 8;
const checksMax = 256;

/** Turns at one list, by `ORIGIN REPOSITORY SUBJECT`, of all registries that this process has open. */
const turns = createLocks();

/**
 * Changes of one subject are made one after the other, and those that come meanwhile together. A writer alone needs
 * a GET and a PUT. A registry can't compare and swap a tag, so where another process shows (the tag is not as this
 * one left it, or If-Match fails) what this process added is put back if it is missing, and the tag is read again
 * until it holds. Two processes that write within the same milliseconds do not show: each looks once more ten seconds
 * later, and puts back what the other one overwrote. Until then the referrer has a tag of its own and stands in the
 * journal.
 */
export function createFallbackTags(context: RemoteContext): FallbackTags {
  const { client, clock, limits } = context;
  const checking = new Set<string>();
  const gathering = new Map<string, Batch>();
  const running = new Map<string, Promise<void>>();
  const recent = createRecent<Left>({ entriesMax: leftMax, ageMs: leftAgeMs }, clock.now);

  return {
    read: async (repository, subject, signal) => (await load(repository, subject, signal)).index,

    change,
  };

  function change(
    repository: string,
    subject: Digest,
    change: ReferrerChange,
    signal?: AbortSignal,
  ): Promise<void> {
    const key = keyOf(repository, subject);
    const batch = gathering.get(key) ?? begin(key, repository, subject);
    batch.waiting.push({ change, signal });
    return untilAborted(batch.done, signal);
  }

  /** The batch that is made when the one before it is done; until then others join it. */
  function begin(key: string, repository: string, subject: Digest): Batch {
    const waiting: Waiting[] = [];
    const before = running.get(key)?.catch(() => {}) ?? Promise.resolve();
    const done = before
      .then(() => {
        return turns.run(`${context.origin} ${key}`, () => {
          gathering.delete(key);
          const wanted = waiting.filter(({ signal }) => !signal?.aborted);
          const changes = wanted.map(({ change }) => change);
          return make(repository, subject, changes);
        });
      })
      .finally(() => {
        if (running.get(key) === done) running.delete(key);
      });
    const batch = { waiting, done };
    gathering.set(key, batch);
    running.set(key, done);
    return batch;
  }

  async function make(repository: string, subject: Digest, changes: ReferrerChange[]) {
    if (changes.length === 0) return;
    const key = keyOf(repository, subject);
    const removed = new Set(changes.flatMap((change) => ('remove' in change ? change.remove : [])));
    const gone = new Set<Digest>();
    const wanted = changes.flatMap((change) => ('add' in change ? change.add : []));
    for (let round = 0; round < roundsMax; round += 1) {
      const left = recent.get(key);
      const found = await load(repository, subject);
      const earlier =
        left?.added.filter(({ digest }) => !removed.has(digest) && !gone.has(digest)) ?? [];
      const added = [...earlier, ...wanted.filter((one) => !includes(earlier, one))];
      const next = changedIndex(found.index, added, new Set([...removed, ...gone]));
      if (next === found.index) {
        recent.set(key, { digest: found.digest, added: added.slice(-addedMax) });
        return;
      }
      const { digest, missing } = await store(repository, subject, next, found.etag);
      for (const one of missing ?? []) gone.add(one);
      if (digest === undefined) continue;
      recent.set(key, { digest, added: added.slice(-addedMax) });
      checkLater(repository, subject);
      if (found.digest === left?.digest) return;
    }
    const what = `list the referrers of a manifest of ${repository}`;
    throw storageError('PKG_E_STORAGE_UNAVAILABLE', what, 'others change the list all the time');
  }

  function checkLater(repository: string, subject: Digest) {
    const key = keyOf(repository, subject);
    if (limits.referrersCheckMs === 0 || checking.has(key) || checking.size >= checksMax) return;
    checking.add(key);
    context.later(check());

    async function check() {
      try {
        await clock.wait(limits.referrersCheckMs, context.closed, { idle: true });
      } finally {
        checking.delete(key);
      }
      if (recent.get(key)) await change(repository, subject, { check: true });
    }
  }

  async function load(repository: string, subject: Digest, signal?: AbortSignal): Promise<Found> {
    const none = { index: emptyIndex, digest: undefined, etag: undefined };
    const request = {
      what: `read the referrers of a manifest of ${repository}`,
      ...pulling(repository),
      method: 'GET',
      url: urlOf(repository, subject),
      headers: { accept: manifestAccept },
      signal,
    } as const;
    const answer = await client.expect(request, 200, 404);
    if (answer.status === 404) return none;
    const { descriptor, bytes } = readManifest(answer, '', request.what);
    // GitLab takes the tag for the subject's digest.
    if (descriptor.digest === subject) return none;
    if (descriptor.mediaType !== mediaTypes.ociIndex) {
      throw storageError('PKG_E_STORAGE_ANSWER', request.what, 'their tag names no index');
    }
    const index = readIndex(parseDocument(bytes, request.what), request.what);
    return { index, digest: descriptor.digest, etag: headerText(answer.headers, 'etag') };
  }

  /** Writes an index: its digest where it stands, nothing where another one was written since, else what is gone. */
  async function store(
    repository: string,
    subject: Digest,
    index: ReferrerIndex,
    etag: string | undefined,
  ): Promise<{ digest?: Digest; missing?: Digest[] }> {
    const bytes = canonicalBytes({ ...index.document, manifests: index.manifests });
    const request = {
      what: `list the referrers of a manifest of ${repository}`,
      ...pushing(repository),
      method: 'PUT',
      url: urlOf(repository, subject),
      headers: {
        'content-type': mediaTypes.ociIndex,
        ...(etag?.startsWith('"') ? { 'if-match': etag } : {}),
      },
      body: { bytes },
      retryable: isRetryableByDigest,
    } as const;
    if (bytes.length > ociMetadataBytesMax) {
      throw storageError('PKG_E_STORAGE_ANSWER', request.what, 'they are too many for one index');
    }
    const answer = await client.exchange(request);
    if (answer.status === 412) return {};
    if (answer.status >= 200 && answer.status < 300) return { digest: sha256(bytes) };
    const codes = errorCodes(answer);
    const dangling = codes.includes('MANIFEST_BLOB_UNKNOWN') || codes.includes('MANIFEST_UNKNOWN');
    const missing = dangling ? await missingOf(repository, index) : [];
    if (missing.length === 0) throw unexpected(answer, request);
    return { missing };
  }

  /**
   * Manifests that an index names and that are gone. docker-registry refuses such an index, and its collector takes
   * untagged manifests (`garbage-collect -m`): with them nothing could be attached to that subject any more.
   */
  async function missingOf(repository: string, index: ReferrerIndex): Promise<Digest[]> {
    const missing: Digest[] = [];
    await mapConcurrently(descriptorsOf(index), lookUpsMax, async ({ digest }) => {
      const request: ClientRequest = {
        what: `find a referrer in ${repository}`,
        ...pulling(repository),
        method: 'HEAD',
        url: context.url(repository, `manifests/${digest}`),
        headers: { accept: manifestAccept },
      };
      if ((await client.expect(request, 200, 404)).status === 404) missing.push(digest);
    });
    return missing;
  }

  function urlOf(repository: string, subject: Digest): URL {
    return context.url(repository, `manifests/sha256-${hexOf(subject)}`);
  }
}

function includes(descriptors: readonly Descriptor[], { digest }: Descriptor): boolean {
  return descriptors.some((one) => one.digest === digest);
}
