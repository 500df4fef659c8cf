// The one port of OCI storage. Adapters: layout (a folder), memory, remote; views wrap it. Names follow oras-go v2.
import type { Descriptor } from '../core/descriptor.ts';
import type { Digest } from '../core/digest.ts';

/** Every method takes a signal; when it aborts, the method rejects with the signal's reason and leaves nothing behind. */
export type CallOptions = { signal?: AbortSignal };

/** A tag or a digest. */
export type Reference = string;

/** First and last byte, both included, as in HTTP. `last` may be left out for "to the end". */
export type ByteRange = { first: number; last?: number };

/** Bytes to push: a buffer, or a factory that a retry may call again. */
export type Content = Uint8Array | (() => AsyncIterable<Uint8Array>);

/** An opened blob. `size` is that of the whole blob; `body` yields the range asked for, and is read once. */
export type BlobRead = {
  digest: Digest;
  size: number;
  body: AsyncIterable<Uint8Array>;
  /** Names these stored bytes: another one where they were written anew. Absent where the storage does not tell. */
  stamp?: string;
};

export type BlobReadOptions = CallOptions & {
  range?: ByteRange;
  /** The reader is done with a piece when it asks for the next one, so its memory may be used again then. */
  transient?: boolean;
  /**
   * Asked with the stamp of a whole blob: true where these bytes were hashed before, so that only their number is
   * checked. Whoever gets them should know how to check the digest.
   */
  hashed?: (stamp: string | undefined) => boolean;
};

/** A manifest's bytes as stored, with the descriptor that names them. */
export type StoredManifest = { descriptor: Descriptor; bytes: Uint8Array };

/**
 * Bytes that lie in the storage under no name yet. Exactly one of commit and abort is called; a commit that fails
 * throws them away.
 */
export type StagedBlob = {
  digest: Digest;
  size: number;
  /** Makes it a blob of the repository. Idempotent where the blob exists. */
  commit(options?: CallOptions): Promise<Descriptor>;
  /** Throws it away. Never rejects. */
  abort(): Promise<void>;
};

/*
 * Errors, beside those each method names: PKG_E_STORAGE_UNAVAILABLE (away, timed out, out of retries),
 * PKG_E_STORAGE_ANSWER (nonsense, over a limit), PKG_E_FORBIDDEN (refused our credentials), PKG_E_TAG and
 * PKG_E_REPOSITORY_NAME (no such name can be), PKG_E_SHUTTING_DOWN (written after close), and the signal's
 * reason; of a layout also PKG_E_STORE_FORMAT (damaged) and PKG_E_STORE_LAYOUT_FULL (no room). What is missing
 * is an answer (undefined), not an error.
 */

export interface BlobStore {
  /**
   * Opens a blob. A whole read is verified while it streams: the last piece is held back until size and
   * digest are right, else the body rejects with PKG_E_INTEGRITY. Undefined when there is none. The signal
   * holds for the body too. PKG_E_RANGE for a range that begins behind the end.
   */
  fetch(digest: Digest, options?: BlobReadOptions): Promise<BlobRead | undefined>;
  /** The size of a blob, or undefined when there is none. */
  stat(digest: Digest, options?: CallOptions): Promise<{ size: number } | undefined>;
  /** Stores content under the digest and size of `target`. PKG_E_INTEGRITY when it is something else. */
  push(
    target: Pick<Descriptor, 'digest' | 'size'>,
    content: Content,
    options?: CallOptions,
  ): Promise<void>;
  /**
   * Streams bytes of unknown digest into the storage without making them a blob. When `source` throws, the
   * staged bytes are thrown away and the error passes through.
   */
  stage(source: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<StagedBlob>;
  /** Takes a blob over from another repository of the same registry; false where that was not possible. */
  mount(digest: Digest, from: string, options?: CallOptions): Promise<boolean>;
  /** Deletes a blob; false when there was none. */
  delete(digest: Digest, options?: CallOptions): Promise<boolean>;
}

/**
 * How far an upload has come. `session` names it in the next call, and is another one after each; it may hold what
 * only this service may see. `size` counts the bytes that are there.
 */
export type UploadState = { session: string; size: number; chunkBytesMin?: number };

/** Bytes that go on with an upload. `first` is where they belong, where that was said; `size` where it is known. */
export type UploadChunk = { source: AsyncIterable<Uint8Array>; first?: number; size?: number };

/**
 * Uploads of several calls, which need not all come to the same process where the storage is a remote one. They are
 * forgotten some time after the last write. Beside those named: PKG_E_UPLOAD_UNKNOWN for a session that is over or
 * never was one of this repository, PKG_E_UPLOAD_BUSY while another call is writing to it.
 */
export interface UploadStore {
  /** PKG_E_RATE_LIMIT where too many are open. */
  begin(options?: CallOptions): Promise<UploadState>;
  /**
   * Adds bytes. PKG_E_RANGE, and nothing is added, where they do not belong at the end. When the source throws or the
   * signal aborts, what came before may stay, and `status` tells how much that is.
   */
  append(upload: UploadState, chunk: UploadChunk, options?: CallOptions): Promise<UploadState>;
  status(upload: UploadState, options?: CallOptions): Promise<UploadState>;
  /**
   * Makes what was uploaded, with a last chunk where there is one, a blob of this digest. The session is over then, also
   * with PKG_E_INTEGRITY for other content; it goes on where the chunk is refused or breaks off.
   */
  finish(
    upload: UploadState,
    digest: Digest,
    chunk: UploadChunk | undefined,
    options?: CallOptions,
  ): Promise<void>;
  /** Throws it away. */
  abort(upload: UploadState, options?: CallOptions): Promise<void>;
}

export interface ManifestStore {
  /** Whether manifests may stand under their sha512 as well (`digest` of push); those of Vitte never do. */
  readonly sha512?: true;
  /** The manifest behind a tag or digest, verified, at most 4 MiB; undefined when there is none. */
  fetch(reference: Reference, options?: CallOptions): Promise<StoredManifest | undefined>;
  /** Its descriptor alone (mediaType, digest, size); undefined when there is none. */
  resolve(reference: Reference, options?: CallOptions): Promise<Descriptor | undefined>;
  /**
   * Stores a manifest by digest and, with `tag`, points the tag at it. Idempotent. PKG_E_BODY_SIZE for more than
   * 4 MiB, PKG_E_DOCUMENT for what is no JSON object of this media type.
   */
  push(
    manifest: { mediaType: string; bytes: Uint8Array },
    options?: CallOptions & {
      tag?: string;
      /** The digest to store it under, where that is not its sha256. PKG_E_INTEGRITY where the bytes have another. */
      digest?: Digest;
      /**
       * The write is sent at most once: where no answer comes it is not repeated but rejected, since a repetition
       * might come after another client's later write of the same tag.
       */
      once?: boolean;
    },
  ): Promise<Descriptor>;
  /** Points a tag at a manifest of this repository. PKG_E_STORAGE_ANSWER when there is no such manifest. */
  tag(digest: Digest, tag: string, options?: CallOptions): Promise<void>;
  /**
   * Removes tags; those that do not exist are passed over. PKG_E_STORAGE_ANSWER, and nothing changed, where a remote
   * registry deletes nothing.
   */
  untag(tags: readonly string[], options?: CallOptions): Promise<void>;
  /**
   * Deletes a manifest and its tags; false when there was none. A remote registry may leave a tag that names nothing
   * where the same manifest is pushed under it at the same time.
   */
  delete(digest: Digest, options?: CallOptions): Promise<boolean>;
}

export interface Repository {
  readonly name: string;
  /** The same value in repositories of one registry, which can mount blobs from each other by their names. */
  readonly registry?: unknown;
  /** Longest tag, where it is less than the 128 characters of the specification. */
  readonly tagLengthMax?: number;
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  /** Absent from views and storages that take content in one piece alone. */
  readonly uploads?: UploadStore;
  /** Every tag, in no promised order, read page by page. Empty for a repository that does not exist. */
  tags(options?: CallOptions): AsyncIterable<string>;
  /**
   * Descriptors (with artifactType and annotations) of the manifests whose `subject` is this digest, each
   * once, filtered by artifactType where one is given.
   */
  referrers(
    subject: Digest,
    options?: CallOptions & { artifactType?: string },
  ): AsyncIterable<Descriptor>;
}

export interface Registry {
  /**
   * True where the Referrers API answers, so that a manifest is kept and found by its `subject` alone (a layout
   * and memory do); false where each referrer must be tagged as well, else collectors delete it. It is asked of
   * `repository` where one is named, which should exist.
   */
  referrersApi(options?: CallOptions & { repository?: string }): Promise<boolean>;
  /** A repository by name, such as `demo-lib` or `roussov/vitte-math`. Makes nothing until something is pushed. */
  repository(name: string): Repository;
  /**
   * The name of every repository that holds anything, in no promised order. Absent where names can't be told from what
   * is stored. PKG_E_STORAGE_UNFIT where the storage gives no such list: it is an extension that many registries lack.
   */
  repositories?(options?: CallOptions): AsyncIterable<string>;
  /** Ends connections and releases locks. */
  close(): Promise<void>;
}
