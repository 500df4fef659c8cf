// The API over the fake use cases, listening on a free port of this machine.
import { type ApiLimits, defaultApiLimits } from '../../src/api/route.ts';
import { makeApp } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import { type Logger, makeLogger } from '../../src/server/logger.ts';
import { type FakeUseCases, fakeUseCases } from './fake-use-cases.ts';

export type ApiService = {
  url: string;
  useCases: FakeUseCases;
  /** Everything that was logged, one JSON line each. */
  log: string[];
  logger: Logger;
  setDraining(): void;
  drain(drainMs: number): Promise<void>;
  stop(): Promise<void>;
};

export async function startApiService(limits: Partial<ApiLimits> = {}): Promise<ApiService> {
  const useCases = fakeUseCases();
  const log: string[] = [];
  const logger = makeLogger('trace', { write: (line) => log.push(line) });
  let draining = false;
  let url = '';
  const app = makeApp(
    {
      useCases,
      software: { name: 'vitte-registry', version: '0.0.0' },
      limits: { ...defaultApiLimits, ...limits },
      publicUrl: () => url,
      draining: () => draining,
    },
    logger,
  );
  const listening = await listen(app.callback(), { host: '127.0.0.1', port: 0 });
  url = listening.url;
  return {
    url,
    useCases,
    log,
    logger,
    setDraining: () => {
      draining = true;
    },
    drain: listening.drain,
    stop: () => listening.drain(0),
  };
}
