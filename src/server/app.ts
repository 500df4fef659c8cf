import type { IncomingMessage } from 'node:http';
import Koa from 'koa';
import { setSequenceRead } from '../api/answer.ts';
import { type Problem, problemOf } from '../api/problem.ts';
import { hasUnreadBody } from '../api/request-body.ts';
import type { ApiContext, ApiParts } from '../api/route.ts';
import { apiRouter, noRoute } from '../api/router.ts';
import { answerV2 } from '../api/v2/door.ts';
import { ociProblemOf } from '../api/v2/problem.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import { isOciTarget } from '../oci/server/route.ts';
import { logAccess } from './access-log.ts';
import type { ServerContext, ServerState } from './context.ts';
import type { HotAnswers } from './hot-answers.ts';
import { keepAnswer } from './hot-keep.ts';
import type { ServiceLogger } from './logger.ts';
import { normaliseRequest } from './request-form.ts';
import { requestId } from './request-id.ts';
import { endUnread } from './unread-body.ts';

/** For every answer: nothing here is a page, and nothing is what a browser may guess it to be. */
const securityHeaders = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};
/** Methods of which a route may want the body. */
const methodsWithBody: ReadonlySet<string> = new Set(['PUT', 'POST', 'PATCH', 'DELETE']);

/** Headers that stay when an answer under way becomes a problem. */
const keptHeaders: ReadonlySet<string> = new Set([
  'x-request-id',
  'vitte-sequence',
  'content-language',
  'connection',
  ...Object.keys(securityHeaders).map((name) => name.toLowerCase()),
]);

/** The service as a Koa application: what holds for every request, and the routes. Answers that hold are kept. */
export function makeApp(
  parts: ApiParts,
  logger: ServiceLogger,
  hot?: HotAnswers,
): Koa<ServerState> {
  const app = new Koa<ServerState>();
  // Without a listener Koa prints every connection that a client resets.
  app.on('error', (error: unknown) => logger.debug({ error }, 'connection broke'));
  app.use((context, next) => prepare(context, next, logger, parts.draining));
  app.use(async (context, next) => {
    try {
      normaliseRequest(context.req);
      await next();
    } catch (error) {
      if (!context.headerSent) await setSequenceRead(context as ApiContext, parts);
      answerProblem(context, error, logger, problemFor(context, error, parts));
    }
    if (context.respond !== false && hasUnreadBody(context.req)) await answerUnread(context);
  });
  const { v2 } = parts;
  if (v2) {
    app.use((context, next) =>
      isV2(context.req) ? answerV2(context as ApiContext, parts, v2) : next(),
    );
  }
  const router = apiRouter(parts);
  if (hot) app.use((context, next) => keepAnswer(context, next, hot));
  app.use(router.routes() as Koa.Middleware<ServerState>);
  app.use((context) => noRoute(context as ApiContext));
  return app;
}

function isV2({ url }: IncomingMessage): boolean {
  return isOciTarget(url ?? '');
}

async function prepare(
  context: ServerContext,
  next: () => Promise<void>,
  logger: ServiceLogger,
  draining: () => boolean,
) {
  const { req, res } = context;
  const left = new AbortController();
  context.state.requestId = requestId(req.headers['x-request-id']);
  context.state.signal = left.signal;
  // An error that comes after its response has been given up has nobody left to tell.
  res.on('error', (error) => logger.debug({ error }, 'response broke'));
  res.once('close', () => {
    if (!res.writableFinished) left.abort(new VitteError('PKG_E_CANCELLED', 'the client left'));
  });
  logAccess(context, logger);
  context.set('X-Request-Id', context.state.requestId);
  context.set(securityHeaders);
  // A body that nobody asked for is not taken to its end just to keep the connection.
  const unwanted = !methodsWithBody.has(req.method ?? '') && hasUnreadBody(req);
  if (draining() || unwanted) context.set('Connection', 'close');
  await next();
}

/** What was thrown in the form of the API that was asked. */
function problemFor(context: ServerContext, error: unknown, { v2 }: ApiParts): Problem {
  if (v2 && isV2(context.req)) return ociProblemOf(error, context as ApiContext, v2);
  return problemOf(error, context.state.requestId);
}

/** Turns whatever was thrown into the answer. Koa's own error handling would strip headers and send text. */
function answerProblem(
  context: ServerContext,
  error: unknown,
  logger: ServiceLogger,
  problem: Problem,
) {
  const { requestId: id, signal } = context.state;
  context.state.code = problem.code;
  const left = signal.aborted || (context.headerSent && isVitteError(error, 'PKG_E_CANCELLED'));
  if (left) logger.debug({ requestId: id, error }, 'the client left');
  else if (problem.status >= 500) logger.error({ requestId: id, error }, 'request failed');
  if (left || context.headerSent) {
    // A status that is out can't be taken back: only a connection that breaks off says that the body is not whole.
    context.respond = false;
    context.res.destroy();
    return;
  }
  context.respond = true;
  for (const name of Object.keys(context.response.headers)) {
    if (!keptHeaders.has(name)) context.remove(name);
  }
  context.status = problem.status;
  context.set(problem.headers);
  context.body = problem.body;
}

/** Answers in Koa's place, so that the connection can stay open until the client has read. */
async function answerUnread(context: ServerContext) {
  context.respond = false;
  const { res, req } = context;
  const body =
    context.method === 'HEAD' ? undefined : (context.body as string | Buffer | null | undefined);
  if (!res.destroyed) await endUnread(req, res, body ?? undefined);
}
