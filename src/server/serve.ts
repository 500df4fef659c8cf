import { constants } from 'node:os';
import { credentialsFile, writeToken } from '../client/credentials.ts';
import { vitteHome } from '../client/home.ts';
import { defaultRegistryUrl } from '../client/registry-url.ts';
import { type ComposeOptions, compose } from './compose.ts';
import type { Composed } from './composed.ts';
import { type Config, type Environment, type Flags, readConfig } from './config.ts';
import { configText } from './config-text.ts';
import { makeLogger, type ServiceLogger } from './logger.ts';
import { firstCommands, type Messages, messagesFor } from './messages.ts';
import { isLoopback } from './setting-values.ts';
import { onStopSignals, type SignalSource } from './shutdown.ts';
import { type Service, startService } from './start.ts';

type Output = { write(text: string): unknown };

export type ServeOptions = {
  flags: Flags;
  env: Environment;
  stdout: Output;
  /** Logs go here too, one JSON line each. */
  stderr: Output;
  cwd?: string;
  /** Stops the service as the first stop signal does. */
  signal?: AbortSignal;
  /** `process`, where stop signals are to be obeyed. A second one ends the process at once. */
  process?: SignalSource & { exit(code: number): void };
  observe?: ComposeOptions['observe'];
};

export type Running = {
  url: string;
  close(): Promise<void>;
  /** Resolves once it has stopped; rejects where it had to stop by itself. */
  done: Promise<void>;
};

/**
 * Starts the registry: reads the settings, opens the store, listens, and says so on standard output, the line with
 * the URL first. Throws PKG_E_CONFIG, PKG_E_STORE_LOCKED and what else keeps it from starting.
 */
export async function serve(options: ServeOptions): Promise<Running> {
  const { flags, env, stdout, stderr, signal } = options;
  const config = readConfig(flags, env, options.cwd);
  const messages = messagesFor(env);
  const logger = makeLogger(config.logLevel, stderr, { gathered: true });
  signal?.throwIfAborted();
  const { observe } = options;
  const composed = await compose(config, logger, observe ? { observe } : {});
  const service = await startOrClose(config, composed, logger);
  process.once('exit', logger.lines.flush);
  // The token comes before the line with the URL: whoever waits for that line may send the next command at once.
  const tokenFile = await leaveToken(composed, service.url, env, logger);
  stdout.write(`vitte-registry listening on ${service.url}\n`);
  stdout.write(greeting(config, service.url, messages, tokenFile));
  if (!isLoopback(config.listen.host)) {
    stderr.write(`${messages.withoutTls(service.url)}\n`);
  }

  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const stopListening = onStopSignals(options.process ?? { on() {}, off() {} }, {
    first: () => void close(),
    again: (name) => options.process?.exit(128 + constants.signals[name]),
  });
  const onAbort = () => void close();
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  let closing: Promise<void> | undefined;
  composed.fatal?.then((error) => {
    reject(error);
    return close();
  });
  return { url: service.url, close, done };

  function close(): Promise<void> {
    closing ??= stop();
    return closing;
  }

  async function stop() {
    stderr.write(`${messages.draining(config.drainMs)}\n`);
    try {
      await service.stop();
      logger.lines.flush();
      stderr.write(`${messages.stopped}\n`);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      stopListening();
      process.off('exit', logger.lines.flush);
      resolve();
    }
  }
}

/** What `--print-config` prints. Throws PKG_E_CONFIG. */
export function printConfig(options: Pick<ServeOptions, 'flags' | 'env' | 'stdout' | 'cwd'>): void {
  options.stdout.write(configText(options.flags, options.env, options.cwd));
}

async function startOrClose(
  config: Config,
  composed: Composed,
  logger: ServiceLogger,
): Promise<Service> {
  try {
    return await startService(config, composed, logger);
  } catch (error) {
    await composed.close();
    throw error;
  }
}

/** Leaves the first token where the client of this user looks for it; the file, where that was done. */
async function leaveToken(
  { firstStart }: Composed,
  url: string,
  env: Environment,
  logger: ServiceLogger,
): Promise<string | undefined> {
  if (!firstStart) return undefined;
  const home = vitteHome(env);
  try {
    await writeToken(url, firstStart.token, { home });
    return credentialsFile(home);
  } catch (error) {
    // The registry is there and works: another token can be made beside the store.
    logger.error(
      { error },
      'the first token could not be kept; vitte registry token create --local makes another',
    );
    return undefined;
  }
}

function placeOf({ storage }: Config): string {
  return storage.kind === 'layout' ? storage.dir : storage.url;
}

function greeting(
  config: Config,
  url: string,
  messages: Messages,
  tokenFile: string | undefined,
): string {
  const lines = [messages.data(placeOf(config))];
  if (tokenFile !== undefined) {
    lines.push(messages.firstStart(tokenFile));
    if (url !== defaultRegistryUrl) lines.push(messages.elsewhere(url));
    lines.push(messages.tryThese, ...firstCommands.map((command) => `  ${command}`));
  }
  return `${lines.join('\n')}\n`;
}
