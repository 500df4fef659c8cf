// Faults that happen to a deployed registry one after the other, at random instants, with clients at both replicas all
// the while; and everything that was ever answered checked at the end.
import { setTimeout as delay } from 'node:timers/promises';
import { auditChain, auditReplica } from '../../support/answer-audit.ts';
import { createAnswerChecker } from '../../support/answer-checker.ts';
import { type Load, type LoadOptions, startLoad, type Target } from '../../support/load.ts';
import { type Random, seededRandom } from '../../support/seeded-random.ts';
import type { Deployment, IndexPlace } from './deployment.ts';

export type LoadScale = Pick<
  LoadOptions,
  'publishesPerSecond' | 'readsPerSecond' | 'answerMsMax' | 'readMsMax' | 'exactAlways'
>;

export type ScenarioScale = LoadScale & {
  /** How often each fault happens. */
  instants: number;
  /** Before each fault, at least and at most. */
  calmMs: [number, number];
};

export type Scene<D, S> = { deployment: D; load: Load; scale: S; random: Random };

/** Ends when all parts run again. */
export type Fault<D, S> = (scene: Scene<D, S>) => Promise<void>;

export type FaultReport = {
  findings: readonly string[];
  tally: ReadonlyMap<string, number>;
  versions: number;
  entries: number;
  batches: number;
};

/**
 * From the moment when everything was there again to a publish and a read at each replica; and just before the fault.
 * The longest answer of each kind from one fault to the next.
 */
type Restored = {
  fault: string;
  ms: number;
  usualMs: number;
  longest: ReadonlyMap<string, number>;
};

/** Full service that is not back by then never comes back. How long it takes is a figure, printed and not judged. */
const restoreGiveUpMs = 45_000;
const probePauseMs = 100;

/** Lets these faults happen in turn under load, and checks everything at the end. Stops the deployment. */
export async function runScenario<R extends IndexPlace, S extends ScenarioScale>(
  deployment: Deployment<R>,
  faults: readonly [name: string, fault: Fault<Deployment<R>, S>][],
  scale: S,
  seed: number,
): Promise<FaultReport> {
  const checker = createAnswerChecker();
  const random = seededRandom(seed);
  const { replicas, token, storage } = deployment;
  const load = startLoad({ targets: replicas, token, checker, seed: seed + 1, ...scale });
  try {
    for (let instant = 0; instant < scale.instants; instant += 1) {
      for (const [name, fault] of faults) {
        await calm(scale, random);
        const usualMs = await restore(load, replicas);
        await fault({ deployment, load, scale, random });
        const ms = await restore(load, replicas);
        const restored = { fault: name, ms, usualMs, longest: load.longest };
        console.log(restoredText(restored));
        load.longest.clear();
        if (ms >= restoreGiveUpMs)
          checker.find(`${name}: no full service after ${Math.round(ms)} ms`);
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
    return { findings, ...counts, tally: load.tally, versions: published.size };
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
    await auditFresh(JSON.stringify(feed));
    return { batches, entries: feed.length };
  }

  async function auditFresh(feed: string) {
    const { url, stop } = await deployment.fresh();
    try {
      const rebuilt = await auditReplica(url, checker);
      if (JSON.stringify(rebuilt) !== feed) checker.find('a fresh replica shows another feed');
    } finally {
      await stop();
    }
  }
}

/** What a run came to, for people; each fault was told when it was over. */
export function reportText(report: FaultReport) {
  const { tally, versions, entries, batches, findings } = report;
  const counts = [...tally].sort().map(([what, times]) => `  ${what}: ${times}`);
  const sums = `${versions} versions, ${entries} entries in ${batches} batches`;
  return [sums, ...counts, ...findings.map((text) => `  FOUND ${text}`)].join('\n');
}

function restoredText({ fault, ms, usualMs, longest }: Restored): string {
  const times = `full service after ${Math.round(ms)} ms, ${Math.round(usualMs)} ms just before`;
  return `  ${fault}: ${times}; longest: ${waits(longest)}`;
}

function waits(longest: ReadonlyMap<string, number>): string {
  return [...longest]
    .sort()
    .map(([what, ms]) => `${what} ${Math.round(ms)}`)
    .join(', ');
}

function calm({ calmMs: [least, most] }: ScenarioScale, random: Random) {
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
