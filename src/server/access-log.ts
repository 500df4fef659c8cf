import type { ServerContext } from './context.ts';
import type { Logger } from './logger.ts';

const pathLengthMax = 512;
const userAgentLengthMax = 200;

/** Writes one line a request, once its answer is out or its client has gone. The query is left out: people paste. */
export function logAccess(context: ServerContext, logger: Logger): void {
  const from = performance.now();
  const { req, res } = context;
  const { requestId } = context.state;
  const path = (req.url ?? '').split('?', 1)[0] ?? '';
  res.once('close', () => {
    const { account, code } = context.state;
    const left = !res.writableFinished;
    const row = {
      requestId,
      method: req.method,
      path: path.slice(0, pathLengthMax),
      // An answer that never began has no status.
      ...(res.headersSent ? { status: res.statusCode } : {}),
      ...(code === undefined ? {} : { code }),
      ...(account === undefined ? {} : { account }),
      ...(left ? { left } : {}),
      ms: Math.round(performance.now() - from),
      remote: req.socket.remoteAddress,
      userAgent: req.headers['user-agent']?.slice(0, userAgentLengthMax),
    };
    logger[levelOf(path, res.statusCode)](row, 'request');
  });
}

/** Probes come every few seconds and say nothing while they are answered. */
function levelOf(path: string, status: number): 'debug' | 'info' | 'warn' {
  if (status >= 500) return 'warn';
  return path === '/healthz' || path === '/readyz' ? 'debug' : 'info';
}
