import type { Registry, Repository } from '../../../src/oci/port.ts';
import type { Clock } from '../../../src/oci/remote/clock.ts';
import {
  openRemoteRegistry,
  type RemoteRegistryOptions,
} from '../../../src/oci/remote/registry.ts';
import {
  type ForeignOptions,
  type ForeignRegistry,
  startForeignRegistry,
} from '../../support/foreign-registry.ts';

export type Opened = {
  foreign: ForeignRegistry;
  registry: Registry;
  /** The repository `p/demo` of the foreign registry. */
  demo: Repository;
  clock: TestClock;
};

/** A clock that stands still but for its waits, which take no time and are written down, in milliseconds. */
export type TestClock = Clock & { waits: number[]; pass(ms: number): void };

type Options = Partial<RemoteRegistryOptions> & { foreign?: ForeignOptions };

/** Runs a test on the remote adapter, opened on a foreign registry of its own. */
export function withForeign(
  work: (opened: Opened) => Promise<void>,
  { foreign: foreignOptions = {}, limits: given, ...options }: Options = {},
): () => Promise<void> {
  return async () => {
    const foreign = await startForeignRegistry(foreignOptions);
    const clock = testClock();
    // Time passes at once here, and what is looked at again later would be counted as well.
    const limits = { referrersCheckMs: 0, ...given };
    const registry = openRemoteRegistry({ url: foreign.url, clock, limits, ...options });
    try {
      await work({ foreign, registry, demo: registry.repository('demo'), clock });
    } finally {
      await registry.close();
      await foreign.close();
    }
  };
}

export function testClock(): TestClock {
  let now = 0;
  const waits: number[] = [];
  return {
    waits,
    pass: (ms) => {
      now += ms;
    },
    now: () => now,
    timeOfDay: () => Date.UTC(2026, 0, 1) + now,
    random: () => 0.5,
    async wait(ms, signal) {
      waits.push(ms);
      now += ms;
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    },
  };
}
