import type { Descriptor } from '../../core/descriptor.ts';
import { type Digest, digestOfHex, sha256 } from '../../core/digest.ts';
import { mediaTypes } from '../../core/media-types.ts';
import { type ManifestFacts, manifestFacts } from '../manifest.ts';
import type { CallOptions } from '../port.ts';
import { type ClientRequest, unexpected } from './client.ts';
import { pulling, type RecentManifest, type RemoteContext } from './context.ts';
import { errorCodes, storageError } from './errors.ts';
import { createFallbackTags } from './fallback-tag.ts';
import { mediaTypeOf } from './headers.ts';
import { parseDocument } from './manifest-answer.ts';
import { readPages } from './pages.ts';
import { descriptorsOf, readIndex } from './referrer-index.ts';
import { createSingleFlight } from './single-flight.ts';

/** A manifest that names a subject. */
export type Referrer = { descriptor: Descriptor; facts: ManifestFacts & { subject: Digest } };

/** Referrers by the Referrers API, and by the fallback tag where there is none. */
export type Referrers = {
  /** Whether the API answers: asked once, and anew after an hour. `repository` is one that exists, where one is known. */
  supported(repository?: string, options?: CallOptions): Promise<boolean>;
  /** Whether the API was found to answer; nothing is asked. */
  knowsApi(): boolean;
  list(
    repository: string,
    subject: Digest,
    options: CallOptions & { artifactType?: string },
  ): AsyncIterable<Descriptor>;
  /**
   * After a push: lists the manifest under its subject's fallback tag, unless the API is there and the registry said
   * (`oci-subject`) that it has noted the subject.
   */
  noted(repository: string, referrer: Referrer, said: boolean, options: CallOptions): Promise<void>;
  /** Before a deletion: the subject whose fallback tag lists this manifest. */
  subjectOf(
    repository: string,
    read: () => Promise<RecentManifest | undefined>,
    options: CallOptions,
  ): Promise<Digest | undefined>;
  /** Takes a manifest off its subject's fallback tag. */
  removed(repository: string, subject: Digest, digest: Digest, options: CallOptions): Promise<void>;
};

const detectionAgeMs = 60 * 60_000;
/** Asked about where no repository is known yet: the journal's, which is the first that a registry has. */
const probedRepository = 'vitte-registry';
const nobody = digestOfHex('0'.repeat(64));

export function createReferrers(context: RemoteContext): Referrers {
  const { client, clock, limits } = context;
  const tags = createFallbackTags(context);
  const flights = createSingleFlight<boolean>();
  let known: { supported: boolean; until: number } | undefined;
  let lastWritten: string | undefined;

  const referrers: Referrers = {
    async supported(repository, options) {
      options?.signal?.throwIfAborted();
      if (known && known.until > clock.now()) return known.supported;
      const asked = repository ?? lastWritten ?? context.fullName(probedRepository);
      return flights.run('', () => detect(asked), options?.signal);
    },

    knowsApi: () => known?.supported === true,

    async *list(repository, subject, options) {
      const found = (await referrers.supported(repository, options))
        ? listByApi(repository, subject, options)
        : listByTag(repository, subject, options);
      const seen = new Set<Digest>();
      for await (const descriptor of found) {
        const { artifactType = descriptor.artifactType } = options;
        if (artifactType !== descriptor.artifactType || seen.has(descriptor.digest)) continue;
        seen.add(descriptor.digest);
        if (seen.size > limits.referrersMax) {
          const what = `list the referrers of a manifest of ${repository}`;
          throw storageError('PKG_E_STORAGE_ANSWER', what, `they are over ${limits.referrersMax}`);
        }
        yield descriptor;
      }
    },

    async noted(repository, { descriptor, facts }, said, { signal }) {
      lastWritten = repository;
      if (said && (await referrers.supported(repository, { ...(signal ? { signal } : {}) })))
        return;
      const { artifactType, annotations, subject } = facts;
      const add = {
        ...descriptor,
        ...(artifactType === undefined ? {} : { artifactType }),
        ...(annotations === undefined ? {} : { annotations }),
      };
      await tags.change(repository, subject, { add }, signal);
    },

    async subjectOf(repository, read, options) {
      if (await referrers.supported(repository, options)) return undefined;
      const manifest = await read();
      return manifest && manifestFacts(manifest.bytes, manifest.mediaType).subject;
    },

    removed: (repository, subject, digest, { signal }) =>
      tags.change(repository, subject, { remove: digest }, signal),
  };
  return referrers;

  /**
   * 200 with an index is yes. A repository that does not exist yet decides nothing; all else is no: 404, a web page,
   * a redirect to one, and 429, with which GHCR ends such questions.
   */
  async function detect(repository: string): Promise<boolean> {
    const request: ClientRequest = {
      what: 'tell whether it lists referrers',
      ...pulling(repository),
      method: 'GET',
      url: context.url(repository, `referrers/${nobody}`),
      headers: { accept: mediaTypes.ociIndex },
      follow: false,
      retryable: ({ status }) => status === 408 || status >= 500,
    };
    const answer = await client.exchange(request);
    const { status } = answer;
    if (status === 401 || status === 403 || status === 408 || status >= 500) {
      throw unexpected(answer, request);
    }
    const undecided = status === 404 && errorCodes(answer).includes('NAME_UNKNOWN');
    const supported = status === 200 && mediaTypeOf(answer.headers) === mediaTypes.ociIndex;
    if (!undecided) known = { supported, until: clock.now() + detectionAgeMs };
    return supported;
  }

  async function* listByApi(
    repository: string,
    subject: Digest,
    { signal, artifactType }: CallOptions & { artifactType?: string },
  ) {
    const url = context.url(repository, `referrers/${subject}`);
    if (artifactType !== undefined) url.searchParams.set('artifactType', artifactType);
    const what = `list the referrers of a manifest of ${repository}`;
    const headers = { accept: mediaTypes.ociIndex };
    const request = { what, ...pulling(repository), method: 'GET', url, headers, signal } as const;
    for await (const answer of readPages(context, request)) {
      for (const descriptor of descriptorsOf(readIndex(parseDocument(answer.bytes, what), what))) {
        yield descriptor.artifactType === mediaTypes.ociEmpty
          ? await asItSays(repository, descriptor, signal)
          : descriptor;
      }
    }
  }

  /**
   * With an empty config a manifest has an artifactType: go-containerregistry's registry lists the config's type even
   * so. The manifest tells.
   */
  async function asItSays(repository: string, descriptor: Descriptor, signal?: AbortSignal) {
    const { digest, mediaType } = descriptor;
    const answer = await client.exchange({
      what: `read a referrer of a manifest of ${repository}`,
      ...pulling(repository),
      method: 'GET',
      url: context.url(repository, `manifests/${digest}`),
      headers: { accept: mediaType },
      signal,
    });
    if (answer.status !== 200 || sha256(answer.bytes) !== digest) return descriptor;
    const { artifactType } = manifestFacts(answer.bytes, mediaType);
    return artifactType === undefined ? descriptor : { ...descriptor, artifactType };
  }

  async function* listByTag(repository: string, subject: Digest, { signal }: CallOptions) {
    yield* descriptorsOf(await tags.read(repository, subject, signal));
  }
}
