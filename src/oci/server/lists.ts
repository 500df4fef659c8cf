// Tags and referrers, page by page.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#content-discovery
import type { Descriptor } from '../../core/descriptor.ts';
import { VitteError } from '../../core/errors.ts';
import { mediaTypes } from '../../core/media-types.ts';
import { ociError } from './errors.ts';
import { jsonAnswer, type OciAnswer, type OciRequest, revalidated } from './message.ts';
import type { OciServerParts } from './parts.ts';
import { type OciRoute, pathOf } from './route.ts';

type TagsRoute = Extract<OciRoute, { kind: 'tags' }>;
type ReferrersRoute = Extract<OciRoute, { kind: 'referrers' }>;

/** One page of tags; about 1 MiB where they are as long as they may be. */
const tagsPerPageMax = 10_000;
/** One page of referrers: clients read no index over 4 MiB. */
const referrerPageBytesMax = 3 * 1024 * 1024;

/** The tags in the order of their characters, after `last`, at most `n`. */
export async function listTags(
  { name }: TagsRoute,
  { query, signal }: OciRequest,
  { registry }: OciServerParts,
): Promise<OciAnswer> {
  const n = parseCount(query.get('n'));
  const last = query.get('last');
  const all: string[] = [];
  for await (const tag of registry.repository(name).tags({ signal })) all.push(tag);
  if (all.length === 0) {
    throw ociError('NAME_UNKNOWN', 'PKG_E_NOT_FOUND', `there are no tags in ${name}`);
  }
  const following = all.filter((tag) => last === null || tag > last).sort();
  const limit = Math.min(n ?? tagsPerPageMax, tagsPerPageMax);
  const tags = following.slice(0, limit);
  const end = tags.at(-1);
  const more = end !== undefined && following.length > limit;
  const next = more ? `?n=${limit}&last=${encodeURIComponent(end)}` : undefined;
  return jsonAnswer(200, { name, tags }, listHeaders(pathOf(name, 'tags/list'), next));
}

/** The referrers of a manifest, which need not be there, as an index; of one artifact type where that is asked for. */
export async function listReferrers(
  { name, digest }: ReferrersRoute,
  { query, signal }: OciRequest,
  { registry }: OciServerParts,
): Promise<OciAnswer> {
  const artifactType = query.get('artifactType') ?? undefined;
  const last = query.get('last') ?? '';
  const options = { signal, ...(artifactType === undefined ? {} : { artifactType }) };
  const found: Descriptor[] = [];
  for await (const referrer of registry.repository(name).referrers(digest, options)) {
    if (referrer.digest > last) found.push(referrer);
  }
  found.sort((a, b) => (a.digest < b.digest ? -1 : 1));
  const manifests = pageOf(found);
  const end = manifests.at(-1)?.digest;
  const filter =
    artifactType === undefined ? '' : `artifactType=${encodeURIComponent(artifactType)}&`;
  const next = manifests.length < found.length ? `?${filter}last=${end}` : undefined;
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests };
  return jsonAnswer(200, index, {
    ...listHeaders(pathOf(name, `referrers/${digest}`), next),
    'Content-Type': mediaTypes.ociIndex,
    ...(artifactType === undefined ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
  });
}

function pageOf(descriptors: Descriptor[]): Descriptor[] {
  let bytes = 0;
  const tooMany = descriptors.findIndex((descriptor, index) => {
    bytes += JSON.stringify(descriptor).length + 1;
    return bytes > referrerPageBytesMax && index > 0;
  });
  return tooMany < 0 ? descriptors : descriptors.slice(0, tooMany);
}

function listHeaders(path: string, next: string | undefined): Record<string, string> {
  return {
    'Cache-Control': revalidated,
    ...(next === undefined ? {} : { Link: `<${path}${next}>; rel="next"` }),
  };
}

function parseCount(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new VitteError('PKG_E_REQUEST', 'query parameter "n" is not a number of tags', {
    data: { parameter: 'n' },
  });
}
