// What may befall a deployed registry at any instant.
import { setTimeout as delay } from 'node:timers/promises';
import { type Deployment, startDeployment } from './deployment.ts';
import { type Fault, type FaultReport, runScenario, type ScenarioScale } from './scenario.ts';

export type Scale = ScenarioScale & { redisAwayMs: number; writerStopMs: number };

export type FaultName = keyof typeof faults;

const olderByMs = 2_000;
const replicaGoneMs = 1_000;

const faults = {
  FLUSHALL: async ({ deployment }) => {
    await deployment.redis.client.flushall();
  },
  'Redis restarted with an older data set': async ({ deployment: { redis } }) => {
    await redis.client.save();
    await delay(olderByMs);
    await redis.kill();
    await redis.start();
  },
  'Redis killed for a while': async ({ deployment: { redis }, scale }) => {
    await redis.kill();
    await delay(scale.redisAwayMs);
    await redis.start();
  },
  'the writer stopped and continued': async ({ deployment, scale, random }) => {
    const { replicas } = deployment;
    const replica = (await deployment.writer()) ?? random.pick(replicas)!;
    replica.pause();
    await delay(scale.writerStopMs);
    replica.resume();
  },
  'a replica killed': async ({ deployment: { replicas }, random }) => {
    const replica = random.pick(replicas)!;
    replica.mayBreak = true;
    replica.kill();
    await delay(replicaGoneMs);
    await replica.restart();
    replica.mayBreak = false;
  },
} satisfies Record<string, Fault<Deployment, Scale>>;

export const faultNames = Object.keys(faults) as FaultName[];

/** Lets these faults happen in turn under load, and checks everything at the end. */
export async function runFaults(
  names: readonly FaultName[],
  scale: Scale,
  seed: number,
): Promise<FaultReport | { missing: string }> {
  const deployment = await startDeployment();
  if ('missing' in deployment) return deployment;
  const named = names.map((name): [string, Fault<Deployment, Scale>] => [name, faults[name]]);
  return runScenario(deployment, named, scale, seed);
}
