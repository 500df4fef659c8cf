import type { Descriptor } from '../core/descriptor.ts';
import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { ociMetadataBytesMax } from '../core/limits.ts';
import { abortable } from './abortable.ts';
import { collect, streamOf } from './content.ts';
import type {
  BlobRead,
  BlobReadOptions,
  BlobStore,
  CallOptions,
  Content,
  ManifestStore,
  Reference,
  Repository,
} from './port.ts';
import { isManifestType } from './successors.ts';
import { verifyBytes } from './verify.ts';

/** What `fetch` gives: the content is verified while it is read. */
export type FetchedContent = AsyncIterable<Uint8Array>;

/**
 * A repository as oras-go's `Target`: content by descriptor, whatever kind it is of. What is missing is an error here,
 * PKG_E_NOT_FOUND; `blobs` and `manifests` below it answer undefined. All other errors are those of the port.
 * Held open until `close`.
 */
export class Target implements Repository {
  readonly name: string;
  readonly registry: unknown;
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly #repository: Repository;
  readonly #close: () => Promise<void>;

  protected constructor(repository: Repository, registry: unknown, close: () => Promise<void>) {
    this.name = repository.name;
    this.registry = registry;
    this.blobs = repository.blobs;
    this.manifests = repository.manifests;
    this.#repository = repository;
    this.#close = close;
  }

  /** The descriptor behind a tag or digest. */
  async resolve(reference: Reference, options: CallOptions = {}): Promise<Descriptor> {
    const found = await this.manifests.resolve(reference, options);
    return found ?? missing(this.name, reference);
  }

  /**
   * The content that a descriptor names. PKG_E_INTEGRITY where it is something else, also while it is read. `transient`
   * pieces hold only until the next one is asked for, so that their memory is used again.
   */
  async fetch(
    descriptor: Descriptor,
    options: Pick<BlobReadOptions, 'signal' | 'transient'> = {},
  ): Promise<FetchedContent> {
    const { digest, mediaType } = descriptor;
    if (!isManifestType(mediaType)) {
      const blob = await this.blobs.fetch(digest, options);
      return blob ? sized(blob, descriptor) : missing(this.name, digest);
    }
    const manifest = await this.manifests.fetch(digest, options);
    if (!manifest) return missing(this.name, digest);
    verifyBytes(manifest.bytes, descriptor);
    return streamOf(manifest.bytes);
  }

  /** True where the content that a descriptor names is there. */
  async exists({ digest, mediaType }: Descriptor, options: CallOptions = {}): Promise<boolean> {
    const found = isManifestType(mediaType)
      ? await this.manifests.resolve(digest, options)
      : await this.blobs.stat(digest, options);
    return found !== undefined;
  }

  /** Stores content. PKG_E_INTEGRITY where it is not what the descriptor says. */
  async push(descriptor: Descriptor, content: Content, options: CallOptions = {}): Promise<void> {
    const { mediaType, digest } = descriptor;
    if (!isManifestType(mediaType)) return this.blobs.push(descriptor, content, options);
    const source = abortable(streamOf(content), options.signal);
    const bytes = await collect(source, ociMetadataBytesMax);
    verifyBytes(bytes, descriptor);
    const stored = await this.manifests.push({ mediaType, bytes }, options);
    if (stored.digest !== digest)
      throw new VitteError('PKG_E_INTEGRITY', `${digest} was not stored`);
  }

  /** Points a tag at a manifest. */
  async tag({ digest }: Descriptor, tag: string, options: CallOptions = {}): Promise<void> {
    await this.manifests.tag(digest, tag, options);
  }

  /** Removes a tag; the manifest stays. */
  async untag(tag: string, options: CallOptions = {}): Promise<void> {
    await this.manifests.untag([tag], options);
  }

  /** Deletes a blob, or a manifest with its tags. */
  async delete({ digest, mediaType }: Descriptor, options: CallOptions = {}): Promise<void> {
    const store = isManifestType(mediaType) ? this.manifests : this.blobs;
    if (!(await store.delete(digest, options))) missing(this.name, digest);
  }

  /** Every tag, page by page. */
  tags(options: CallOptions = {}): AsyncIterable<string> {
    return this.#repository.tags(options);
  }

  /** What refers to a manifest, filtered by artifactType where one is given. */
  referrers(
    subject: Digest,
    options: CallOptions & { artifactType?: string } = {},
  ): AsyncIterable<Descriptor> {
    return this.#repository.referrers(subject, options);
  }

  /** What refers to a manifest, by its descriptor. */
  predecessors({ digest }: Descriptor, options: CallOptions = {}): AsyncIterable<Descriptor> {
    return this.#repository.referrers(digest, options);
  }

  /** Ends connections and releases locks. */
  close(): Promise<void> {
    return this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

/**
 * All of the content that a descriptor names, verified. PKG_E_BODY_SIZE where that is over `bytesMax`, 4 MiB unless
 * it is said; nothing is read then.
 */
export async function fetchAll(
  target: Pick<Target, 'fetch'>,
  descriptor: Descriptor,
  { bytesMax = ociMetadataBytesMax, ...options }: CallOptions & { bytesMax?: number } = {},
): Promise<Uint8Array> {
  const { digest, size } = descriptor;
  if (size > bytesMax) {
    throw new VitteError(
      'PKG_E_BODY_SIZE',
      `${digest} has ${size} bytes, and ${bytesMax} are taken`,
    );
  }
  return collect(await target.fetch(descriptor, options), bytesMax);
}

/** A blob's own digest is verified by its store; its size is what the descriptor adds. */
async function sized({ body, size }: BlobRead, descriptor: Descriptor): Promise<FetchedContent> {
  if (size === descriptor.size) return body;
  for await (const _ of body) break;
  throw new VitteError(
    'PKG_E_INTEGRITY',
    `content of ${descriptor.digest} has ${size} bytes instead of ${descriptor.size}`,
  );
}

function missing(name: string, reference: Reference): never {
  throw new VitteError('PKG_E_NOT_FOUND', `${name} has no ${reference}`);
}
