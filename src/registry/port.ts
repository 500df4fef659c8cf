// What the use cases take and give. Each use case is one function in a file of its own, named by its verb, whose
// first argument is the Parts that composition made. `api` and `web` translate these to HTTP and back.
import type { Digest } from '../core/digest.ts';
import type { PackageDocument } from '../core/document.ts';
import type { Entry } from '../core/journal-entry.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import type { SignatureFact } from '../core/version-facts.ts';

/** Who asks. `anonymous` may read what is public. */
export type Actor = { account: string; role: 'admin' } | { account: 'anonymous'; role: 'reader' };

/** How an answer is to be read: not older than this journal number (`Vitte-Min-Sequence`), within this signal. */
export type CallContext = { actor: Actor; minSequence?: number; signal?: AbortSignal };

/** An answer with the journal number at which it was read. */
export type Answer<T> = { sequence: number; value: T };

export type SentBundle = {
  bytes: Uint8Array;
  /** SPKI DER of the signer's key, where the client sent it: without it the signature can't be checked here. */
  key?: Uint8Array;
};

export type PublishRequest = {
  name: PackageName;
  version: Version;
  kind: ArchiveKind;
  bundles: SentBundle[];
  archive: AsyncIterable<Uint8Array>;
};

export type PublishedVersion = {
  name: PackageName;
  version: Version;
  digest: Digest;
  archive: { digest: Digest; bytes: number; mediaType: string; fileName: string };
  sequence: number;
  publishedAt: string;
};

export type PublishResult = {
  /** False where the same content stood there already: the answer is then that of the first publish. */
  created: boolean;
  published: PublishedVersion;
  /** Bundles that were not attached, by their SHA-256, with the reason. */
  notAttached: { digest: Digest; reason: string }[];
};

export type VersionInfo = PublishedVersion & {
  actor: string;
  yanked: boolean;
  signatures: SignatureFact[];
  readme: { digest: Digest; bytes: number } | undefined;
  document: PackageDocument;
};

export type PackageInfo = {
  name: PackageName;
  createdAt: string;
  owners: string[];
  sequence: number;
  /** The version that a name alone means; undefined when all are yanked. */
  latest: VersionInfo | undefined;
  /** Highest first. */
  versions: VersionInfo[];
};

export type PackageSummary = {
  name: PackageName;
  version: Version;
  description: string | undefined;
  kind: PackageDocument['kind'];
  license: string | undefined;
  publishedAt: string;
  yanked: boolean;
  score?: number;
};

export type PackagePage = { packages: PackageSummary[]; total: number; next: string | undefined };

export type SignatureInfo = {
  /** Digest of the referrer manifest that holds the bundle. */
  digest: Digest;
  kid: string;
  /** Base64 of the signer's SPKI DER, where it is known. */
  key: string | undefined;
  /** The Sigstore bundle as it was sent. */
  bundle: unknown;
};

export type OpenedArchive = {
  info: VersionInfo;
  /** Size of the whole archive; the body yields the range asked for. */
  size: number;
  body: AsyncIterable<Uint8Array>;
};

export type FeedPage = {
  store: string;
  /** Those that the actor may not read stand as `{n, at, event: "private"}`, so that the numbers have no gap. */
  entries: (Entry | { n: number; at: string; event: 'private' })[];
  /** What to pass as `since` for more; undefined at the end of the journal. */
  next: number | undefined;
};

export type RegistryDescription = {
  store: string;
  profile: number;
  encoding: string;
  log: { origin: string; keyFingerprint: string };
  sequence: number;
};

/** Which parts answer. */
export type Readiness = {
  ready: boolean;
  parts: { part: 'storage' | 'index' | 'journal'; ok: boolean; detail?: string }[];
};
