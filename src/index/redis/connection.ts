// What every call to Redis is given: an end within two seconds, the caller's signal, another try where it does no
// harm, and one code for all that may be wrong there.
import { VitteError } from '../../core/errors.ts';
import type { CallOptions } from '../port.ts';
import { isConnectionLost, isWrongType } from './errors.ts';
import type { FixedKeys } from './keys.ts';
import { type Arguments, type LinkOptions, openLink, type Reply } from './link.ts';
import type { Script } from './scripts.ts';
import type { RedisSettings } from './url.ts';

export type { Argument, Arguments, Reply } from './link.ts';

/** What the body of a call may ask. */
export type Asking = {
  /**
   * Runs a script in this data set; undefined, and nothing is changed, where another one stands. It is run again
   * where the connection broke before its answer came: every script gives the same answer then.
   */
  run(set: string, script: Script, given: Arguments): Promise<Reply[] | undefined>;
};

/**
 * Every call throws PKG_E_INDEX_UNAVAILABLE after 2 s at most, and at once where Redis has been away for 250 ms;
 * PKG_E_SHUTTING_DOWN after `close`; the signal's reason.
 */
export type Connection = {
  /** A call in whatever data set stands; the body is begun again where it gives undefined because it was another one. */
  inDataSet<T>(
    body: (set: string, asking: Asking) => Promise<T | undefined>,
    options?: CallOptions,
  ): Promise<T>;
  /** Such a call of one script. */
  run(script: Script, given: (set: string) => Arguments, options?: CallOptions): Promise<Reply[]>;
  /** The server's run id and the data set's id, as they are now. */
  identity(options?: CallOptions): Promise<string>;
  /** See `Link`. */
  learn(part: { set?: string; runId?: string }, own?: boolean): void;
  onDoubt(listener: () => void): void;
  onMessage(listener: (message: string) => void): void;
  close(): Promise<void>;
};

const callMsMax = 2_000;
const attemptsMax = 4;
const callsMax = 10_000;

/** Throws PKG_E_CONFIG where the server can be reached and cannot be used. */
export async function openConnection(
  settings: RedisSettings,
  keys: FixedKeys,
  options: LinkOptions,
): Promise<Connection> {
  const link = await openLink(settings, keys, options);
  const closed = new VitteError('PKG_E_SHUTTING_DOWN', 'the index is closed');
  let isClosed = false;
  /** What ends each call under way. */
  const calls = new Set<(reason: unknown) => void>();

  return {
    inDataSet,
    run: (script, given, options) =>
      inDataSet((set, asking) => asking.run(set, script, given(set)), options),
    async identity(options) {
      return call(async () => {
        await link.dataSet();
        const { runId, set } = await link.look().catch((error: unknown) => {
          throw link.errorFor(error);
        });
        return `${runId}:${set}`;
      }, options);
    },
    learn: link.learn,
    onDoubt: link.onDoubt,
    onMessage: link.onMessage,
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const end of calls) end(closed);
      await link.close();
    },
  };

  function inDataSet<T>(
    body: (set: string, asking: Asking) => Promise<T | undefined>,
    options?: CallOptions,
  ): Promise<T> {
    return call(async (asking) => {
      for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
        const answer = await body(await link.dataSet(), asking);
        if (answer !== undefined) return answer;
      }
      throw link.errorFor(undefined, 'is given another data set again and again');
    }, options);
  }

  async function call<T>(
    body: (asking: Asking) => Promise<T>,
    { signal }: CallOptions = {},
  ): Promise<T> {
    if (isClosed) throw closed;
    signal?.throwIfAborted();
    if (calls.size >= callsMax) {
      throw link.errorFor(undefined, `has ${callsMax} calls to answer already`);
    }
    let over = false;
    const limit = Promise.withResolvers<never>();
    const abort = () => limit.reject(signal?.reason);
    const late = () => limit.reject(link.errorFor(undefined, `did not answer in ${callMsMax} ms`));
    const timer = setTimeout(late, callMsMax);
    calls.add(limit.reject);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const answer = body({ run: (...given) => run(() => over, ...given) });
      answer.catch(() => {}); // it may fail when nobody waits for it any more
      return await Promise.race([answer, limit.promise]);
    } finally {
      over = true;
      clearTimeout(timer);
      calls.delete(limit.reject);
      signal?.removeEventListener('abort', abort);
    }
  }

  async function run(over: () => boolean, set: string, script: Script, given: Arguments) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const reply = await link.evaluate(script, given);
        if (reply !== null) return reply as Reply[];
        await link.look();
        return undefined;
      } catch (error) {
        // It may be the one key that all scripts begin with: then looking tells so.
        if (isWrongType(error)) await link.look();
        if (error instanceof VitteError || !isConnectionLost(error)) throw link.errorFor(error);
        link.lost();
        if (over() || attempt >= attemptsMax) throw link.errorFor(error);
        if ((await link.dataSet()) !== set) return undefined;
      }
    }
  }
}
