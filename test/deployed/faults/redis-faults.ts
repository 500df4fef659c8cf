// What may befall the Redis of a deployed registry, a master behind a Sentinel: it is full, another one takes its
// place, it is slow, it forgets its scripts, it reads its data again.
import { setTimeout as delay } from 'node:timers/promises';
import { type RedisSentinel, startSentinel } from '../../support/redis-sentinel.ts';
import type { Random } from '../../support/seeded-random.ts';
import { until } from '../../support/until.ts';
import { type Deployment, startDeploymentOn } from './deployment.ts';
import { type Fault, type FaultReport, runScenario, type ScenarioScale } from './scenario.ts';

export type RedisScale = ScenarioScale & {
  /** How long Redis is full, slow or without its scripts. */
  badMs: number;
};

type RedisFault = Fault<Deployment<RedisSentinel>, RedisScale>;

const fillerBytes = 64 * 1024;
const fillersMax = 512;
/** What is left of the memory that Redis may take: some writes fit in, others do not. */
const roomBytes = 256 * 1024;
const flushMs = 50;
/** A Sentinel that waits so long replaces nobody. */
const patientMs = 60_000;
const impatientMs = 500;
/** Keys of nobody's, each of which takes some time when they are read again. */
const keysToLoad = 1_500;
const keyLoadDelayUs = 1_000;

const faults: Record<string, RedisFault> = {
  'Redis is full': async ({ deployment: { redis }, scale }) => {
    const { client } = redis;
    const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
    await client.config('SET', 'maxmemory', String(used + roomBytes));
    const filler = 'x'.repeat(fillerBytes);
    for (const name of namesOf('filler', fillersMax)) {
      const isFull = await client.set(name, filler).then(() => false, isOutOfMemory);
      if (isFull) break;
    }
    await delay(scale.badMs);
    await client.config('SET', 'maxmemory', '0');
    await client.unlink(namesOf('filler', fillersMax));
  },
  'the Sentinel takes the replica for the master': async ({ deployment: { redis }, scale }) => {
    // The master of before goes on as if nothing were, and only one of those connected to it is sent away.
    const { client } = redis;
    await redis.failOver();
    const clients = String(await client.client('LIST')).split('\n');
    const one = clients.find((line) => / cmd=eval/.test(line));
    if (one) await client.client('KILL', 'ID', /^id=(\d+)/.exec(one)?.[1] ?? '');
    await delay(scale.badMs);
  },
  'the master is killed and replaced': async ({ deployment: { redis } }) => {
    await redis.patience(impatientMs);
    const old = redis.master;
    await old.kill();
    await redis.replaced();
    await redis.patience(patientMs);
    await old.start();
  },
  'the master stands still, is replaced, and goes on': async ({ deployment: { redis } }) => {
    await redis.patience(impatientMs);
    const old = redis.master;
    old.pause();
    await redis.replaced();
    await redis.patience(patientMs);
    old.resume();
  },
  'every answer comes 2 to 10 s late': async ({ deployment, scale, random }) => {
    await slowly(deployment, scale, latenessOf(random, 2_000, 10_000));
  },
  'every answer comes up to 3 s late': async ({ deployment, scale, random }) => {
    await slowly(deployment, scale, latenessOf(random, 10, 3_000));
  },
  'all connections break': async ({ deployment: { redis } }) => {
    for (const line of redis.lines) line.cut();
  },
  'the scripts are forgotten again and again': async ({ deployment: { redis }, scale }) => {
    const end = performance.now() + scale.badMs;
    while (performance.now() < end) {
      await redis.client.script('FLUSH');
      await delay(flushMs);
    }
  },
  'Redis is restarted, and reads an older data set for some seconds': async ({
    deployment: { redis },
  }) => {
    const { master } = redis;
    const pipeline = master.client.pipeline();
    for (const name of namesOf('other', keysToLoad)) pipeline.set(name, 'x'.repeat(2_000));
    await pipeline.exec();
    await master.client.save();
    await master.kill();
    const slow = ['--key-load-delay', `${keyLoadDelayUs}`];
    await master.start([...slow, '--loading-process-events-interval-bytes', '1024']);
    await until(async () => (await master.client.info('persistence')).includes('loading:0'));
    await master.client.config('SET', 'key-load-delay', '0');
    await master.client.unlink(namesOf('other', keysToLoad));
  },
};

export const redisFaultNames = Object.keys(faults);

/** Lets these faults happen in turn under load, and checks everything at the end. */
export async function runRedisFaults(
  names: readonly string[],
  scale: RedisScale,
  seed: number,
): Promise<FaultReport | { missing: string }> {
  const deployment = await startDeploymentOn(startSentinel);
  if ('missing' in deployment) return deployment;
  await deployment.redis.patience(patientMs);
  const named = names.map((name): [string, RedisFault] => [name, afterMending(faults[name]!)]);
  return runScenario(deployment, named, scale, seed);
}

/** What the fault before has left is put right first: there is a replica that has all. */
function afterMending(fault: RedisFault): RedisFault {
  return async (scene) => {
    await scene.deployment.redis.mend();
    await fault(scene);
  };
}

async function slowly(
  { redis }: Deployment<RedisSentinel>,
  { badMs }: RedisScale,
  lateMs: () => number,
) {
  for (const line of redis.lines) line.slow(lateMs);
  await delay(badMs);
  for (const line of redis.lines) line.slow(undefined);
}

function latenessOf(random: Random, least: number, most: number) {
  return () => least + random.below(most - least);
}

function namesOf(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${kind}-${n}`);
}

function isOutOfMemory(error: unknown): true {
  if (String(error).includes('OOM')) return true;
  throw error;
}
