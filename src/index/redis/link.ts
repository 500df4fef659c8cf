// One registry's link to Redis: the connections, and what is known of the server and the data set behind them. A
// server is looked at whenever a connection to it comes up, before anything else is asked of it.
import { randomBytes } from 'node:crypto';
import { VitteError } from '../../core/errors.ts';
import { openClients } from './clients.ts';
import { isRefusal, isUnknownScript, isWrongType, unavailable, withoutCommand } from './errors.ts';
import type { FixedKeys } from './keys.ts';
import { openScript, type Script } from './scripts.ts';
import { checkServer, type Server, serverOf } from './server.ts';
import { type RedisSettings, redisPlace } from './url.ts';
import { within } from './within.ts';

export type Reply = Buffer | number | null | Reply[];
export type Argument = string | Buffer | number;
export type Arguments = { keys: string[]; args: Argument[] };

export type Link = {
  /** The data set that can be asked now; waits a moment for a connection that was just lost. Throws PKG_E_INDEX_UNAVAILABLE. */
  dataSet(): Promise<string>;
  /** Runs a script. Throws what ioredis does. */
  evaluate(script: Script, given: Arguments): Promise<Reply>;
  /** Asks the server who it is and what it holds. */
  look(): Promise<Server>;
  /** Takes over what a script said of where it ran. `own`: the caller itself brought the change about. */
  learn(part: Partial<Identity>, own?: boolean): void;
  /** To be told when an answer shows that the connection is gone. */
  lost(): void;
  onDoubt(listener: () => void): void;
  onMessage(listener: (message: string) => void): void;
  /** The error that a call is given for this one. */
  errorFor(cause: unknown, what?: string): VitteError;
  close(): Promise<void>;
};

export type LinkOptions = {
  ca?: string | undefined;
  /** Begins anew where the key of the index is none of ours, as if it were not there. */
  replaces?: boolean;
};

type Identity = { set: string; runId: string };

/** A call made this long after the connection was lost still waits for the next one; later ones fail at once. */
const graceMs = 250;
/** How long opening waits for a server that does not answer. */
const openMsMax = 1_000;
const lookAgainMs = 250;
const closeMsMax = 500;

/**
 * Connects, and waits for the server or 1 s: where it is away the link is given all the same, and comes up when it
 * returns. Throws PKG_E_CONFIG where the server can be reached and cannot be used.
 */
export async function openLink(
  settings: RedisSettings,
  keys: FixedKeys,
  { ca, replaces = false }: LinkOptions,
): Promise<Link> {
  const place = redisPlace(settings);
  const doubtListeners: (() => void)[] = [];
  const messageListeners: ((message: string) => void)[] = [];
  let known: Identity | undefined;
  /** True while a connection is up and its server was looked at. */
  let usable = false;
  let lostAt = performance.now();
  let lastError: unknown;
  let closed = false;
  let lookTimer: NodeJS.Timeout | undefined;
  let looks = 0;
  let changed = Promise.withResolvers<void>();

  const { commands, subscriber, release } = openClients(settings, ca);
  commands.on('error', noteError);
  commands.on('ready', () => lookSoon(0));
  commands.on('close', lose);
  if ('nodes' in commands) {
    commands.on('node error', noteError);
    // The part of the Cluster that holds the index may be this node's from now on.
    commands.on('+node', (node) => void node.on('ready', () => lookSoon(0)));
  }
  if (subscriber !== commands) subscriber.on('error', () => {}); // the other connection tells what is wrong
  subscriber.on('ready', () => void subscriber.subscribe(keys.wake).catch(() => {}));
  subscriber.on('message', (_channel: string, message: string) => {
    for (const listener of messageListeners) listener(message);
  });
  await opened();

  return {
    async dataSet() {
      while (!usable) {
        const rest = lostAt + graceMs - performance.now();
        if (rest <= 0) throw errorFor(lastError);
        await within(rest, changed.promise);
      }
      return known!.set;
    },
    evaluate,
    look,
    learn,
    lost() {
      // A Cluster without the one node that matters does not say that it was lost.
      lose();
      if (commands.status === 'ready') lookSoon(0);
    },
    onDoubt: (listener) => void doubtListeners.push(listener),
    onMessage: (listener) => void messageListeners.push(listener),
    errorFor,
    close,
  };

  async function evaluate({ lua, sha }: Script, { keys, args }: Arguments): Promise<Reply> {
    const rest = [keys.length, ...keys].concat(args as string[]);
    try {
      return (await commands.callBuffer('EVALSHA', [sha, ...rest])) as Reply;
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return (await commands.callBuffer('EVAL', [lua, ...rest])) as Reply;
    }
  }

  async function look(): Promise<Server> {
    const candidate = randomBytes(6).toString('base64url');
    const args = [candidate, replaces ? 1 : 0];
    const reply = await evaluate(openScript, { keys: [keys.meta], args }).catch((error) => {
      throw isWrongType(error) ? strangeKey(error) : error;
    });
    const server = serverOf(reply as Reply[]);
    checkServer(server, settings.form, place);
    learn(server);
    return server;
  }

  /** Somebody else's doing, which no waiting helps. */
  function strangeKey(error: unknown): VitteError {
    const { cause, code, message } = errorFor(
      error,
      `can not be used: the key ${keys.meta} is of another type`,
    );
    return new VitteError(code, message, { cause, help: 'run: vitte registry rebuild' });
  }

  /** Looks at the server, and again until it can be used, as long as the connection stands. */
  function lookSoon(afterMs: number) {
    clearTimeout(lookTimer);
    if (closed) return;
    lookTimer = setTimeout(async () => {
      const number = ++looks;
      try {
        await look();
        usable = commands.status === 'ready' && !closed;
        change();
      } catch (error) {
        if (number !== looks) return; // a later one decides
        lose();
        noteError(error);
        if (commands.status === 'ready') lookSoon(lookAgainMs);
      }
    }, afterMs);
  }

  function learn({ set, runId }: Partial<Identity>, own = false) {
    const before = known;
    known = { set: set ?? before?.set ?? '', runId: runId ?? before?.runId ?? '' };
    const differs = before && (before.set !== known.set || before.runId !== known.runId);
    if (differs && !own) for (const listener of doubtListeners) listener();
  }

  function lose() {
    if (usable) lostAt = performance.now();
    usable = false;
    change();
  }

  function noteError(error: unknown) {
    lastError = withoutCommand(error);
    change();
  }

  function change() {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  async function opened() {
    const end = performance.now() + openMsMax;
    while (!usable && !refusal() && performance.now() < end) {
      await within(end - performance.now(), changed.promise);
    }
    const refused = usable ? undefined : refusal();
    if (!refused) return;
    await close();
    throw refused;
  }

  /** Why this server will never do, as it is set up. */
  function refusal(): VitteError | undefined {
    if (lastError instanceof VitteError) {
      return lastError.code === 'PKG_E_CONFIG' ? lastError : undefined;
    }
    if (!isRefusal(lastError)) return undefined;
    return new VitteError('PKG_E_CONFIG', errorFor(lastError).message, { cause: lastError });
  }

  function errorFor(cause: unknown, what?: string): VitteError {
    if (!(cause instanceof VitteError)) return unavailable(place, cause, what);
    if (cause.code !== 'PKG_E_CONFIG') return cause;
    return new VitteError('PKG_E_INDEX_UNAVAILABLE', cause.message, { cause });
  }

  async function close() {
    closed = true;
    usable = false;
    clearTimeout(lookTimer);
    release();
    const ends = [...new Set([commands, subscriber])].map((client) => {
      if (client.status === 'end') return undefined;
      const end = new Promise<void>((done) => void client.once('end', () => done()));
      client.disconnect();
      return end;
    });
    await within(closeMsMax, Promise.all(ends));
  }
}
