import { challenge, neededAccess } from '../../oci/server/access.ts';
import { describeError, errorDocument } from '../../oci/server/errors.ts';
import { parseRoute } from '../../oci/server/route.ts';
import { exposed, headersOfError, type Problem, statusOfKind } from '../problem.ts';
import type { ApiContext } from '../route.ts';
import { tokenService, type V2Parts } from './parts.ts';

/** What was thrown, as the distribution API tells it; a 401 with where to get a token, and for what. */
export function ociProblemOf(
  thrown: unknown,
  context: Pick<ApiContext, 'method' | 'req' | 'state'>,
  v2: Pick<V2Parts, 'publicUrl'>,
): Problem {
  const { requestId } = context.state;
  const error = exposed(thrown, requestId);
  const { headers, status = statusOfKind[error.kind] } = describeError(error);
  const insufficient = error.data?.insufficientScope === true;
  return {
    status,
    code: error.code,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'Docker-Distribution-Api-Version': 'registry/2.0',
      ...headersOfError(error),
      ...headers,
      ...(status === 401 ? { 'WWW-Authenticate': challengeOf(context, v2, insufficient) } : {}),
    },
    body: `${JSON.stringify(errorDocument(error, { requestId }))}\n`,
  };
}

function challengeOf(
  { method, req }: Pick<ApiContext, 'method' | 'req'>,
  { publicUrl }: Pick<V2Parts, 'publicUrl'>,
  insufficient: boolean,
): string {
  const [path = ''] = (req.url ?? '').split('?', 1);
  const needed = neededAccess(method, parseRoute(method, path));
  return challenge(publicUrl ?? addressOf(req), tokenService, needed, { insufficient });
}

/** Where the client found the registry. A proxy in front of it may say that it did so by TLS. */
function addressOf(request: ApiContext['req']): string {
  const { host = '', 'x-forwarded-proto': scheme } = request.headers;
  const known = /^[A-Za-z0-9._-]+(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/.test(host);
  const { localAddress = '127.0.0.1', localPort = 80 } = request.socket;
  return `${scheme === 'https' ? 'https' : 'http'}://${known ? host : `${localAddress}:${localPort}`}`;
}
