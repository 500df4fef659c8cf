// The short way of a GET whose answer is kept: in front of Koa, and where a connection only repeats itself, in front
// of the HTTP parser.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { type AccessLine, accessLine, logAccess } from './access-log.ts';
import type { HotAnswer, HotAnswers } from './hot-answers.ts';
import { type HotRequest, hotRequest } from './hot-request.ts';
import { createHotTexts, hotFields } from './hot-text.ts';
import type { ServiceLogger } from './logger.ts';
import { type Repeater, watchRepeats } from './repeats.ts';
import { requestId } from './request-id.ts';
import { createTurnQueue } from './turn-queue.ts';

export type HotPath = {
  /** Answers what it can, and hands all else on. */
  before(next: RequestListener): RequestListener;
  /** Looks at the server's connections too, which stay open for so long between requests. */
  watch(server: Server, keepAliveTimeoutMs: number): void;
  /** Writes now what waits for the end of this turn. */
  flush(): void;
};

export type HotPathOptions = { logger: ServiceLogger; draining: () => boolean };

const account = 'anonymous';

type Found = { answer: HotAnswer; sequence: number; notModified: boolean };

export function createHotPath(answers: HotAnswers, { logger, draining }: HotPathOptions): HotPath {
  let texts = createHotTexts(0);
  const responses = createTurnQueue(respond);
  const repeats = createTurnQueue(repeat);
  const lines = new WeakMap<HotRequest, { 200?: AccessLine; 304?: AccessLine }>();

  return {
    before: (next) => (request, response) => {
      const found = draining() || !answers.has(request.url ?? '') ? undefined : ask(request);
      if (!found) return next(request, response);
      const state = { requestId: requestId(found.asked.requestId), account };
      logAccess({ req: request, res: response, state }, logger);
      responses.add({ response, requestId: state.requestId, ...found });
    },

    watch(server, keepAliveTimeoutMs) {
      texts = createHotTexts(keepAliveTimeoutMs);
      watchRepeats(server, {
        keeps: (url) => answers.has(url),
        flush,
        take(from, asked) {
          const found = draining() ? undefined : find(asked);
          if (found) repeats.add({ from, asked, began: performance.now(), ...found });
          return found !== undefined;
        },
      });
    },

    flush,
  };

  function flush() {
    responses.flush();
    repeats.flush();
  }

  function ask(request: IncomingMessage) {
    const asked = hotRequest(request);
    const found = asked && find(asked);
    return found && { asked, ...found };
  }

  function find(asked: HotRequest): Found | undefined {
    const found = answers.find(asked.url, asked.encoding);
    if (!found) return undefined;
    const { answer, sequence } = found;
    // A number of another store means nothing here.
    if (asked.store === answer.store && asked.minSequence > sequence) return undefined;
    return { answer, sequence, notModified: asked.etag === answer.etag };
  }

  function respond(item: Found & { response: ServerResponse; requestId: string }) {
    const { response, answer, sequence, notModified } = item;
    if (response.destroyed) return;
    const own = ['Vitte-Sequence', `${answer.store}:${sequence}`, 'X-Request-Id', item.requestId];
    response.writeHead(notModified ? 304 : 200, [...hotFields(answer, notModified).flat(), ...own]);
    if (notModified) response.end();
    else response.end(answer.body, 'latin1');
  }

  function repeat(item: Found & { from: Repeater; asked: HotRequest; began: number }) {
    const { from, asked, answer, sequence, notModified } = item;
    const { socket } = from;
    from.taken = false;
    if (!socket.writable) return;
    const { full, notModified: short, rest } = texts.textOf(answer, sequence, Date.now());
    const id = requestId();
    socket.write(notModified ? `${short}${id}\r\n\r\n` : full + id + rest, 'latin1');
    lineOf(asked, notModified)(id, performance.now() - item.began, from.remote);
  }

  /** The writer of the lines of a request that repeats itself. */
  function lineOf(asked: HotRequest, notModified: boolean): AccessLine {
    const found = lines.get(asked) ?? {};
    lines.set(asked, found);
    const status = notModified ? 304 : 200;
    const { url: path, userAgent } = asked;
    found[status] ??= accessLine({ method: 'GET', path, status, account, userAgent }, logger);
    return found[status];
  }
}
