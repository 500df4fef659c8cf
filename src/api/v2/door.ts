// `/v2/`: the packages as plain OCI, on the same address. `spec/v2.md` says what it offers and refuses.
import { VitteError } from '../../core/errors.ts';
import { neededAccess } from '../../oci/server/access.ts';
import { answerOci } from '../../oci/server/answer.ts';
import type { OciAnswer, OciRequest } from '../../oci/server/message.ts';
import { parseRoute } from '../../oci/server/route.ts';
import { requestBody } from '../request-body.ts';
import type { ApiContext, ApiParts } from '../route.ts';
import { sendStream } from '../send-stream.ts';
import { callerOf } from './caller.ts';
import type { V2Parts } from './parts.ts';
import { answerToken } from './token.ts';

/** Answers a request to a path below `/v2`. What it throws is told by `ociProblemOf`. */
export async function answerV2(context: ApiContext, parts: ApiParts, v2: V2Parts): Promise<void> {
  const { method } = context;
  const [path = ''] = (context.req.url ?? '').split('?', 1);
  const route = parseRoute(method, path);
  if (route.kind === 'token') return answerToken(context, parts, v2);
  const { actor, token } = await callerOf(context, v2, neededAccess(method, route));
  if (parts.draining() && method !== 'GET' && method !== 'HEAD') {
    throw new VitteError('PKG_E_SHUTTING_DOWN', 'the registry is on its way down');
  }
  const answer = await answerOci(route, requestOf(context, parts), {
    registry: v2.open({ actor, signal: context.state.signal }),
    caller: token ?? actor.account,
    locations: v2.locations,
    blobBytesMax: parts.limits.uploadBytesMax,
  });
  await send(context, parts, answer);
}

function requestOf(context: ApiContext, parts: ApiParts): OciRequest {
  const { req, res, method, querystring } = context;
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers;
  const bodySize = encoding === undefined ? Number(length ?? 0) : undefined;
  return {
    method,
    query: new URLSearchParams(querystring),
    headers: req.headers as OciRequest['headers'],
    bodySize,
    body: () => (bodySize === 0 ? nothing() : requestBody(req, res, parts.limits)),
    signal: context.state.signal,
  };
}

async function send(context: ApiContext, parts: ApiParts, { status, headers, body }: OciAnswer) {
  if (body !== undefined && 'stream' in body) {
    const { stream, size } = body;
    context.respond = false;
    context.status = status;
    context.set(headers);
    const { signal } = context.state;
    return sendStream(context.res, stream, { ...parts.limits, bytes: size, signal });
  }
  context.body = body === undefined ? null : Buffer.from(body);
  // Koa takes a body that is null for a 204 without headers.
  context.status = status;
  context.set(headers);
}

async function* nothing() {}
