// What the API needs of the rooms below: the use cases, bound to their parts by composition.
import type { Digest } from '../core/digest.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import type { ByteRange } from '../oci/port.ts';
import type {
  Actor,
  Answer,
  CallContext,
  FeedPage,
  OpenedArchive,
  PackageInfo,
  PackagePage,
  PublishRequest,
  PublishResult,
  Readiness,
  RegistryDescription,
  SignatureInfo,
  VersionInfo,
} from '../registry/port.ts';

/** `cursor` is the `next` of the page before, exactly as the use case gave it. `limit` is 1 to 100. */
export type ListQuery = { namespace?: string; cursor?: string; limit: number };
export type SearchQuery = ListQuery & { text: string };

/** What is missing is an error, PKG_E_NOT_FOUND: a use case never answers with nothing. */
export type UseCases = {
  describe(context: CallContext): Promise<Answer<RegistryDescription>>;
  publish(request: PublishRequest, context: CallContext): Promise<Answer<PublishResult>>;
  packageInfo(name: PackageName, context: CallContext): Promise<Answer<PackageInfo>>;
  versionInfo(
    name: PackageName,
    version: Version,
    context: CallContext,
  ): Promise<Answer<VersionInfo>>;
  /** By name. The cursor is the name of the last row. */
  list(query: ListQuery, context: CallContext): Promise<Answer<PackagePage>>;
  /** Best first. The cursor is the number of rows passed, in decimal. */
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
  /** Who holds this token. Throws PKG_E_TOKEN. */
  authenticate(token: string, options: { signal?: AbortSignal }): Promise<Actor>;
  readiness(options: { signal?: AbortSignal }): Promise<Readiness>;
};
