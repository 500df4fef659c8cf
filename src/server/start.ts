// From settings and use cases to a service that listens, and down again.
import { setTimeout as wait } from 'node:timers/promises';
import { type ApiParts, defaultApiLimits } from '../api/route.ts';
import { makeApp } from './app.ts';
import type { Composed } from './composed.ts';
import type { Config } from './config.ts';
import { createHotAnswers } from './hot-answers.ts';
import { createHotPath } from './hot-path.ts';
import { type Listening, listen } from './listen.ts';
import type { ServiceLogger } from './logger.ts';
import { software } from './software.ts';

export type Service = {
  /** Where it listens, with the port that was bound. */
  url: string;
  /** Takes nothing new, finishes what is under way within `drainMs`, and lets go of everything. */
  stop(): Promise<void>;
};

const closeTimeoutMs = 10_000;

/** Serves the use cases. Throws PKG_E_CONFIG where the address can't be had. */
export async function startService(
  config: Config,
  composed: Pick<Composed, 'useCases' | 'v2' | 'tail' | 'close'>,
  logger: ServiceLogger,
): Promise<Service> {
  let listening: Listening | undefined;
  let stopping: Promise<void> | undefined;
  const parts: ApiParts = {
    useCases: composed.useCases,
    software: software(),
    limits: { ...defaultApiLimits, uploadBytesMax: config.uploadBytesMax },
    publicUrl: () => config.publicUrl ?? listening?.url ?? '',
    draining: () => stopping !== undefined,
    ...(composed.v2 ? { v2: composed.v2 } : {}),
  };
  const { tail } = composed;
  const hot = tail && createHotAnswers(tail);
  if (hot) parts.answered = hot.saw;
  const app = makeApp(parts, logger, hot);
  const path = hot && createHotPath(hot, { logger, draining: parts.draining });
  const server = await listen(app.callback(), config.listen, path ? { path } : {});
  listening = server;
  logger.info({ url: server.url }, 'listening');
  return {
    url: server.url,
    stop() {
      stopping ??= stop(server);
      return stopping;
    },
  };

  async function stop({ drain }: Listening) {
    logger.info({ drainMs: config.drainMs }, 'stopping');
    await drain(config.drainMs);
    hot?.close();
    const timer = new AbortController();
    const late = wait(closeTimeoutMs, 'late', { signal: timer.signal }).catch(() => undefined);
    const outcome = await Promise.race([composed.close(), late]);
    timer.abort();
    if (outcome === 'late') logger.error({ closeTimeoutMs }, 'the store did not close in time');
    logger.info('stopped');
  }
}
