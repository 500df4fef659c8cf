import { setImmediate as nextTurn } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { Digest } from '../../src/core/digest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import type { PackageName } from '../../src/core/name.ts';
import type { Version } from '../../src/core/version.ts';
import { openResolvePool, type PoolOptions } from '../../src/resolve/pool.ts';
import type { PackageFacts, PackageProvider, Resolver } from '../../src/resolve/port.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { suite } from '../support/suite.ts';
import { randomGraph } from './random-graph.ts';
import { providerOf, registry, request } from './registry.ts';

const test = suite('resolutions in threads');

const short = { limits: { timeMs: 20 } };
const never: PackageProvider = { packages: () => new Promise<never>(() => {}) };
const packages = registry({ a: { '1.0.0': { b: '^1' } }, b: { '1.0.0': {}, '1.1.0': {} } });

test('A thread gives what the function gives: graphs, explanations and suggestions', async () => {
  await withPool({ workersMax: 2 }, async (pool) => {
    const seeds = Array.from({ length: 20 }, (_, seed) => seed + 1);
    await Promise.all(
      seeds.map(async (seed) => {
        const graph = randomGraph(seed);
        const provider = providerOf(graph.packages);
        const expected = await resolve(graph.request, provider);
        assert.equal(await pool.resolve(graph.request, provider), expected, `seed ${seed}`);
      }),
    );
  });
});

test('Facts that are the same object are sent once', async () => {
  await withPool({}, async (pool) => {
    let read = 0;
    const counted = [...packages.values()].map((facts) => ({
      ...facts,
      get versions() {
        read += 1;
        return facts.versions;
      },
    }));
    const provider = providerOf(new Map(counted.map((facts) => [facts.name, facts])));
    const first = await pool.resolve(request({ a: '*' }), provider);
    const readOnce = read;
    assert.ok(readOnce > 0);
    assert.equal(await pool.resolve(request({ a: '*' }), provider), first);
    assert.is(read, readOnce);
  });
});

test('What a provider throws is what the caller gets', async () => {
  await withPool({}, async (pool) => {
    const away = new Error('away');
    const provider = { packages: () => Promise.reject(away) };
    assert.is(await failureOf(pool.resolve(request({ a: '*' }), provider)), away);
    const found = await pool.resolve(request({ a: '*' }), providerOf(packages));
    assert.is(found.status, 'resolved');
  });
});

test('A limit that is passed is told with its code', async () => {
  await withPool({}, async (pool) => {
    const late = pool.resolve(request({ a: '*' }), never, { limits: { timeMs: 20 } });
    assert.ok(isVitteError(await failureOf(late), 'PKG_E_RESOLVE_LIMIT'));
    const large = pool.resolve(request({ a: '*' }), providerOf(packages), {
      limits: { packagesMax: 1 },
    });
    const failure = await failureOf(large);
    assert.ok(isVitteError(failure, 'PKG_E_RESOLVE_LIMIT'));
    assert.equal(failure.data, { limit: 'packagesMax' });
  });
});

test('Facts that come after the end of their resolution go into no other', async () => {
  await withPool({}, async (pool) => {
    const late = Promise.withResolvers<PackageFacts[]>();
    const first = Promise.withResolvers<void>();
    const second = Promise.withResolvers<(PackageFacts | undefined)[]>();
    let told: AbortSignal | undefined;
    const slow: PackageProvider = {
      packages(_names, { signal }) {
        told = signal;
        first.resolve();
        return late.promise;
      },
    };
    const given = pool.resolve(request({ a: '*' }), slow, { limits: { timeMs: 200 } });
    await first.promise;
    assert.ok(isVitteError(await failureOf(given), 'PKG_E_RESOLVE_LIMIT'));
    assert.ok(told?.aborted);
    const asked = Promise.withResolvers<void>();
    const next = pool.resolve(request({ b: '^1' }), {
      packages() {
        asked.resolve();
        return second.promise;
      },
    });
    await asked.promise;
    late.resolve([...registry({ a: { '9.9.9': {} } }).values()]);
    await nextTurn();
    second.resolve([packages.get('b' as PackageName)]);
    const found = await next;
    assert.equal(
      found.status === 'resolved' && found.graph.packages.map(({ version }) => version),
      ['1.1.0'],
    );
  });
});

test('A provider that fails after the end of its resolution fails no other', async () => {
  await withPool({}, async (pool) => {
    const late = Promise.withResolvers<never>();
    const given = pool.resolve(request({ a: '*' }), { packages: () => late.promise }, short);
    assert.ok(isVitteError(await failureOf(given), 'PKG_E_RESOLVE_LIMIT'));
    const asked = Promise.withResolvers<void>();
    const second = Promise.withResolvers<(PackageFacts | undefined)[]>();
    const next = pool.resolve(request({ b: '^1' }), {
      packages() {
        asked.resolve();
        return second.promise;
      },
    });
    await asked.promise;
    late.reject(new Error('too late'));
    await nextTurn();
    second.resolve([packages.get('b' as PackageName)]);
    assert.is((await next).status, 'resolved');
  });
});

test('Facts of many packages reach a thread whole, and others have their turn meanwhile', async () => {
  await withPool({}, async (pool) => {
    const names = Array.from({ length: 400 }, (_, number) => `p${number}`);
    const many = registry(Object.fromEntries(names.map((name) => [name, { '1.0.0': {} }])));
    const provider: PackageProvider = {
      async packages(asked) {
        return asked.map((name) => many.get(name));
      },
    };
    const wanted = request(Object.fromEntries(names.map((name) => [name, '^1'])));
    const found = await pool.resolve(wanted, provider);
    assert.is(found.status === 'resolved' && found.graph.packages.length, names.length);
  });
});

test('A caller that goes away frees the thread, and a place in the queue', async () => {
  await withPool({}, async (pool) => {
    const [running, queued] = [new AbortController(), new AbortController()];
    const first = failureOf(pool.resolve(request({ a: '*' }), never, { signal: running.signal }));
    const second = failureOf(pool.resolve(request({ a: '*' }), never, { signal: queued.signal }));
    const third = pool.resolve(request({ a: '*' }), providerOf(packages));
    const [goneFirst, goneSecond] = [new Error('first'), new Error('second')];
    queued.abort(goneSecond);
    assert.is(await second, goneSecond);
    running.abort(goneFirst);
    assert.is(await first, goneFirst);
    assert.is((await third).status, 'resolved');
    const late = pool.resolve(request({ a: '*' }), never, { signal: running.signal });
    assert.is(await failureOf(late), goneFirst);
  });
});

test('More than may wait are turned away', async () => {
  await withPool({ queueMax: 1 }, async (pool) => {
    const away = new AbortController();
    const asked = [1, 2].map(() =>
      failureOf(pool.resolve(request({ a: '*' }), never, { signal: away.signal })),
    );
    const third = await failureOf(pool.resolve(request({ a: '*' }), never));
    assert.ok(isVitteError(third, 'PKG_E_RATE_LIMIT'));
    away.abort(new Error('gone'));
    await Promise.all(asked);
  });
});

test('Whoever waits too long for a thread is turned away', async () => {
  await withPool({ queueWaitMs: 20 }, async (pool) => {
    const away = new AbortController();
    const running = failureOf(pool.resolve(request({ a: '*' }), never, { signal: away.signal }));
    const late = await failureOf(pool.resolve(request({ a: '*' }), providerOf(packages)));
    assert.ok(isVitteError(late, 'PKG_E_RATE_LIMIT'), String(late));
    away.abort(new Error('gone'));
    await running;
  });
});

test('A thread keeps no more facts than fit: those used longest ago are sent again', async () => {
  await withPool({ memoryMib: 24 }, async (pool) => {
    const sent: string[] = [];
    const names = Array.from({ length: 20 }, (_, number) => `p${number}`);
    const large = new Map(
      names.map((name) => {
        const versions = Array.from({ length: 500 }, (_, minor) => ({ version: `1.${minor}.0` }));
        const facts = {
          name,
          get versions() {
            sent.push(name);
            return versions;
          },
        };
        return [name, facts];
      }),
    );
    const provider = {
      packages: (asked: readonly string[]) => asked.map((name) => large.get(name)),
    };
    const ask = (name: string) =>
      pool.resolve(request({ [name]: '*' }), provider as unknown as PackageProvider);
    for (const name of names) assert.is((await ask(name)).status, 'resolved');
    sent.length = 0;
    assert.is((await ask('p19')).status, 'resolved');
    assert.equal(sent, []);
    assert.is((await ask('p0')).status, 'resolved');
    assert.equal([...new Set(sent)], ['p0']);
  });
});

test('Limits of the pool hold for whoever states none', async () => {
  await withPool({ limits: { packagesMax: 1 } }, async (pool) => {
    const failure = await failureOf(pool.resolve(request({ a: '*' }), providerOf(packages)));
    assert.ok(isVitteError(failure, 'PKG_E_RESOLVE_LIMIT'), String(failure));
    const limits = { packagesMax: 2 };
    const found = await pool.resolve(request({ a: '*' }), providerOf(packages), { limits });
    assert.is(found.status, 'resolved');
  });
});

test('A thread that takes too much memory is ended, and another takes its place', async () => {
  await withPool({ memoryMib: 24 }, async (pool) => {
    const huge = (name: PackageName) => {
      const next = `p${Number(name.slice(1)) + 1}` as PackageName;
      const dependencies = [{ name: next, requirement: '*' }];
      const versions = Array.from({ length: 500 }, (_, minor) => {
        return { version: `1.${minor}.0`, digest: `sha256:${'0'.repeat(64)}`, dependencies };
      });
      return { name, versions };
    };
    const provider = { packages: (names: readonly PackageName[]) => names.map(huge) };
    const failure = await failureOf(
      pool.resolve(request({ p0: '*' }), provider as unknown as PackageProvider),
    );
    assert.ok(isVitteError(failure, 'PKG_E_RESOLVE_LIMIT'), String(failure));
    assert.equal(failure.data, { limit: 'memoryMib' });
    const found = await pool.resolve(request({ a: '*' }), providerOf(packages));
    assert.is(found.status, 'resolved');
  });
});

test('What others asked for before ends no resolution that fits in by itself', async () => {
  await withPool({ memoryMib: 24 }, async (pool) => {
    const versions = (length: number) =>
      Array.from({ length }, (_, minor) => ({
        version: `1.${minor}.0` as Version,
        // More than what is kept of a version is taken to weigh.
        digest: `sha256:${String(minor).padStart(64, '0')}${'x'.repeat(8_000)}` as Digest,
      }));
    const provider: PackageProvider = {
      packages: (asked) => asked.map((name) => ({ name, versions: versions(300) })),
    };
    for (let number = 0; number < 40; number += 1) {
      const found = await pool.resolve(request({ [`p${number}`]: '*' }), provider);
      assert.is(found.status, 'resolved');
    }
  });
});

test('After close everything ends with a code', async () => {
  const pool = openResolvePool();
  const running = failureOf(pool.resolve(request({ a: '*' }), never));
  const waiting = failureOf(pool.resolve(request({ a: '*' }), never));
  await nextTurn();
  await pool.close();
  const later = failureOf(pool.resolve(request({ a: '*' }), never));
  for (const failure of await Promise.all([running, waiting, later])) {
    assert.ok(isVitteError(failure, 'PKG_E_SHUTTING_DOWN'), String(failure));
  }
  await pool.close();
});

async function withPool(options: PoolOptions, use: (pool: Resolver) => Promise<void>) {
  const pool = openResolvePool(options);
  try {
    await use(pool);
  } finally {
    await pool.close();
  }
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
}

test.run();
