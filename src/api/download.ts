import { hexOf } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { parseRange, type ResolvedRange } from '../oci/http-range.ts';
import type { CallContext, VersionInfo } from '../registry/port.ts';
import { immutable, isNotModified, setSequence } from './answer.ts';
import { exactContext } from './call-context.ts';
import { versionOf } from './packages.ts';

import type { ApiContext, ApiParts, Route } from './route.ts';
import { sendStream } from './send-stream.ts';

export const downloadRoutes: Route[] = [
  { method: 'GET', path: '/api/v1/packages/{name}/{version}/download', handle: download },
];

const conditions = ['range', 'if-match', 'if-none-match'] as const;

/** The archive's bytes; the store is opened only where they are sent. */
async function download(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name, version } = versionOf(context);
  const { target } = context.query;
  if (target !== undefined) {
    throw new VitteError('PKG_E_NOT_FOUND', `${name}@${version} has no binary for this target`, {
      help: 'without target it gives the archive that was published',
    });
  }
  const call = await exactContext(context, parts);
  const isHead = context.method === 'HEAD';
  const conditional = conditions.some((header) => context.headers[header] !== undefined);
  let range: ResolvedRange | undefined;
  if (isHead || conditional) {
    const { sequence, value: info } = await parts.useCases.versionInfo(name, version, call);
    await describeArchive(context, parts, call, { sequence, info });
    if (isNotModified(context, etagOf(info))) {
      context.status = 304;
      return;
    }
    range = wantedRange(context, info);
    describeRange(context, info, range);
    if (isHead) {
      context.status = 200;
      return;
    }
  }
  const { sequence, value } = await parts.useCases.openArchive(name, version, range, call);
  await describeArchive(context, parts, call, { sequence, info: value.info });
  describeRange(context, value.info, range);
  await send(context, parts, value.body, range ? range.last - range.first + 1 : value.size);
}

async function send(
  context: ApiContext,
  parts: ApiParts,
  body: AsyncIterable<Uint8Array>,
  bytes: number,
) {
  context.respond = false;
  context.status = context.res.hasHeader('Content-Range') ? 206 : 200;
  const { signal } = context.state;
  await sendStream(context.res, body, { ...parts.limits, bytes, signal });
}

async function describeArchive(
  context: ApiContext,
  parts: ApiParts,
  call: CallContext,
  { sequence, info }: { sequence: number; info: VersionInfo },
) {
  await setSequence(context, parts, call, sequence);
  const sha256 = Buffer.from(hexOf(info.archive.digest), 'hex').toString('base64');
  context.set({
    'Accept-Ranges': 'bytes',
    'Cache-Control': immutable,
    'Content-Disposition': `attachment; filename="${info.archive.fileName}"`,
    'Content-Type': info.archive.mediaType,
    ETag: etagOf(info),
    'Repr-Digest': `sha-256=:${sha256}:`,
  });
}

function describeRange(context: ApiContext, info: VersionInfo, range: ResolvedRange | undefined) {
  const size = info.archive.bytes;
  if (range) context.set('Content-Range', `bytes ${range.first}-${range.last}/${size}`);
  context.set('Content-Length', String(range ? range.last - range.first + 1 : size));
}

/** A range is meant for the bytes that If-Range names; a date there never matches, as none is given out. */
function wantedRange(context: ApiContext, info: VersionInfo): ResolvedRange | undefined {
  const condition = context.headers['if-range'];
  if (context.method === 'HEAD' || (condition !== undefined && condition !== etagOf(info))) {
    return undefined;
  }
  return parseRange(context.headers.range, info.archive.bytes);
}

function etagOf(info: VersionInfo): string {
  return `"${info.archive.digest}"`;
}
