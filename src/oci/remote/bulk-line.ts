import { connect, type LookupFunction } from 'node:net';
import { literalAddress } from './network.ts';

/** A connection that is read into one buffer, no further than is asked for. */
export type BulkLine = {
  /** Resolves when it stands. */
  opened(timeoutMs: number): Promise<void>;
  write(text: string): void;
  /** The next bytes, in the buffer, until this is called again. Rejects where none come in time, or no more. */
  read(timeoutMs: number): Promise<Buffer>;
  /** From now on it may lie idle for so long before it is ended. */
  rest(timeoutMs: number): void;
  /** Ends it; who waits is told the reason. */
  end(reason: unknown): void;
};

/** Why a line was ended. The codes are those of the connection's own errors. */
class LineEnded extends Error {
  override name = 'LineEnded';
  readonly code: 'ETIMEDOUT' | 'ECONNRESET';

  constructor(code: 'ETIMEDOUT' | 'ECONNRESET') {
    super(code === 'ETIMEDOUT' ? 'nothing came in time' : 'the other side closed');
    this.code = code;
  }
}

/** Connects to the host of a URL. `readBytes` tells how much may be read at once. */
export function openLine(
  url: URL,
  lookup: LookupFunction,
  buffer: Buffer,
  readBytes: () => number,
): BulkLine {
  let turn = Promise.withResolvers<number>();
  /** True while bytes lie in the buffer that nobody has taken. Node begins to read by itself when it is connected. */
  let filled = false;
  let timer: NodeJS.Timeout | undefined;
  turn.promise.catch(() => {}); // told to whoever reads next
  const socket = connect({
    host: literalAddress(url.hostname) ?? url.hostname,
    port: Number(url.port || 80),
    lookup,
    noDelay: true,
    onread: {
      buffer: () => buffer.subarray(0, readBytes()),
      callback(bytes: number) {
        filled = true;
        turn.resolve(bytes);
        return false;
      },
    },
  });
  socket.on('error', end);
  socket.on('end', () => end(new LineEnded('ECONNRESET')));
  socket.on('close', () => end(new LineEnded('ECONNRESET')));

  return {
    async opened(timeoutMs) {
      rest(timeoutMs);
      const ready = new Promise<void>((resolve) => socket.once('connect', () => resolve()));
      await Promise.race([ready, turn.promise]);
    },

    write: (text) => void socket.write(text, 'latin1'),

    async read(timeoutMs) {
      rest(timeoutMs);
      // Not in this turn: libuv would read on and on, as fast as its reader writes, and all others would wait.
      setImmediate(goOn);
      const bytes = await turn.promise;
      filled = false;
      turn = Promise.withResolvers();
      turn.promise.catch(() => {});
      return buffer.subarray(0, bytes);
    },

    rest,
    end,
  };

  function goOn() {
    if (!filled && !socket.destroyed) socket.resume();
  }

  function rest(timeoutMs: number) {
    clearTimeout(timer);
    timer = setTimeout(() => end(new LineEnded('ETIMEDOUT')), timeoutMs);
  }

  function end(reason: unknown) {
    clearTimeout(timer);
    turn.reject(reason);
    socket.destroy();
  }
}
