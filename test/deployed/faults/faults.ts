// What may befall a deployed registry at any instant, with clients at both replicas all the while.
import { setTimeout as delay } from 'node:timers/promises';
import { auditChain, auditReplica } from '../../support/answer-audit.ts';
import { createAnswerChecker } from '../../support/answer-checker.ts';
import { type Load, startLoad, type Target } from '../../support/load.ts';
import { type Random, seededRandom } from '../../support/seeded-random.ts';
import { type Deployment, startDeployment } from './deployment.ts';

export type Scale = {
  /** How often each fault happens. */
  instants: number;
  publishesPerSecond: number;
  readsPerSecond: number;
  /** Before each fault, at least and at most. */
  calmMs: [number, number];
  redisAwayMs: number;
  writerStopMs: number;
  answerMsMax: number;
};

export type FaultReport = {
  findings: readonly string[];
  tally: Map<string, number>;
  /** From the moment when everything was there again to a publish and a read at each replica. */
  restored: { fault: FaultName; ms: number }[];
  versions: number;
  entries: number;
  batches: number;
};

export type FaultName = keyof typeof faults;

type Scene = { deployment: Deployment; load: Load; scale: Scale; random: Random };

/** Full service that is not back by then never comes back. How long it takes is a figure, printed and not judged. */
const restoreGiveUpMs = 45_000;
const probePauseMs = 100;
const olderByMs = 2_000;
const replicaGoneMs = 1_000;

/** Each ends when all parts run again. */
const faults = {
  FLUSHALL: async ({ deployment }: Scene) => {
    await deployment.redis.client.flushall();
  },
  'Redis restarted with an older data set': async ({ deployment: { redis } }: Scene) => {
    await redis.client.save();
    await delay(olderByMs);
    await redis.kill();
    await redis.start();
  },
  'Redis killed for a while': async ({ deployment: { redis }, scale }: Scene) => {
    await redis.kill();
    await delay(scale.redisAwayMs);
    await redis.start();
  },
  'the writer stopped and continued': async ({ deployment, scale, random }: Scene) => {
    const { replicas } = deployment;
    const replica = (await deployment.writer()) ?? random.pick(replicas)!;
    replica.pause();
    await delay(scale.writerStopMs);
    replica.resume();
  },
  'a replica killed': async ({ deployment: { replicas }, random }: Scene) => {
    const replica = random.pick(replicas)!;
    replica.mayBreak = true;
    replica.kill();
    await delay(replicaGoneMs);
    await replica.restart();
    replica.mayBreak = false;
  },
};

export const faultNames = Object.keys(faults) as FaultName[];

/** Lets these faults happen in turn under load, and checks everything at the end. */
export async function runFaults(
  names: readonly FaultName[],
  scale: Scale,
  seed: number,
): Promise<FaultReport | { missing: string }> {
  const deployment = await startDeployment();
  if ('missing' in deployment) return deployment;
  const checker = createAnswerChecker();
  const random = seededRandom(seed);
  const { replicas, token, storage } = deployment;
  const load = startLoad({ targets: replicas, token, checker, seed: seed + 1, ...scale });
  const restored: FaultReport['restored'] = [];
  try {
    for (let instant = 0; instant < scale.instants; instant += 1) {
      for (const fault of names) {
        await calm(scale, random);
        await faults[fault]({ deployment, load, scale, random });
        const ms = await restore(load, replicas);
        restored.push({ fault, ms });
        if (ms >= restoreGiveUpMs)
          checker.find(`${fault}: no full service after ${Math.round(ms)} ms`);
      }
    }
    await calm(scale, random);
    for (const text of replicas.flatMap(({ fallen }) => fallen)) checker.find(`a replica ${text}`);
    await load.stop();
    const counts = await audit().catch((error) => {
      checker.find(`the end could not be checked: ${error}`);
      return { batches: 0, entries: 0 };
    });
    const { findings, published } = checker;
    return { findings, restored, ...counts, tally: load.tally, versions: published.size };
  } finally {
    await load.stop();
    await load.close();
    await deployment.stop();
  }

  /** Every answer against both replicas, the store, and a replica that knows nothing but the store. */
  async function audit() {
    await load.settle();
    const [feed = [], other] = await Promise.all(
      replicas.map(({ url }) => auditReplica(url, checker)),
    );
    if (JSON.stringify(feed) !== JSON.stringify(other)) checker.find('two replicas, two feeds');
    const batches = await auditChain(storage, feed, checker);
    await auditFresh(deployment as Deployment, JSON.stringify(feed));
    return { batches, entries: feed.length };
  }

  async function auditFresh({ fresh }: Deployment, feed: string) {
    const { url, stop } = await fresh();
    try {
      const rebuilt = await auditReplica(url, checker);
      if (JSON.stringify(rebuilt) !== feed) checker.find('a fresh replica shows another feed');
    } finally {
      await stop();
    }
  }
}

/** What a run came to, for people. */
export function reportText({ tally, restored, versions, entries, batches, findings }: FaultReport) {
  const times = restored.map(
    ({ fault, ms }) => `  ${fault}: full service after ${Math.round(ms)} ms`,
  );
  const counts = [...tally].sort().map(([what, times]) => `  ${what}: ${times}`);
  const sums = `${versions} versions, ${entries} entries in ${batches} batches`;
  return [sums, ...times, ...counts, ...findings.map((text) => `  FOUND ${text}`)].join('\n');
}

function calm({ calmMs: [least, most] }: Scale, random: Random) {
  return delay(least + random.below(most - least));
}

/** Milliseconds until a publish and a read have succeeded at each. */
async function restore(load: Load, targets: readonly Target[]): Promise<number> {
  const started = performance.now();
  const spent = () => performance.now() - started;
  await Promise.all(
    targets.map(async (target) => {
      while (spent() < restoreGiveUpMs && (await load.probe(target, restoreGiveUpMs))) {
        await delay(probePauseMs);
      }
    }),
  );
  return spent();
}
