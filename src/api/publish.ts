import { VitteError } from '../core/errors.ts';
import { archiveKindOf, mediaTypes } from '../core/media-types.ts';
import type { PublishRequest } from '../registry/port.ts';
import { reply, setSequence } from './answer.ts';
import { tokenContext } from './call-context.ts';
import { linkTo, versionLinks } from './links.ts';
import { parseMediaType } from './media-type.ts';
import { boundaryOf, readMixed } from './multipart.ts';
import { packagePath } from './package-path.ts';
import { versionOf } from './packages.ts';
import { checkAnnouncedBody, requestBody } from './request-body.ts';
import type { ApiContext, ApiParts, Route } from './route.ts';

export const publishRoutes: Route[] = [
  { method: 'PUT', path: '/api/v1/packages/{name}/{version}', handle: publish },
];

async function publish(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name, version } = versionOf(context);
  if (parts.draining()) {
    throw new VitteError('PKG_E_SHUTTING_DOWN', 'the registry is on its way down');
  }
  // Rights and headers are judged before a byte of the body is read.
  const call = await tokenContext(context, parts);
  const content = await openContent(context, parts);
  const request: PublishRequest = { name, version, ...content };
  const { sequence, value } = await parts.useCases.publish(request, call);
  const { published, notAttached } = value;
  await setSequence(context, parts, call, sequence);
  context.set('Location', linkTo(parts, packagePath(published.name, published.version)));
  const { digest, bytes } = published.archive;
  reply(context, {
    status: value.created ? 201 : 200,
    cacheControl: 'no-store',
    body: {
      schema: 'vitte.registry.published.v1',
      name: published.name,
      version: published.version,
      digest: published.digest,
      archive: { digest, bytes },
      sequence: published.sequence,
      publishedAt: published.publishedAt,
      ...(notAttached.length > 0 ? { notAttached } : {}),
      links: versionLinks(parts, published),
    },
  });
}

/** Opens the body of a publish: the archive alone, or bundles and the archive. */
async function openContent(
  context: ApiContext,
  parts: ApiParts,
): Promise<Pick<PublishRequest, 'kind' | 'bundles' | 'archive'>> {
  const { headersDistinct } = context.req;
  const encoding = headersDistinct['content-encoding']?.join(', ') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw mediaTypeError('the body has a Content-Encoding; it is taken as it is stored');
  }
  const types = headersDistinct['content-type'] ?? [];
  if (types.length > 1) {
    throw new VitteError('PKG_E_REQUEST', 'the request has several Content-Type headers');
  }
  if (types[0] === undefined) throw mediaTypeError('the request has no Content-Type');
  const mediaType = parseMediaType(types[0]);
  const kind = archiveKindOf(mediaType.type);
  const boundary = mediaType.type === 'multipart/mixed' ? boundaryOf(mediaType) : undefined;
  if (kind === undefined && boundary === undefined) {
    throw mediaTypeError(`no package comes as ${JSON.stringify(mediaType.type)}`);
  }
  checkAnnouncedBody(context.req, parts.limits);
  const body = requestBody(context.req, context.res, parts.limits);
  if (boundary !== undefined) return readMixed(body, boundary);
  return { kind: kind ?? 'vitmod', bundles: [], archive: body };
}

function mediaTypeError(message: string) {
  return new VitteError('PKG_E_MEDIA_TYPE', message, {
    help: `send ${mediaTypes.vitmod}, ${mediaTypes.vitpkg}, or multipart/mixed with bundles first`,
  });
}
