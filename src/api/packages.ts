import type { SignatureFact } from '../core/version-facts.ts';
import type { PackageInfo, PackagePage, VersionInfo } from '../registry/port.ts';
import { reply, setSequence } from './answer.ts';
import { callContext } from './call-context.ts';
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

type ListParameters = { q?: string; namespace?: string; limit?: number; cursor?: string };
const listLimit = 50;

async function listPackages(context: ApiContext, parts: ApiParts): Promise<void> {
  const query = await parseQuery<ListParameters>('packages-query', context.querystring);
  const text = query.q?.trim() ?? '';
  const namespace = query.namespace === undefined ? {} : { namespace: query.namespace };
  const scope: CursorScope =
    text === '' ? { of: 'list', ...namespace } : { of: 'search', text, ...namespace };
  const page = {
    ...namespace,
    ...(query.cursor === undefined ? {} : { cursor: parseCursor(scope, query.cursor) }),
    limit: query.limit ?? listLimit,
  };
  const call = await callContext(context, parts);
  const { useCases } = parts;
  const { sequence, value } = await (text === ''
    ? useCases.list(page, call)
    : useCases.search({ ...page, text }, call));
  const next = value.next === undefined ? null : formatCursor(scope, value.next);
  if (next !== null) context.set('Link', `<${nextPage(context, parts, next)}>; rel="next"`);
  await setSequence(context, parts, call, sequence);
  reply(context, { body: pageDocument(value, next) });
}

async function showPackage(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name } = packageOf(context);
  const call = await callContext(context, parts);
  const { sequence, value } = await parts.useCases.packageInfo(name, call);
  await setSequence(context, parts, call, sequence);
  reply(context, { body: packageDocument(value) });
}

async function showVersion(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name, version } = versionOf(context);
  const call = await callContext(context, parts);
  const { sequence, value } = await parts.useCases.versionInfo(name, version, call);
  await setSequence(context, parts, call, sequence);
  reply(context, { body: versionDocument(parts, value) });
}

async function showSignatures(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name, version } = versionOf(context);
  const call = await callContext(context, parts);
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
  const call = await callContext(context, parts);
  const { sequence, value } = await parts.useCases.readme(name, version, call);
  await setSequence(context, parts, call, sequence);
  const type = 'text/markdown; charset=utf-8';
  reply(context, { body: value.bytes, type, etag: `"${value.digest}"` });
}

function pageDocument({ packages, total }: PackagePage, next: string | null) {
  return { schema: 'vitte.registry.packages.v1', packages, total, next };
}

function packageDocument({ name, createdAt, owners, sequence, latest, versions }: PackageInfo) {
  const { description, kind, license, keywords, repository, homepage } = latest?.document ?? {};
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
    createdAt,
    sequence,
    versions: versions.map(({ version, digest, publishedAt, yanked, signatures }) => {
      const rows = signatureRows(signatures);
      return { version, digest, publishedAt, yanked, targets: [], signatures: rows };
    }),
  };
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
