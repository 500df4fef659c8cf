// What the use cases take and give. Each use case is one function in a file of its own, named by its verb, whose
// first argument is the Parts that composition made. `api` and `web` translate these to HTTP and back.
import type { Digest } from '../core/digest.ts';
import type { PackageDocument } from '../core/document.ts';
import type { Entry } from '../core/journal-entry.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import type { SignatureFact } from '../core/version-facts.ts';
import type { PackageRow } from '../index/package-row.ts';
import type { DependentRecord, DeprecationRecord, OwnerRecord, YankRecord } from '../index/port.ts';
import type { Facet, FacetName, Highlights } from '../index/search-port.ts';

/** Who asks. `anonymous` may read what is public. */
export type Actor = { account: string; role: 'admin' } | { account: 'anonymous'; role: 'reader' };

/** Who asks without a token. */
export const anonymous: Actor = { account: 'anonymous', role: 'reader' };

/** How an answer is to be read: not older than this journal number (`Vitte-Min-Sequence`), within this signal. */
export type CallContext = {
  actor: Actor;
  minSequence?: number;
  signal?: AbortSignal;
  /** Told of the number of the journal at each answer of the index, also where the call then fails. */
  read?: (sequence: number) => void;
};

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
  /**
   * Where the archive comes from the storage itself, pushed there before with the manifest of this digest: it is not
   * stored again, and must give that manifest.
   */
  manifest?: Digest;
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
  /** Since when it is yanked, by whom and why. */
  yank?: YankRecord;
  signatures: SignatureFact[];
  readme: { digest: Digest; bytes: number } | undefined;
  document: PackageDocument;
};

export type PackageInfo = {
  name: PackageName;
  createdAt: string;
  /** Accounts with the role owner. */
  owners: string[];
  deprecation: DeprecationRecord | undefined;
  /** How often each version was downloaded; a minute old at most, and nothing that anything rests on. */
  downloads: ReadonlyMap<Version, number>;
  sequence: number;
  /** The version that a name alone means; undefined when all are yanked. */
  latest: VersionInfo | undefined;
  /** Highest first. */
  versions: VersionInfo[];
};

/** What a change answers: the state it led to, and whether it had to be changed. */
export type Changed<T> = T & { changed: boolean };

export type YankState = {
  name: PackageName;
  version: Version;
  digest: Digest;
  yanked: boolean;
  yank: YankRecord | undefined;
};
export type DeprecationState = { name: PackageName; deprecation: DeprecationRecord | undefined };
export type OwnersState = { name: PackageName; owners: OwnerRecord[] };

/**
 * A version that depends on a package: which package of the way there its requirement is on, and how many steps it
 * is away (1: it depends directly).
 */
export type Dependent = DependentRecord & { on: PackageName; depth: number };
export type DependentsPage = {
  dependents: Dependent[];
  next: string | undefined;
  /** False where there are more than are followed. */
  complete: boolean;
};

/** A dependency, with the version that it would be today and what that depends on in turn. */
export type DependencyNode = {
  name: PackageName;
  requirement: string;
  scope: 'runtime' | 'development';
  optional: boolean;
  features: string[];
  /** The highest version that satisfies and is not yanked; undefined where there is none. */
  version: Version | undefined;
  /** True where this version's own dependencies stand elsewhere in the tree. */
  repeated: boolean;
  dependencies: DependencyNode[];
};
export type DependencyTree = {
  name: PackageName;
  version: Version;
  dependencies: DependencyNode[];
  complete: boolean;
};

/** A row of a list; of a search, with how well it fits, and where. */
export type PackageSummary = PackageRow & { score?: number; highlights?: Highlights };

export type PackagePage = {
  packages: PackageSummary[];
  total: number;
  next: string | undefined;
  /** Of a search that was asked for them. */
  facets?: Partial<Record<FacetName, Facet>>;
};

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
  /** Size of the whole archive; the body yields the range asked for. Each piece holds until the next is asked for. */
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
  /** Whether exact versions can be fetched, also where nothing else can: from the store, while the index is away. */
  fetches?: boolean;
  parts: { part: 'storage' | 'index' | 'journal'; ok: boolean; detail?: string }[];
};
