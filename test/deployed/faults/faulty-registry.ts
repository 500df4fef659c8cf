// A service whose container registry is behind a proxy with faults, and clients that publish and fetch through it.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { compose } from '../../../src/server/compose.ts';
import type { Config } from '../../../src/server/config.ts';
import { makeLogger } from '../../../src/server/logger.ts';
import { startService } from '../../../src/server/start.ts';
import { auditChain, auditReplica } from '../../support/answer-audit.ts';
import { createAnswerChecker } from '../../support/answer-checker.ts';
import { type Missing, startDockerRegistry } from '../../support/docker-registry.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { startLoad } from '../../support/load.ts';
import { serverMissing, startRedis } from '../../support/redis.ts';
import { configIn, temporaryFolder } from '../../support/service.ts';

export type FaultyRun = {
  findings: readonly string[];
  tally: Map<string, number>;
  fates: FaultProxy['fates'];
  versions: number;
  batches: number;
};

export type FaultyScale = { publishes: number; fetches: number; perSecond: number };

/** A client of so little patience is outlasted by the proxy many times in a run. */
const patienceMs = 1_000;
const storageLimits = {
  headersTimeoutMs: patienceMs,
  commitTimeoutMs: patienceMs,
  bodyIdleTimeoutMs: patienceMs,
  retryBaseMs: 50,
};
const answerMsMax = 75_000;

/** Publishes and fetches so often through the faults, and checks everything without them at the end. */
export async function runFaultyRegistry(
  { publishes, fetches, perSecond }: FaultyScale,
  seed: number,
): Promise<FaultyRun | Missing> {
  const missing = serverMissing();
  if (missing !== undefined) return { missing };
  const registry = await startDockerRegistry();
  if ('missing' in registry) return registry;
  const folder = await temporaryFolder();
  const redis = await startRedis();
  const proxy = await startFaultProxy(registry.origin, seed);
  const checker = createAnswerChecker();
  const direct = registry.storage();
  const behind = direct.replace(new URL(registry.origin).host, proxy.host);
  const faulty = await serve('faulty', behind, { kind: 'redis', url: redis.url });
  const { token = '' } = faulty;
  const load = startLoad({
    targets: [{ url: faulty.url, mayBreak: false }],
    token,
    checker,
    seed: seed + 1,
    publishesPerSecond: perSecond,
    readsPerSecond: (perSecond * fetches) / publishes,
    answerMsMax,
  });
  try {
    while (sum(load.tally, 'publish') < publishes) await delay(100);
    await load.stop();
    proxy.calm(true);
    await load.settle();
    const feed = await auditReplica(faulty.url, checker);
    await faulty.stop();
    const batches = await auditChain(direct, feed, checker);
    const fresh = await serve('fresh', direct, { kind: 'memory' });
    try {
      const rebuilt = await auditReplica(fresh.url, checker);
      if (JSON.stringify(rebuilt) !== JSON.stringify(feed))
        checker.find('another feed when rebuilt');
    } finally {
      await fresh.stop();
    }
    const { findings, published } = checker;
    return { findings, batches, tally: load.tally, fates: proxy.fates, versions: published.size };
  } finally {
    await load.stop();
    await load.close();
    await faulty.stop();
    await proxy.close();
    await redis.stop();
    await registry.stop();
    await folder.remove();
  }

  async function serve(name: string, url: string, index: Config['index']) {
    const data = join(folder.path, name);
    await mkdir(data, { recursive: true });
    const secretFile = { path: join(folder.path, 'secret.json'), named: false };
    const storage = { kind: 'remote', url } as const;
    const config: Config = { ...configIn(data), secretFile, storage, index };
    const logger = makeLogger('silent', process.stderr);
    const composed = await compose(config, logger, { storageLimits });
    const service = await startService(config, composed, logger);
    return { ...service, token: composed.firstStart?.token };
  }
}

/** What a run came to, for people. */
export function faultyText({ tally, fates, versions, batches, findings }: FaultyRun) {
  const counts = [...tally].sort().map(([what, times]) => `  ${what}: ${times}`);
  const sums = `${versions} versions in ${batches} batches; requests ${JSON.stringify(fates)}`;
  return [sums, ...counts, ...findings.map((text) => `  FOUND ${text}`)].join('\n');
}

function sum(tally: Map<string, number>, what: string): number {
  let total = 0;
  for (const [key, times] of tally) if (key.startsWith(`${what} `)) total += times;
  return total;
}
