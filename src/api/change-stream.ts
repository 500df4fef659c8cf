// The feed as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). A stream takes a
// page of the feed at a time and no other before its client has taken that, so what it holds is bounded; a client that
// takes nothing for too long is cut off, and goes on later where it was.
import { setTimeout as delay } from 'node:timers/promises';
import { isVitteError, VitteError } from '../core/errors.ts';
import { type Entry, entryFields } from '../core/journal-entry.ts';
import type { CallContext, FeedPage } from '../registry/port.ts';
import { neverStored, setSequence } from './answer.ts';
import type { ApiContext, ApiParts } from './route.ts';
import { writePiece } from './send-stream.ts';

type ShownEntry = FeedPage['entries'][number];

/** Entries of one turn, and how much of them is written at once. */
const turnEntriesMax = 100;
const pieceCharsMax = 64 * 1024;
/** A stream says so often at least that it is there. */
const heartbeatMs = 15_000;
/** How long a client is asked to wait before it comes again. */
const retryMs = 2_000;
/** How often it is asked whether the server is on its way down. */
const drainLookMs = 250;
const awayPauseMs = 1_000;

/**
 * Sends entries after a number as they come, until the client leaves or the server goes down. Throws
 * PKG_E_RATE_LIMIT where there are too many streams, and what reading the feed throws before the stream has begun.
 */
export async function streamChanges(
  context: ApiContext,
  parts: ApiParts,
  call: CallContext,
  since: number,
): Promise<void> {
  const place = takePlace(parts);
  const { socket } = context.req;
  // Elsewhere a client that says it has sent all may still wait for its answer. Here there is nothing to wait for, and
  // a stream without events would not learn for long that nobody reads it.
  const gone = new AbortController();
  const go = () => gone.abort(new VitteError('PKG_E_CANCELLED', 'the client left'));
  socket.once('end', go);
  try {
    const { sequence } = await parts.useCases.changes({ since, limit: 1 }, call);
    await setSequence(context, parts, call, sequence);
    begin(context);
    const signal = AbortSignal.any([context.state.signal, place.ending, gone.signal]);
    await send(context, parts, { ...call, signal }, since);
  } catch (error) {
    // The client finds another replica, or this one when it is back: what it has not seen is still there.
    if (place.ending.aborted && context.headerSent) context.res.end();
    else throw error;
  } finally {
    socket.off('end', go);
    place.leave();
  }
}

function begin(context: ApiContext) {
  context.set({
    'Cache-Control': neverStored,
    'Content-Type': 'text/event-stream; charset=utf-8',
    Vary: 'Accept',
    // nginx would hold events back until its buffer is full.
    'X-Accel-Buffering': 'no',
  });
  context.respond = false;
  context.status = 200;
  context.flushHeaders();
}

async function send(
  { res }: ApiContext,
  { useCases, limits }: ApiParts,
  call: CallContext & { signal: AbortSignal },
  since: number,
): Promise<never> {
  const write = (text: string) =>
    writePiece(res, Buffer.from(text), { ...limits, signal: call.signal });
  await write(`retry: ${retryMs}\n\n`);
  for (let last = since; ; ) {
    const entries = await nextEntries(last);
    if (entries === undefined) await delay(awayPauseMs, undefined, { signal: call.signal });
    else if (entries.length === 0) await write(':\n\n');
    else {
      for (const piece of pieces(entries)) await write(piece);
      last = entries.at(-1)?.n ?? last;
    }
  }

  /** Undefined while the index is away: the stream outlives that. */
  async function nextEntries(since: number): Promise<ShownEntry[] | undefined> {
    try {
      const page = { since, limit: turnEntriesMax, timeoutMs: heartbeatMs };
      return await useCases.nextChanges(page, call);
    } catch (error) {
      if (call.signal.aborted || !isVitteError(error) || error.kind !== 'unavailable') throw error;
      return undefined;
    }
  }
}

function* pieces(entries: readonly ShownEntry[]): Generator<string> {
  let piece = '';
  for (const entry of entries) {
    piece += eventText(entry);
    if (piece.length < pieceCharsMax) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** Most streams send the same entries. */
const texts = new WeakMap<ShownEntry, string>();

function eventText(entry: ShownEntry): string {
  const found = texts.get(entry);
  if (found !== undefined) return found;
  const shown = shownEntry(entry);
  // JSON has no line breaks, and a name is one line whatever a later release calls its events.
  const name = String(shown.event).replace(/[\r\n\0]/g, ' ');
  const text = `id: ${entry.n}\nevent: ${name}\ndata: ${JSON.stringify(shown)}\n\n`;
  texts.set(entry, text);
  return text;
}

/** An entry as the feed shows it. */
export function shownEntry(entry: ShownEntry): { [key: string]: unknown } {
  return entry.event === 'private' ? entry : entryFields(entry as Entry);
}

type Streams = { open: Set<AbortController>; timer: NodeJS.Timeout | undefined };
const streamsOf = new WeakMap<ApiParts, Streams>();

/** A place among the streams of this server. Throws PKG_E_RATE_LIMIT. */
function takePlace(parts: ApiParts): { ending: AbortSignal; leave(): void } {
  const streams = streamsOf.get(parts) ?? { open: new Set<AbortController>(), timer: undefined };
  streamsOf.set(parts, streams);
  if (streams.open.size >= parts.limits.streamsMax) {
    throw new VitteError('PKG_E_RATE_LIMIT', `${streams.open.size} streams are open already`, {
      help: 'read the feed in pages, or come again later',
      data: { retryAfterSeconds: 10 },
    });
  }
  const place = new AbortController();
  streams.open.add(place);
  streams.timer ??= setInterval(endWhereDraining, drainLookMs);
  return { ending: place.signal, leave };

  function endWhereDraining() {
    if (!parts.draining()) return;
    for (const open of streams.open) {
      open.abort(new VitteError('PKG_E_SHUTTING_DOWN', 'the registry is on its way down'));
    }
  }

  function leave() {
    streams.open.delete(place);
    if (streams.open.size > 0) return;
    clearInterval(streams.timer);
    streams.timer = undefined;
  }
}
