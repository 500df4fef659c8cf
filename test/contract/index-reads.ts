import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import type { Version } from '../../src/core/version.ts';
import { suite } from '../support/suite.ts';
import type { OpenIndex } from './index.ts';
import {
  created,
  factsOf,
  openTestJournal,
  published,
  registryCreated,
  tokenMade,
  voided,
} from './index-journal.ts';
import { allDependents, allEntries, allPackages, everyAnswer, withIndex } from './index-opened.ts';

const base = 'base' as PackageName;

/** What the index answers. */
export function readContract(name: string, open: OpenIndex) {
  const test = suite(`${name}: reads`);

  test(
    'A package says who made it, when, and all of each version, lowest first',
    withIndex(open, async ({ index }) => {
      const order = ['1.10.0', '1.9.0', '2.0.0-rc.1', '2.0.0', '1.9.0-alpha'];
      const journal = openTestJournal();
      const events = order.map((version) => published('roussov/vitte-math', version));
      await index.apply(journal.step([created('roussov/vitte-math', 'bob'), ...events]));
      const { value } = await index.package('roussov/vitte-math' as PackageName);
      assert.equal(value, {
        name: 'roussov/vitte-math',
        createdAt: '2026-11-22T10:00:01.000Z',
        createdSequence: 1,
        owners: [
          {
            account: 'bob',
            role: 'owner',
            sequence: 1,
            at: '2026-11-22T10:00:01.000Z',
            actor: 'bob',
          },
        ],
        sequence: 6,
        versions: ['1.9.0-alpha', '1.9.0', '1.10.0', '2.0.0-rc.1', '2.0.0'].map((version) => {
          const n = order.indexOf(version) + 2;
          return {
            ...factsOf('roussov/vitte-math', version),
            id: `published-roussov/vitte-math-${version}`,
            sequence: n,
            publishedAt: `2026-11-22T10:00:0${n}.000Z`,
            actor: 'ann',
            yanked: false,
            voided: false,
          };
        }),
      });
    }),
  );

  test(
    'A voided version stays as what its entry said; it is not listed, and depends on nothing',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      const runtime = { base: '^1.0.0' };
      await index.apply(
        journal.step([created('a'), published('a', '1.0.0', { runtime }), voided('a', '1.0.0')]),
      );
      const { value } = await index.package('a' as PackageName);
      assert.is(value?.sequence, 3);
      assert.equal(value?.versions, [
        {
          version: '1.0.0',
          digest: factsOf('a', '1.0.0').digest,
          id: 'published-a-1.0.0',
          sequence: 2,
          publishedAt: '2026-11-22T10:00:02.000Z',
          actor: 'ann',
          voided: true,
        },
      ]);
      assert.equal(await allDependents(index, base, 10), []);
      assert.equal((await index.packages({ limit: 10 })).value, { records: [], total: 0 });

      await index.apply(
        journal.step([published('a', '1.0.0'), voided('a', '1.0.0'), published('a', '1.0.1')]),
      );
      const [record] = (await index.packages({ limit: 10 })).value.records;
      assert.equal(record, (await index.package('a' as PackageName)).value);
      const versions = record?.versions.map(({ version, voided }) => [version, voided]);
      assert.equal(versions, [
        ['1.0.0', true],
        ['1.0.1', false],
      ]);
    }),
  );

  test(
    'A version whose content the store has lost is held as voided from the start',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      const lost = { ...published('a', '1.0.0'), facts: 'gone' as const };
      await index.apply(journal.step([created('a'), lost]));
      const { value } = await index.package('a' as PackageName);
      assert.equal(value?.versions, [
        {
          version: '1.0.0',
          digest: factsOf('a', '1.0.0').digest,
          id: 'published-a-1.0.0',
          sequence: 2,
          publishedAt: '2026-11-22T10:00:02.000Z',
          actor: 'ann',
          voided: true,
        },
      ]);
      assert.equal((await index.packages({ limit: 10 })).value, { records: [], total: 0 });
      await index.apply(journal.step([published('a', '1.0.0')]));
      assert.equal((await index.package('a' as PackageName)).value, value, 'it is not used again');
    }),
  );

  test(
    'A package that was created and has no version is known by name and not listed',
    withIndex(open, async ({ index }) => {
      await index.apply(openTestJournal().step([created('a')]));
      assert.equal((await index.package('a' as PackageName)).value?.versions, []);
      assert.equal((await index.packages({ limit: 10 })).value, { records: [], total: 0 });
      assert.is((await index.package('b' as PackageName)).value, undefined);
    }),
  );

  test(
    'Packages are listed in code point order, all or those of a namespace, with their count',
    withIndex(open, async ({ index }) => {
      const names = ['ab', 'a/b', 'a-b', 'a/c', 'a', 'b', 'ab/c', 'a-b/c', 'a0'];
      await index.apply(openTestJournal().step(names.flatMap(withVersion)));
      const listed = async (page: { after?: string; namespace?: string; limit?: number }) => {
        const { value } = await index.packages({ limit: 100, ...page });
        return [value.records.map((record) => record.name).join(' '), value.total];
      };
      assert.equal(await listed({}), ['a a-b a-b/c a/b a/c a0 ab ab/c b', 9]);
      assert.equal(await listed({ limit: 2 }), ['a a-b', 9]);
      assert.equal(await listed({ after: 'a/b' }), ['a/c a0 ab ab/c b', 9]);
      assert.equal(await listed({ after: 'a/bb' }), ['a/c a0 ab ab/c b', 9]);
      assert.equal(await listed({ after: 'é' }), ['', 9]);
      assert.equal(await listed({ namespace: 'a' }), ['a/b a/c', 2]);
      assert.equal(await listed({ namespace: 'a', after: 'a/b' }), ['a/c', 2]);
      assert.equal(await listed({ namespace: 'a', limit: 1 }), ['a/b', 2]);
      assert.equal(await listed({ namespace: 'a-b' }), ['a-b/c', 1]);
      assert.equal(await listed({ namespace: 'b' }), ['', 0]);
    }),
  );

  test(
    'Dependents are listed by name, then lowest version first, once each with the stronger scope',
    withIndex(open, async ({ index }) => {
      const runtime = { base: '^1.0.0', other: '*' };
      const development = { base: '~1.2' };
      await index.apply(
        openTestJournal().step([
          created('b'),
          published('b', '1.10.0', { runtime, development }),
          published('b', '1.9.0', { development }),
          created('a/z'),
          published('a/z', '1.0.0', { runtime }),
          created('a-z'),
          published('a-z', '1.0.0-rc.1', { runtime }),
        ]),
      );
      const rows = [
        { name: 'a-z', version: '1.0.0-rc.1', requirement: '^1.0.0', scope: 'runtime' },
        { name: 'a/z', version: '1.0.0', requirement: '^1.0.0', scope: 'runtime' },
        { name: 'b', version: '1.9.0', requirement: '~1.2', scope: 'development' },
        { name: 'b', version: '1.10.0', requirement: '^1.0.0', scope: 'runtime' },
      ];
      assert.equal(await allDependents(index, base, 100), rows);
      assert.equal(await allDependents(index, base, 1), rows);
      const after = { name: 'b', version: '1.9.5' as Version };
      assert.equal((await index.dependents(base, { after, limit: 9 })).value, rows.slice(3));
      assert.is((await allDependents(index, 'other' as PackageName, 100)).length, 3);
      assert.equal(await allDependents(index, 'b' as PackageName, 100), []);
    }),
  );

  test(
    'The store and tokens are answered as the journal says them',
    withIndex(open, async ({ index }) => {
      const planned = registryCreated();
      await index.apply(openTestJournal().step([planned, tokenMade('t', 'bob')]));
      assert.equal((await index.store()).value, planned.event);
      assert.equal((await index.token('t')).value, {
        token: 't',
        sha256: 't',
        account: 'bob',
        role: 'admin',
        madeAt: '2026-11-22T10:00:02.000Z',
      });
      assert.is((await index.token('u')).value, undefined);
    }),
  );

  test(
    'The feed gives what follows a number, from the beginning and beyond the end as well',
    withIndex(open, async ({ index }) => {
      const step = openTestJournal().step(['a', 'b', 'c', 'd'].map((name) => created(name)));
      await index.apply(step);
      const entries = step.entries.map(({ entry }) => entry);
      const feed = async (since: number, limit: number) =>
        (await index.feed({ since, limit })).value;
      assert.equal(await feed(0, 10), entries);
      assert.equal(await feed(1, 2), entries.slice(1, 3));
      assert.equal(await feed(-5, 2), entries.slice(0, 2));
      assert.equal(await feed(4, 10), []);
      assert.equal(await feed(99, 10), []);
    }),
  );

  test(
    'Lists read page by page are complete, without gap or double, whatever the page size',
    withIndex(open, async ({ index }) => {
      const names = Array.from({ length: 40 }, (_, k) => (k % 3 ? `n${k}` : `ns/n${k}`));
      const versions = ['0.9.0', '1.0.0-rc.1', '1.0.0'];
      const journal = openTestJournal();
      for (const name of names) {
        const events = versions.map((version) =>
          published(name, version, { runtime: { base: '*' } }),
        );
        await index.apply(journal.step([created(name), ...events]));
      }
      const sorted = [...names].sort();
      const inNamespace = sorted.filter((name) => name.startsWith('ns/'));
      const size = fc.integer({ min: 1, max: 70 });
      await fc.assert(
        fc.asyncProperty(size, async (limit) => {
          const packages = await allPackages(index, limit);
          assert.equal(packages.map(nameOf), sorted);
          assert.equal((await allPackages(index, limit, 'ns')).map(nameOf), inNamespace);
          const entries = await allEntries(index, limit);
          assert.equal(
            entries.map(({ n }) => n),
            entries.map((_, k) => k + 1),
          );
          assert.is(entries.length, 160);
          const dependents = await allDependents(index, base, limit);
          assert.equal(
            dependents.map((row) => `${row.name}@${row.version}`),
            sorted.flatMap((name) => versions.map((version) => `${name}@${version}`)),
          );
        }),
        { numRuns: 15 },
      );
    }),
  );

  test(
    'A page holds between 1 and 1,000, whatever was asked for',
    withIndex(open, async ({ index }) => {
      const names = Array.from({ length: 1_001 }, (_, k) => `n${k}`);
      const planned = names.flatMap((name) => [
        created(name),
        published(name, '1.0.0', { runtime: { base: '*' } }),
      ]);
      await index.apply(openTestJournal().step(planned));
      for (const [limit, expected] of [
        [0, 1],
        [-3, 1],
        [5_000, 1_000],
      ] as const) {
        assert.is((await index.packages({ limit })).value.records.length, expected);
        assert.is((await index.feed({ since: 0, limit })).value.length, expected);
        assert.is((await index.dependents(base, { limit })).value.length, expected);
      }
    }),
  );

  test(
    'Changing what was given in or out does not change the index',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      const runtime = { base: '*' };
      const step = journal.step([
        registryCreated(),
        created('a'),
        published('a', '1.0.0', { runtime }),
        tokenMade('t'),
      ]);
      await index.apply(step);
      const answers = async () => ({
        ...(await everyAnswer(index, ['a', 'base'])),
        token: (await index.token('t')).value,
        read: await index.packages({ limit: 9 }),
      });
      const before = structuredClone(await answers());
      spoil(step);
      spoil(await answers());
      assert.equal(await answers(), before);
    }),
  );

  test.run();
}

function withVersion(name: string) {
  return [created(name), published(name, '1.0.0')];
}

function nameOf({ name }: { name: string }): string {
  return name;
}

/** Changes everything in a value that lets itself be changed. */
function spoil(value: unknown) {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    spoil(member);
    try {
      if (typeof member !== 'object') Object.assign(value, { [key]: 'spoiled' });
      if (Array.isArray(value)) value.pop();
    } catch {
      // frozen
    }
  }
}
