import * as assert from 'uvu/assert';
import { type ErrorCode, isVitteError, VitteError } from '../../src/core/errors.ts';
import type { Entry } from '../../src/core/journal-entry.ts';
import type { JsonValue } from '../../src/core/json.ts';
import type { PackageName } from '../../src/core/name.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import type { Index } from '../../src/index/port.ts';
import { type IndexDocuments, openIndexDocuments } from '../../src/registry/index-documents.ts';
import { resolve } from '../../src/registry/resolve.ts';
import { openResolvePool } from '../../src/resolve/pool.ts';
import type { PackageFacts, PackageProvider, Resolver } from '../../src/resolve/port.ts';
import type { Reader } from '../../src/sync/reader.ts';
import {
  created,
  openTestJournal,
  type Planned,
  published,
  yanked,
} from '../contract/index-journal.ts';
import { anonymous } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = {
  index: Index;
  reader: Reader;
  indexDocuments: IndexDocuments;
  apply(...events: Planned[]): Promise<void>;
  /** What the provider of the last resolution gave for these names, in place of a solver. */
  asked(names: string[]): Promise<(PackageFacts | undefined)[]>;
  /** Reads of the index under way, and the most there were. */
  reads: { now: number; most: number };
  away: boolean;
  /** The tail has not heard yet of what is applied. */
  lags: boolean;
};
const test = suite<Rig>('resolving against the index');

test.before.each((rig) => {
  const index = openMemoryIndex();
  const journal = openTestJournal();
  const listeners: ((entries: readonly Entry[]) => void)[] = [];
  let tail = 0;
  let seen = 0;
  rig.index = index;
  rig.reads = { now: 0, most: 0 };
  rig.away = false;
  rig.lags = false;
  rig.reader = {
    seen: () => seen,
    async read(query, options = {}) {
      rig.reads.now += 1;
      rig.reads.most = Math.max(rig.reads.most, rig.reads.now);
      try {
        if (rig.away) throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the index is away');
        const { head, value } = await query(index, {});
        seen = Math.max(seen, head?.sequence ?? 0, options.minSequence ?? 0);
        return { sequence: head?.sequence ?? 0, value };
      } finally {
        rig.reads.now -= 1;
      }
    },
  };
  rig.indexDocuments = openIndexDocuments(rig.reader, {
    freshSequence: () => tail,
    onEntries(listener) {
      listeners.push(listener);
      return () => {};
    },
  });
  rig.apply = async (...events) => {
    const step = journal.step(events);
    await index.apply(step);
    if (rig.lags) return;
    const entries = step.entries.map(({ entry }) => entry);
    for (const listener of listeners) listener(entries);
    tail = entries.at(-1)?.n ?? tail;
  };
  rig.asked = async (names) => {
    let found: (PackageFacts | undefined)[] = [];
    const resolver: Resolver = {
      async resolve(_request, provider) {
        found = await factsFrom(provider, names);
        const graph = { requirements: [], packages: [], cycles: [] };
        return { status: 'resolved', graph, steps: 0 };
      },
      close: async () => {},
    };
    await resolve({ ...rig, resolver }, requestFor({}), anonymous);
    return found;
  };
});
test.after.each(({ index }) => index.close());

async function factsFrom(provider: PackageProvider, names: string[]) {
  return provider.packages(names as PackageName[], {});
}

function requestFor(requirements: Record<string, string>): JsonValue {
  return { requirements };
}

/** What resolving `a` fails with. Closes the resolver. */
async function failureOf(parts: Parameters<typeof resolve>[0]): Promise<unknown> {
  try {
    return await resolve(parts, requestFor({ a: '*' }), anonymous);
  } catch (error) {
    return error;
  } finally {
    await parts.resolver.close();
  }
}

test('what was published is resolved in a thread, as of the number that the answer names', async (rig) => {
  await rig.apply(
    created('web'),
    published('web', '1.0.0', { runtime: { http: '^1' }, development: { tool: '*' } }),
    created('http'),
    published('http', '1.0.0'),
    published('http', '1.1.0'),
    yanked('http', '1.1.0'),
  );
  const resolver = openResolvePool();
  try {
    const parts = { ...rig, resolver };
    const { sequence, value } = await resolve(parts, requestFor({ web: '*' }), anonymous);
    assert.is(sequence, 6);
    assert.is(value.status, 'resolved');
    const rows = value.status === 'resolved' ? value.graph.packages : [];
    assert.equal(
      rows.map(({ name, version }) => `${name} ${version}`),
      ['http 1.0.0', 'web 1.0.0'],
    );
    assert.ok(rows.every(({ digest }) => digest?.startsWith('sha256:')));
    const missing = await resolve(parts, requestFor({ web: '*', none: '*' }), anonymous);
    assert.is(missing.value.status, 'unsolvable');
  } finally {
    await resolver.close();
  }
});

test('the facts of a package are the same object until an entry names it', async (rig) => {
  await rig.apply(created('a'), published('a', '1.0.0'), created('b'), published('b', '1.0.0'));
  const [first, none] = await rig.asked(['a', 'none']);
  assert.is(none, undefined);
  await rig.apply(published('b', '1.1.0'));
  assert.is((await rig.asked(['a']))[0], first);
  await rig.apply(yanked('a', '1.0.0'));
  const [after] = await rig.asked(['a']);
  assert.is.not(after, first);
  assert.is(after?.versions[0]?.yanked, true);
});

test('no package is looked at as it was before the number of the answer, though the tail lags', async (rig) => {
  await rig.apply(created('a'), published('a', '1.0.0'));
  await rig.asked(['a']);
  rig.lags = true;
  await rig.apply(published('a', '1.1.0'));
  const [found] = await rig.asked(['a']);
  assert.is(found?.versions.length, 2);
});

test('however many are asked for, the index has few reads to do at once', async (rig) => {
  const names = Array.from({ length: 300 }, (_, number) => `n${number}`);
  await rig.apply(...names.flatMap((name) => [created(name), published(name, '1.0.0')]));
  rig.reads.most = 0;
  const found = await rig.asked(names);
  assert.equal(
    found.map((facts) => facts?.name),
    names,
  );
  assert.ok(rig.reads.most > 1 && rig.reads.most <= 32, `${rig.reads.most} at once`);
});

test('an index that goes away in the middle is the error, and no package that does not exist', async (rig) => {
  await rig.apply(created('a'), published('a', '1.0.0', { runtime: { b: '*' } }));
  const reader: Reader = {
    ...rig.reader,
    async read(query, options) {
      const answer = await rig.reader.read(query, options);
      rig.away = true;
      return answer;
    },
  };
  const error = await failureOf({ ...rig, reader, resolver: openResolvePool() });
  assert.ok(isVitteError(error, 'PKG_E_INDEX_UNAVAILABLE'), String(error));
});

test('an index that does not answer in time is away, and no limit of the request', async (rig) => {
  await rig.apply(created('a'), published('a', '1.0.0'));
  const resolver = openResolvePool({ limits: { timeMs: 50 } });
  const indexDocuments: IndexDocuments = { get: () => new Promise<never>(() => {}) };
  const error = await failureOf({ ...rig, indexDocuments, resolver });
  assert.ok(isVitteError(error, 'PKG_E_INDEX_UNAVAILABLE'), String(error));
});

test('a request that can not be read is an error with its code', async (rig) => {
  await rig.apply(created('a'), published('a', '1.0.0'));
  const resolver = openResolvePool();
  const rows: [JsonValue, ErrorCode][] = [
    [{ requirements: { A: '*' } }, 'PKG_E_PACKAGE_NAME'],
    [{ requirements: { a: 'latest' } }, 'PKG_E_REQUIREMENT'],
    [{ requirements: {}, asOf: 'soon' }, 'PKG_E_REQUEST'],
  ];
  try {
    for (const [body, code] of rows) {
      const error = await resolve({ ...rig, resolver }, body, anonymous).catch(
        (reason: unknown) => reason,
      );
      assert.ok(isVitteError(error, code), String(error));
    }
  } finally {
    await resolver.close();
  }
});

test('a caller who leaves ends it', async (rig) => {
  await rig.apply(created('a'), published('a', '1.0.0'));
  const leaving = new AbortController();
  const resolver = openResolvePool();
  const indexDocuments: IndexDocuments = {
    async get(name, context) {
      leaving.abort(new VitteError('PKG_E_CANCELLED', 'the client left'));
      return rig.indexDocuments.get(name, context);
    },
  };
  try {
    const error = await resolve({ ...rig, indexDocuments, resolver }, requestFor({ a: '*' }), {
      ...anonymous,
      signal: leaving.signal,
    }).catch((reason: unknown) => reason);
    assert.is(error, leaving.signal.reason);
  } finally {
    await resolver.close();
  }
});

test.run();
