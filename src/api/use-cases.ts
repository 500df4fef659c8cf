// What the API needs of the rooms below: the use cases, bound to their parts by composition.
import type { Digest } from '../core/digest.ts';
import type { JsonValue } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import type { Account, PackageRole } from '../core/people.ts';
import type { Version } from '../core/version.ts';
import type { FacetName, SearchSort } from '../index/search-port.ts';
import type { ByteRange } from '../oci/port.ts';
import type { DependentsQuery } from '../registry/dependents.ts';
import type { IndexBatch, IndexDocument } from '../registry/index-documents.ts';
import type {
  Actor,
  Answer,
  CallContext,
  Changed,
  DependencyTree,
  DependentsPage,
  DeprecationState,
  FeedPage,
  OpenedArchive,
  OwnersState,
  PackageInfo,
  PackagePage,
  PublishRequest,
  PublishResult,
  Readiness,
  RegistryDescription,
  SignatureInfo,
  VersionInfo,
  YankState,
} from '../registry/port.ts';
import type { ResolveResult } from '../resolve/port.ts';

/** `cursor` is the `next` of the page before, exactly as the use case gave it. `limit` is 1 to 100. */
export type ListQuery = { namespace?: string; cursor?: string; limit: number };
export type SearchQuery = ListQuery & {
  text: string;
  sort?: SearchSort;
  facets?: readonly FacetName[];
};

/** What is missing is an error, PKG_E_NOT_FOUND: a use case never answers with nothing. */
export type UseCases = {
  describe(context: CallContext): Promise<Answer<RegistryDescription>>;
  /** The store's id, also while the index is away; absent where `describe` tells it always. */
  storeId?(options: { signal?: AbortSignal }): Promise<string>;
  publish(request: PublishRequest, context: CallContext): Promise<Answer<PublishResult>>;
  packageInfo(name: PackageName, context: CallContext): Promise<Answer<PackageInfo>>;
  versionInfo(
    name: PackageName,
    version: Version,
    context: CallContext,
  ): Promise<Answer<VersionInfo>>;
  /** By name. The cursor is the name of the last row. */
  list(query: ListQuery, context: CallContext): Promise<Answer<PackagePage>>;
  /** Best first, or as `sort` says. Throws PKG_E_SEARCH_FILTER, and PKG_E_REQUEST for a cursor that it never gave. */
  search(query: SearchQuery, context: CallContext): Promise<Answer<PackagePage>>;
  openArchive(
    name: PackageName,
    version: Version,
    range: ByteRange | undefined,
    context: CallContext,
  ): Promise<Answer<OpenedArchive>>;
  signatures(
    name: PackageName,
    version: Version,
    context: CallContext,
  ): Promise<Answer<SignatureInfo[]>>;
  readme(
    name: PackageName,
    version: Version,
    context: CallContext,
  ): Promise<Answer<{ bytes: Uint8Array; digest: Digest }>>;
  /** `limit` is 1 to 1,000. */
  changes(page: { since: number; limit: number }, context: CallContext): Promise<Answer<FeedPage>>;
  /** Entries after a number, as soon as there is one; none after `timeoutMs`. `limit` is 1 to 1,000. */
  nextChanges(
    page: { since: number; limit: number; timeoutMs: number },
    context: CallContext,
  ): Promise<FeedPage['entries']>;
  yank(
    request: { name: PackageName; version: Version; yanked: boolean; reason?: string },
    context: CallContext,
  ): Promise<Answer<Changed<YankState>>>;
  deprecation(name: PackageName, context: CallContext): Promise<Answer<DeprecationState>>;
  /** An empty message lifts it. */
  deprecate(
    request: { name: PackageName; message: string },
    context: CallContext,
  ): Promise<Answer<Changed<DeprecationState>>>;
  owners(name: PackageName, context: CallContext): Promise<Answer<OwnersState>>;
  /** Without a role the account is taken off the list. */
  setOwner(
    request: { name: PackageName; account: Account; role?: PackageRole },
    context: CallContext,
  ): Promise<Answer<Changed<OwnersState>>>;
  dependents(
    name: PackageName,
    query: DependentsQuery,
    context: CallContext,
  ): Promise<Answer<DependentsPage>>;
  /** `depth` is 1 to 64. */
  dependencies(
    request: { name: PackageName; version: Version; depth: number },
    context: CallContext,
  ): Promise<Answer<DependencyTree>>;
  indexDocument(name: PackageName, context: CallContext): Promise<Answer<IndexDocument>>;
  /** Documents of at most so many bytes together, but one at least. */
  indexDocuments(
    names: readonly PackageName[],
    bytesMax: number,
    context: CallContext,
  ): Promise<Answer<IndexBatch>>;
  /** `request` is of the form of resolve-request.json. What has no solution is an answer, and no error. */
  resolve(request: JsonValue, context: CallContext): Promise<Answer<ResolveResult>>;
  /** Who holds this token. Throws PKG_E_TOKEN. */
  authenticate(token: string, options: { signal?: AbortSignal }): Promise<Actor>;
  readiness(options: { signal?: AbortSignal }): Promise<Readiness>;
};
