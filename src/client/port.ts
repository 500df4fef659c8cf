// The registry's REST API from the outside. `openClient` in open-client.ts makes one.
import type { Digest } from '../core/digest.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import type { PackageName } from '../core/name.ts';
import type { Account, PackageRole } from '../core/people.ts';
import type { Version } from '../core/version.ts';
import type { PackageFacts } from '../resolve/port.ts';
import type {
  ChangesAnswer,
  DependentsAnswer,
  DeprecationAnswer,
  OwnersAnswer,
  PackageAnswer,
  PackagesAnswer,
  PublishedAnswer,
  RegistryAnswer,
  SignaturesAnswer,
  VersionAnswer,
  WhoamiAnswer,
  YankAnswer,
} from './answers.ts';
import type { Bundle } from './publish-body.ts';
import type { SeenSequence } from './sequences.ts';

export type {
  ChangesAnswer,
  DependentsAnswer,
  DeprecationAnswer,
  OwnersAnswer,
  PackageAnswer,
  PackageRow,
  PackagesAnswer,
  PublishedAnswer,
  RegistryAnswer,
  SignaturesAnswer,
  VersionAnswer,
  WhoamiAnswer,
  YankAnswer,
} from './answers.ts';
export type { Bundle } from './publish-body.ts';

export type CallOptions = { signal?: AbortSignal | undefined };

export type ListOptions = CallOptions & {
  namespace?: string | undefined;
  /** `relevance`, `name`, `updated`, `created`, `downloads`; else best first where there is a query, and by name. */
  sort?: string | undefined;
  /** Counted over all pages: `kind`, `license`, `keyword`, `namespace`. */
  facets?: readonly string[] | undefined;
  /** Rows of one page, 1 to 100. */
  limit?: number | undefined;
  /** `next` of the page before. */
  cursor?: string | undefined;
};

export type PublishRequest = {
  name: PackageName;
  version: Version;
  archive: {
    kind: ArchiveKind;
    bytes: number;
    /** The archive from its beginning: called again for each try. */
    open: () => AsyncIterable<Uint8Array>;
  };
  bundles: readonly Bundle[];
};

/*
 * Errors of every method: PKG_E_REGISTRY_UNAVAILABLE (away, or out of retries), PKG_E_REGISTRY_ANSWER (nonsense,
 * over a limit, a fault of the server's own), any code that the server states, and the signal's reason.
 */
export interface RegistryClient {
  /** The registry's URL in its normal form. */
  readonly url: string;
  registry(options?: CallOptions): Promise<RegistryAnswer>;
  /** One page of all packages, by name. */
  list(options?: ListOptions): Promise<PackagesAnswer>;
  /** One page of what the query finds, best first. */
  search(query: string, options?: ListOptions): Promise<PackagesAnswer>;
  packageInfo(name: PackageName, options?: CallOptions): Promise<PackageAnswer>;
  versionInfo(name: PackageName, version: Version, options?: CallOptions): Promise<VersionAnswer>;
  signatures(name: PackageName, version: Version, options?: CallOptions): Promise<SignaturesAnswer>;
  /**
   * The bytes of a version's archive. The last piece comes only when all of them have the digest; a broken
   * connection is resumed. PKG_E_INTEGRITY for other bytes.
   */
  download(
    name: PackageName,
    version: Version,
    archive: { digest: Digest; bytes: number },
    options?: CallOptions,
  ): AsyncIterable<Uint8Array>;
  /** Publishes. `created` is false where the same content stood there already. Safe to repeat. */
  publish(
    request: PublishRequest,
    options?: CallOptions,
  ): Promise<PublishedAnswer & { created: boolean }>;
  /** Yanks a version, or lifts that. `changed` is false where it stood so already. Safe to repeat, as all below. */
  setYanked(
    name: PackageName,
    version: Version,
    yanked: boolean,
    options?: CallOptions & { reason?: string | undefined },
  ): Promise<YankAnswer>;
  deprecation(name: PackageName, options?: CallOptions): Promise<DeprecationAnswer>;
  /** Deprecates a package; an empty message lifts that. */
  deprecate(name: PackageName, message: string, options?: CallOptions): Promise<DeprecationAnswer>;
  owners(name: PackageName, options?: CallOptions): Promise<OwnersAnswer>;
  /** Gives an account a role on a package; without one, takes it off the list. */
  setOwner(
    name: PackageName,
    account: Account,
    role: PackageRole | undefined,
    options?: CallOptions,
  ): Promise<OwnersAnswer>;
  /** One page of the versions that depend on a package. `limit` is 1 to 1,000. */
  dependents(
    name: PackageName,
    options?: CallOptions & { transitive?: boolean; limit?: number; cursor?: string | undefined },
  ): Promise<DependentsAnswer>;
  /**
   * The index documents of packages by name, with all that they hold; undefined for a package that there is not. As
   * many requests as it takes: 500 names in one, and what an answer had no room for in the next.
   */
  indexDocuments(
    names: readonly PackageName[],
    options?: CallOptions,
  ): Promise<Map<PackageName, PackageFacts | undefined>>;
  /** The journal's entries after number `since`, at most `limit` (1 to 1,000). */
  changes(options?: CallOptions & { since?: number; limit?: number }): Promise<ChangesAnswer>;
  whoami(options?: CallOptions): Promise<WhoamiAnswer>;
  /** The store that answered last, here or in an earlier run, and the number that it named; undefined for none. */
  seen(): Promise<SeenSequence | undefined>;
  /** Ends connections and keeps the last sequence number seen. */
  close(): Promise<void>;
}
