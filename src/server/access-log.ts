import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ServiceLogger, safeText, timeText } from './logger.ts';

const pathLengthMax = 512;
const userAgentLengthMax = 200;

/** A request and its answer, with what is known of them beyond HTTP. */
export type Exchange = {
  req: IncomingMessage;
  res: ServerResponse;
  state: {
    requestId: string;
    account?: string;
    /** Of the problem that was answered. */
    code?: string;
  };
};

/** What a line says, beside what each single answer has of its own. */
export type AccessRow = {
  method: string | undefined;
  /** Without the query: people paste. */
  path: string;
  /** Absent for an answer that never began. */
  status?: number;
  code?: string | undefined;
  account?: string | undefined;
  /** The client was gone before it had its answer. */
  left?: true;
  userAgent: string | undefined;
};

/** Writes the line of one answer. `ms` is the time from its request, `remote` the address of its client. */
export type AccessLine = (requestId: string, ms: number, remote: string | undefined) => void;

/** Writes one line a request, once its answer is out or its client has gone. */
export function logAccess({ req, res, state }: Exchange, logger: ServiceLogger): void {
  const from = performance.now();
  const path = (req.url ?? '').split('?', 1)[0] ?? '';
  res.once('close', () => {
    const { requestId, account, code } = state;
    const line = accessLine(
      {
        method: req.method,
        path,
        ...(res.headersSent ? { status: res.statusCode } : {}),
        code,
        account,
        ...(res.writableFinished ? {} : { left: true }),
        userAgent: req.headers['user-agent'],
      },
      logger,
    );
    line(requestId, performance.now() - from, req.socket.remoteAddress);
  });
}

/**
 * Lines for answers that are alike; what they have in common is put together once. They have the form of the
 * logger's own, at a tenth of its cost: with a kept answer the line is the dearest part.
 */
export function accessLine(row: AccessRow, logger: ServiceLogger): AccessLine {
  const level = levelOf(row);
  if (!logger.isLevelEnabled(level)) return () => {};
  const { userAgent, ...first } = row;
  const common = fieldsOf({ ...first, path: row.path.slice(0, pathLengthMax) });
  const end = `${fieldsOf({ userAgent: userAgent?.slice(0, userAgentLengthMax) })}"message":"request"}\n`;
  return (requestId, ms, remote) => {
    const own = `${common}"ms":${Math.round(ms)},${remote === undefined ? '' : `"remote":"${remote}",`}`;
    logger.lines.add(
      `{"level":"${level}","time":"${timeText()}","requestId":"${requestId}",${own}${end}`,
    );
  };
}

/** Probes come every few seconds and say nothing while they are answered. */
function levelOf({ path, status = 200 }: AccessRow): 'debug' | 'info' | 'warn' {
  if (status >= 500) return 'warn';
  return path === '/healthz' || path === '/readyz' ? 'debug' : 'info';
}

/** Members of a JSON object, each with a comma behind it. */
function fieldsOf(fields: object): string {
  const text = JSON.stringify(fields).slice(1, -1);
  return text === '' ? '' : `${safeText(text)},`;
}
