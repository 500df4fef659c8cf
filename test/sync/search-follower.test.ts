import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { isVitteError, VitteError } from '../../src/core/errors.ts';
import type { PackageName } from '../../src/core/name.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import type { Index } from '../../src/index/port.ts';
import { openSearch } from '../../src/index/search.ts';
import type { ReadmeText, Search } from '../../src/index/search-port.ts';
import { createSearchFollower } from '../../src/sync/search-follower.ts';
import { openSearchReadmes } from '../../src/sync/search-readmes.ts';
import {
  created,
  openTestJournal,
  type Planned,
  published,
  registryCreated,
  voided,
} from '../contract/index-journal.ts';
import { suite } from '../support/suite.ts';

type Rig = {
  index: Index;
  search: Search;
  journal: ReturnType<typeof openTestJournal>;
  /** Calls of the index by name. */
  calls: Record<string, number>;
};
const test = suite<Rig>('search follower');

test.before.each((rig) => {
  rig.calls = {};
  rig.index = counted(openMemoryIndex(), rig.calls);
  rig.search = openSearch();
  rig.journal = openTestJournal();
});

test('What the index holds is taken in page by page, what comes later entry by entry', async (rig) => {
  const { index, search, calls } = rig;
  const names = Array.from({ length: 250 }, (_, n) => `lib-${n}`);
  await apply(rig, [
    registryCreated(),
    ...names.flatMap((name) => [created(name), published(name, '1.0.0')]),
  ]);
  const follower = createSearchFollower(index, search);
  await follower.follow();
  assert.is(search.size().packages, 250);
  assert.is(calls.packages, 3);
  assert.is(calls.package, undefined, 'no package by itself');
  await apply(rig, [created('later'), published('later', '1.0.0', { description: 'came late' })]);
  await apply(rig, [voided('lib-7', '1.0.0')]);
  await follower.follow();
  assert.equal(found(search, 'late'), ['later']);
  assert.not(found(search, 'lib-7').includes('lib-7'));
  assert.is(calls.packages, 3, 'not filled again');
  assert.is(calls.package, 2);
  await follower.close();
});

test('A search that is up to the number asked for asks nothing of the index', async (rig) => {
  const { index, search, calls } = rig;
  await apply(rig, [registryCreated(), created('a'), published('a', '1.0.0')]);
  const follower = createSearchFollower(index, search);
  await follower.follow({ until: 3 });
  const before = { ...calls };
  await follower.follow({ until: 3 });
  assert.equal(calls, before);
  await apply(rig, [published('a', '1.1.0', { description: 'more' })]);
  await follower.follow({ until: 4 });
  assert.equal(found(search, 'more'), ['a']);
  await follower.close();
});

test('What is published while the index is read is not missed', async (rig) => {
  const { index, search } = rig;
  const names = Array.from({ length: 150 }, (_, n) => `lib-${n}`);
  await apply(rig, [
    registryCreated(),
    ...names.flatMap((name) => [created(name), published(name, '1.0.0')]),
  ]);
  let page = 0;
  const slow: Index = {
    ...index,
    async packages(...given) {
      const answer = await index.packages(...given);
      page += 1;
      // Behind the first page: one before its end, and one behind.
      if (page === 1) {
        await apply(rig, [
          created('aaa'),
          published('aaa', '1.0.0'),
          created('zzz'),
          published('zzz', '1.0.0'),
        ]);
      }
      return answer;
    },
  };
  const follower = createSearchFollower(slow, search);
  await follower.follow();
  assert.is(search.size().packages, 152);
  await follower.close();
});

test('Calls at the same time share one pass, and each sees what stood there when it was made', async (rig) => {
  const { index, search, calls } = rig;
  await apply(rig, [registryCreated(), created('a'), published('a', '1.0.0')]);
  const follower = createSearchFollower(index, search);
  const first = follower.follow();
  await apply(rig, [created('b'), published('b', '1.0.0')]);
  await Promise.all([first, follower.follow(), follower.follow(), follower.follow()]);
  assert.equal(found(search, 'b'), ['b']);
  assert.is(calls.head, 2);
  await follower.close();
});

test('An index that was made anew with less is read again', async (rig) => {
  const { index, search } = rig;
  await apply(rig, [
    registryCreated(),
    created('a'),
    published('a', '1.0.0'),
    created('b'),
    published('b', '1.0.0'),
  ]);
  const follower = createSearchFollower(index, search);
  await follower.follow();
  await index.clear();
  rig.journal = openTestJournal();
  await apply(rig, [registryCreated(), created('c'), published('c', '1.0.0')]);
  await follower.follow();
  assert.equal(search.names(), ['c']);
  await follower.close();
});

test('A failed pass is told, and the next one goes on', async (rig) => {
  const { index, search } = rig;
  await apply(rig, [registryCreated(), created('a'), published('a', '1.0.0')]);
  let away = true;
  const failing: Index = {
    ...index,
    async packages(...given) {
      if (away) throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'away');
      return index.packages(...given);
    },
  };
  const follower = createSearchFollower(failing, search);
  const error = await follower.follow().catch((reason: unknown) => reason);
  assert.instance(error, VitteError);
  away = false;
  await follower.follow();
  assert.equal(search.names(), ['a']);
  await follower.close();
});

test('Who leaves ends neither the pass nor the wait of others', async (rig) => {
  const { index, search } = rig;
  await apply(rig, [registryCreated(), created('a'), published('a', '1.0.0')]);
  const follower = createSearchFollower(index, search);
  const leaving = new AbortController();
  const left = follower.follow({ signal: leaving.signal }).catch((reason: unknown) => reason);
  const stays = follower.follow();
  leaving.abort(new Error('gone'));
  assert.is(String(await left), 'Error: gone');
  await stays;
  assert.equal(search.names(), ['a']);
  await follower.close();
  assert.ok(
    await follower.follow().then(
      () => false,
      () => true,
    ),
    'closed',
  );
});

test('Who waits only so long is told to come again, and the pass goes on', async (rig) => {
  const { index, search } = rig;
  await apply(rig, [registryCreated(), created('a'), published('a', '1.0.0')]);
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const slow: Index = {
    ...index,
    async packages(...given) {
      await gate;
      return index.packages(...given);
    },
  };
  const follower = createSearchFollower(slow, search);
  const error = await follower.follow({ timeoutMs: 1 }).catch((reason: unknown) => reason);
  assert.ok(isVitteError(error, 'PKG_E_INDEX_UNAVAILABLE'));
  open();
  await follower.follow();
  assert.equal(search.names(), ['a']);
  await follower.close();
});

test('Counters of downloads are taken in, all versions of a package together', async (rig) => {
  const { index, search } = rig;
  const description = 'draws';
  await apply(rig, [
    registryCreated(),
    created('a'),
    published('a', '1.0.0', { description }),
    created('b'),
    published('b', '1.0.0', { description }),
    published('b', '1.1.0', { description }),
  ]);
  const row = (name: string, version: string, count: number) => ({ name, version, count }) as never;
  await index.addDownloads([row('a', '1.0.0', 9), row('b', '1.0.0', 8), row('b', '1.1.0', 8)]);
  const follower = createSearchFollower(index, search);
  await follower.follow();
  await follower.counted();
  const { hits } = search.search({ text: '', sort: 'downloads', limit: 9 });
  assert.equal(
    hits.map(({ row }) => row.name),
    ['b', 'a'],
  );
  await follower.close();
});

test('A README just published is found by the very next search, and read once', async (rig) => {
  const { index, search } = rig;
  await apply(rig, [registryCreated(), created('a'), published('a', '1.0.0')]);
  const store = new Map([['b', 'spoken words']]);
  const read: string[] = [];
  const shelf = memoryShelf();
  const open = (into: Search) =>
    openSearchReadmes({
      search: into,
      async read(name) {
        read.push(name);
        return Buffer.from(store.get(name) ?? '');
      },
      shelf,
      onError: assert.unreachable,
    });
  const follower = createSearchFollower(index, search, { readmes: open(search) });
  await follower.follow();
  await apply(rig, [created('b'), withReadme(published('b', '1.0.0'), 'spoken words')]);
  await follower.follow();
  assert.equal(found(search, 'spoken'), ['b']);
  await follower.close();

  // Another replica, or this one after a restart.
  const again = openSearch();
  const readmes = open(again);
  const second = createSearchFollower(index, again, { readmes });
  await second.follow();
  await readmes.settled();
  assert.equal(found(again, 'spoken'), ['b']);
  assert.equal(read, ['b'], 'from what is kept, not from the store');
  await second.close();
});

test('A store that is away costs a search its READMEs and nothing else', async (rig) => {
  const { index, search } = rig;
  const errors: unknown[] = [];
  const readmes = openSearchReadmes({
    search,
    read: () => Promise.reject(new VitteError('PKG_E_STORAGE_UNAVAILABLE', 'away')),
    onError: (error) => errors.push(error),
  });
  const follower = createSearchFollower(index, search, { readmes });
  await follower.follow();
  for (const name of ['a', 'b', 'c']) {
    await apply(rig, [created(name), withReadme(published(name, '1.0.0'), 'spoken words')]);
    await follower.follow();
  }
  assert.equal(search.names(), ['a', 'b', 'c']);
  assert.equal(found(search, 'spoken'), []);
  assert.is(errors.length, 1, 'it is left alone for a while');
  await follower.close();
});

test('A README that is gone from the store is told once and asked for no more', async (rig) => {
  const { index, search } = rig;
  const errors: unknown[] = [];
  const read: string[] = [];
  const readmes = openSearchReadmes({
    search,
    async read(name) {
      read.push(name);
      if (name === 'a') throw new VitteError('PKG_E_INTEGRITY', 'gone');
      return Buffer.from('spoken words');
    },
    onError: (error) => errors.push(error),
  });
  const follower = createSearchFollower(index, search, { readmes });
  const packages = ['a', 'b'].flatMap((name) => [
    created(name),
    withReadme(published(name, '1.0.0'), 'spoken words'),
  ]);
  await apply(rig, [registryCreated(), ...packages]);
  await follower.follow();
  await readmes.settled();
  assert.equal(found(search, 'spoken'), ['b']);
  assert.is(search.lacksReadme('a' as PackageName), undefined);
  assert.equal([errors.length, read.length], [1, 2]);
  await follower.close();
});

test.run();

async function apply({ index, journal }: Rig, planned: Planned[]) {
  await index.apply(journal.step(planned));
}

function found(search: Search, text: string): string[] {
  return search.search({ text, limit: 100 }).hits.map(({ row }) => row.name);
}

function withReadme(planned: Planned, text: string): Planned {
  const { facts } = planned;
  if (facts === undefined || facts === 'gone') throw new TypeError('no facts');
  return { ...planned, facts: { ...facts, readme: { digest: sha256(text), bytes: text.length } } };
}

function memoryShelf() {
  const kept = new Map<PackageName, ReadmeText>();
  return {
    async get(wanted: readonly { name: PackageName; digest: string }[]) {
      return wanted.flatMap(({ name, digest }) => {
        const text = kept.get(name);
        return text?.digest === digest ? [text] : [];
      });
    },
    async put(texts: readonly ReadmeText[]) {
      for (const text of texts) kept.set(text.name, text);
    },
  };
}

/** The index with its calls counted. */
function counted(index: Index, calls: Record<string, number>): Index {
  return new Proxy(index, {
    get(target, key, receiver) {
      const value = Reflect.get(target, key, receiver) as unknown;
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        calls[String(key)] = (calls[String(key)] ?? 0) + 1;
        return value.apply(target, given);
      };
    },
  });
}
