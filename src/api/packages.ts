import type { SignatureFact } from '../core/version-facts.ts';
import type { FacetName, SearchSort } from '../index/search-port.ts';
import type { PackageInfo, PackagePage, VersionInfo } from '../registry/port.ts';
import { reply, setHolding, setSequence } from './answer.ts';
import { callContext, exactContext } from './call-context.ts';
import { type CursorScope, formatCursor, parseCursor } from './cursor.ts';
import { linkTo, versionLinks } from './links.ts';
import { nameInPath, versionInPath } from './package-path.ts';
import { parseQuery } from './query.ts';
import type { ApiContext, ApiParts, Route } from './route.ts';

export const packageRoutes: Route[] = [
  { method: 'GET', path: '/api/v1/packages', handle: listPackages },
  { method: 'GET', path: '/api/v1/packages/{name}', handle: showPackage },
  { method: 'GET', path: '/api/v1/packages/{name}/{version}', handle: showVersion },
  { method: 'GET', path: '/api/v1/packages/{name}/{version}/signatures', handle: showSignatures },
  { method: 'GET', path: '/api/v1/packages/{name}/{version}/readme', handle: showReadme },
];

/** The package that a path names. Throws PKG_E_PACKAGE_NAME, PKG_E_REQUEST. */
export function packageOf(context: ApiContext) {
  return { name: nameInPath(context.captures?.[0] ?? '') };
}

/** The version that a path names. Throws PKG_E_PACKAGE_NAME, PKG_E_PACKAGE_VERSION, PKG_E_REQUEST. */
export function versionOf(context: ApiContext) {
  return { ...packageOf(context), version: versionInPath(context.captures?.[1] ?? '') };
}

type ListParameters = {
  q?: string;
  namespace?: string;
  sort?: SearchSort;
  facets?: string;
  limit?: number;
  cursor?: string;
};
const listLimit = 50;

async function listPackages(context: ApiContext, parts: ApiParts): Promise<void> {
  const query = await parseQuery<ListParameters>('packages-query', context.querystring);
  const { namespace, limit = listLimit } = query;
  const text = query.q?.trim() ?? '';
  const sort = query.sort ?? (text === '' ? 'name' : 'relevance');
  const facets = [...new Set(query.facets?.split(','))] as FacetName[];
  // All packages by name are the index's own order; every other question is one for the search.
  const isList = text === '' && sort === 'name' && facets.length === 0;
  const scope: CursorScope = isList
    ? { of: 'list', namespace }
    : { of: 'search', text, namespace, sort };
  const page = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(query.cursor === undefined ? {} : { cursor: parseCursor(scope, query.cursor) }),
    limit,
  };
  const call = await callContext(context, parts);
  const { useCases } = parts;
  const { sequence, value } = await (isList
    ? useCases.list(page, call)
    : useCases.search({ ...page, text, sort, facets }, call));
  const next = value.next === undefined ? null : formatCursor(scope, value.next);
  if (next !== null) context.set('Link', `<${nextPage(context, parts, next)}>; rel="next"`);
  await setSequence(context, parts, call, sequence);
  reply(context, { body: pageDocument(value, next) });
}

async function showPackage(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name } = packageOf(context);
  const query = await parseQuery<{ downloads?: string }>('package-query', context.querystring);
  const call = await callContext(context, parts);
  const { sequence, value } = await parts.useCases.packageInfo(name, call);
  await setSequence(context, parts, call, sequence);
  setHolding(context, name, sequence);
  reply(context, { body: packageDocument(value, query.downloads === 'true') });
}

async function showVersion(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name, version } = versionOf(context);
  const call = await exactContext(context, parts);
  const { sequence, value } = await parts.useCases.versionInfo(name, version, call);
  await setSequence(context, parts, call, sequence);
  reply(context, { body: versionDocument(parts, value) });
}

async function showSignatures(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name, version } = versionOf(context);
  const call = await exactContext(context, parts);
  const { value: info } = await parts.useCases.versionInfo(name, version, call);
  const { sequence, value } = await parts.useCases.signatures(name, version, call);
  await setSequence(context, parts, call, sequence);
  reply(context, {
    body: {
      schema: 'vitte.registry.signatures.v1',
      name,
      version,
      digest: info.digest,
      signatures: value.map((row) => ({ ...row, key: row.key ?? null })),
    },
  });
}

async function showReadme(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name, version } = versionOf(context);
  const call = await exactContext(context, parts);
  const { sequence, value } = await parts.useCases.readme(name, version, call);
  await setSequence(context, parts, call, sequence);
  const type = 'text/markdown; charset=utf-8';
  reply(context, { body: value.bytes, type, etag: `"${value.digest}"` });
}

function pageDocument({ packages, total, facets }: PackagePage, next: string | null) {
  return { schema: 'vitte.registry.packages.v1', packages, total, next, facets };
}

/** Only what the journal says, unless it is asked for more: two replicas, and a rebuilt index, give the same bytes. */
function packageDocument(info: PackageInfo, counted: boolean) {
  const { name, createdAt, owners, sequence, latest, versions, deprecation, downloads } = info;
  const { description, kind, license, keywords, repository, homepage } =
    // Where all are yanked it is still known what the package was.
    (latest ?? versions[0])?.document ?? {};
  return {
    schema: 'vitte.registry.package.v1',
    name,
    latest: latest?.version ?? null,
    description,
    kind,
    license,
    keywords,
    repository,
    homepage,
    owners,
    deprecated: deprecation?.message,
    ...(counted ? { downloads: [...downloads.values()].reduce((sum, n) => sum + n, 0) } : {}),
    createdAt,
    sequence,
    versions: versions.map(({ version, digest, publishedAt, yanked, yank, signatures }) => ({
      version,
      digest,
      publishedAt,
      yanked,
      yank: yank && yankRow(yank),
      ...(counted ? { downloads: downloads.get(version) ?? 0 } : {}),
      targets: [],
      signatures: signatureRows(signatures),
    })),
  };
}

function yankRow({ reason, at, actor }: NonNullable<VersionInfo['yank']>) {
  return { reason, at, actor };
}

function versionDocument(parts: ApiParts, info: VersionInfo) {
  const { name, version, digest, archive, publishedAt, actor, sequence, yanked, document } = info;
  return {
    schema: 'vitte.registry.version.v1',
    name,
    version,
    digest,
    archive,
    publishedAt,
    actor,
    sequence,
    yanked,
    yank: info.yank && yankRow(info.yank),
    signatures: signatureRows(info.signatures),
    targets: [],
    readme: info.readme && { bytes: info.readme.bytes },
    document,
    links: versionLinks(parts, info),
  };
}

function signatureRows(signatures: SignatureFact[]) {
  return signatures.map(({ bundle, kid, verified }) => ({ digest: bundle, kid, verified }));
}

/** The address of the next page: this one's query with another cursor. */
function nextPage(context: ApiContext, parts: ApiParts, cursor: string): string {
  const query = new URLSearchParams(context.querystring);
  query.set('cursor', cursor);
  return `${linkTo(parts, '/packages')}?${query}`;
}
