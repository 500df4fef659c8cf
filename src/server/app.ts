import Koa from 'koa';
import { problemOf } from '../api/problem.ts';
import { hasUnreadBody } from '../api/request-body.ts';
import type { ApiContext, ApiParts } from '../api/route.ts';
import { apiRouter, noRoute } from '../api/router.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import { logAccess } from './access-log.ts';
import type { ServerContext, ServerState } from './context.ts';
import type { Logger } from './logger.ts';
import { normaliseRequest } from './request-form.ts';
import { requestId } from './request-id.ts';
import { endUnread } from './unread-body.ts';

/** For every answer: nothing here is a page, and nothing is what a browser may guess it to be. */
const securityHeaders = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};
/** Headers that stay when an answer under way becomes a problem. */
const keptHeaders: ReadonlySet<string> = new Set([
  'x-request-id',
  'vitte-sequence',
  'connection',
  ...Object.keys(securityHeaders).map((name) => name.toLowerCase()),
]);

/** The service as a Koa application: what holds for every request, and the routes. */
export function makeApp(parts: ApiParts, logger: Logger): Koa<ServerState> {
  const app = new Koa<ServerState>();
  // Without a listener Koa prints every connection that a client resets.
  app.on('error', (error: unknown) => logger.debug({ error }, 'connection broke'));
  app.use((context, next) => prepare(context, next, logger, parts.draining));
  app.use(async (context, next) => {
    try {
      normaliseRequest(context.req);
      await next();
    } catch (error) {
      answerProblem(context, error, logger);
    }
    if (context.respond !== false && hasUnreadBody(context.req)) await answerUnread(context);
  });
  const router = apiRouter(parts);
  app.use(router.routes() as Koa.Middleware<ServerState>);
  app.use((context) => noRoute(context as ApiContext));
  return app;
}

async function prepare(
  context: ServerContext,
  next: () => Promise<void>,
  logger: Logger,
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
  const unwanted = req.method !== 'PUT' && hasUnreadBody(req);
  if (draining() || unwanted) context.set('Connection', 'close');
  await next();
}

/** Turns whatever was thrown into the answer. Koa's own error handling would strip headers and send text. */
function answerProblem(context: ServerContext, error: unknown, logger: Logger) {
  const { requestId: id, signal } = context.state;
  const problem = problemOf(error, id);
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
    context.method === 'HEAD' ? undefined : (context.body as string | Buffer | undefined);
  if (!res.destroyed) await endUnread(req, res, body);
}
