import { acceptedEncoding } from '../api/content-encoding.ts';
import type { ServerContext } from './context.ts';
import type { HotAnswer, HotAnswers } from './hot-answers.ts';

/** Fields that each answer has of its own. */
const ownFields: ReadonlySet<string> = new Set([
  'connection',
  'date',
  'keep-alive',
  'vitte-sequence',
  'x-request-id',
]);

/** Keeps the answer of a route that said that it holds, given to someone who showed no token. */
export async function keepAnswer(
  context: ServerContext,
  next: () => Promise<void>,
  hot: HotAnswers,
): Promise<void> {
  await next();
  const answer = answerOf(context);
  if (answer) hot.keep(context.req.url ?? '', answer);
}

function answerOf({ state, req, res, status, body, method }: ServerContext): HotAnswer | undefined {
  const { holds, account } = state;
  const isPlain = method === 'GET' && status === 200 && !req.url?.includes('?');
  if (!holds || !isPlain || account !== 'anonymous') return undefined;
  const vary = res.getHeader('vary');
  const [store] = String(res.getHeader('vitte-sequence') ?? '').split(':');
  const etag = res.getHeader('etag');
  if (!store || typeof etag !== 'string') return undefined;
  if (vary !== undefined && vary !== 'Accept-Encoding') return undefined;
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return undefined;
  const accepted = acceptedEncoding(req.headersDistinct['accept-encoding']?.join(','));
  const fields = res
    .getHeaderNames()
    .filter((name) => !ownFields.has(name))
    .map((name) => [titled(name), String(res.getHeader(name))] as const);
  return {
    ...holds,
    encoding: vary === undefined ? undefined : accepted,
    store,
    etag,
    fields,
    body: Buffer.from(body as string, 'utf8').toString('latin1'),
  };
}

/** As they are usually written; Node keeps them in lower case. */
function titled(name: string): string {
  return name === 'etag'
    ? 'ETag'
    : name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
