import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import { packageRow, shownVersion } from '../../src/index/package-row.ts';
import type { Index } from '../../src/index/port.ts';
import { suite } from '../support/suite.ts';
import type { OpenIndex } from './index.ts';
import {
  attached,
  created,
  deprecated,
  openTestJournal,
  owner,
  published,
  unyanked,
  voided,
  yanked,
} from './index-journal.ts';
import { allEntries, withIndex } from './index-opened.ts';

const a = 'a' as PackageName;

/** What the journal says of packages and versions that stand: yanks, deprecations, owners. */
export function changeContract(name: string, open: OpenIndex) {
  const test = suite(`${name}: yanks, deprecations and owners`);

  test(
    'A yank says who, when and why; another reason takes its place, and nothing is left when it is lifted',
    withIndex(open, async ({ index, peer }) => {
      const journal = openTestJournal();
      const runtime = { base: '*' };
      await index.apply(
        journal.step([
          created('a'),
          published('a', '1.0.0', { runtime }),
          published('a', '2.0.0', { runtime }),
        ]),
      );
      const before = await packageOf(index);
      await index.apply(journal.step([yanked('a', '1.0.0', 'leaks memory')]));
      const yank = { sequence: 4, at: '2026-11-22T10:00:04.000Z', actor: 'ann' };
      assert.equal(await yankStates(peer), [[true, { ...yank, reason: 'leaks memory' }], [false]]);
      assert.is((await packageOf(peer))?.sequence, 4);

      await index.apply(journal.step([yanked('a', '1.0.0')]));
      const again = { ...yank, sequence: 5, at: '2026-11-22T10:00:05.000Z' };
      assert.equal(await yankStates(peer), [[true, again], [false]]);
      assert.is((await index.packages({ limit: 9 })).value.total, 1, 'a yanked version is listed');
      assert.is((await index.dependents('base' as PackageName, { limit: 9 })).value.length, 2);

      await index.apply(journal.step([unyanked('a', '1.0.0')]));
      assert.equal(await packageOf(peer), { ...before, sequence: 6 });
      assert.is((await allEntries(index, 10)).length, 6);
    }),
  );

  test(
    'A version keeps its yank when it is signed, and loses it when it is voided',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      await index.apply(
        journal.step([
          created('a'),
          published('a', '1.0.0'),
          yanked('a', '1.0.0'),
          attached('a', '1.0.0'),
        ]),
      );
      const [version] = (await packageOf(index))?.versions ?? [];
      assert.is(version?.voided === false && version.yanked, true);
      assert.is(version?.voided === false && version.signatures.length, 2);
      await index.apply(journal.step([voided('a', '1.0.0'), yanked('a', '1.0.0')]));
      const after = await packageOf(index);
      assert.equal(after?.sequence, 5, 'what is gone cannot be yanked');
      assert.equal(Object.keys(after?.versions[0] ?? {}).sort(), [
        'actor',
        'digest',
        'id',
        'publishedAt',
        'sequence',
        'version',
        'voided',
      ]);
    }),
  );

  test(
    'A package is deprecated by a message, by another one after it, and no more after an empty one',
    withIndex(open, async ({ index, peer }) => {
      const journal = openTestJournal();
      await index.apply(journal.step([created('a'), deprecated('a', 'use b')]));
      assert.equal((await packageOf(peer))?.deprecation, {
        message: 'use b',
        sequence: 2,
        at: '2026-11-22T10:00:02.000Z',
        actor: 'ann',
      });
      await index.apply(journal.step([deprecated('a', 'use c'), published('a', '1.0.0')]));
      assert.is((await packageOf(peer))?.deprecation?.message, 'use c');
      assert.is((await listedRow(peer))?.deprecated, 'use c');
      await index.apply(journal.step([deprecated('a', '')]));
      const record = await packageOf(peer);
      assert.is('deprecation' in (record ?? {}), false);
      assert.is(record?.sequence, 5);
      assert.is('deprecated' in ((await listedRow(peer)) ?? {}), false);
    }),
  );

  test(
    'Owners are listed by account, each with the role and the entry that gave it last',
    withIndex(open, async ({ index, peer }) => {
      const journal = openTestJournal();
      await index.apply(
        journal.step([
          created('a', 'bob'),
          owner('a', 'zoe', 'publisher'),
          owner('a', 'ann', 'owner'),
          owner('a', 'zoe', 'maintainer'),
          owner('a', 'nobody'),
        ]),
      );
      assert.equal(await ownersOf(peer), ['ann owner 3', 'bob owner 1', 'zoe maintainer 4']);
      await index.apply(journal.step([owner('a', 'bob'), published('a', '1.0.0')]));
      assert.equal(await ownersOf(peer), ['ann owner 3', 'zoe maintainer 4']);
      await index.apply(journal.step([owner('a', 'ann'), owner('a', 'zoe')]));
      assert.equal(await ownersOf(peer), []);
    }),
  );

  test(
    'All of it in one step is the same as one by one',
    withIndex(open, async ({ index }) => {
      const events = [
        created('a'),
        published('a', '1.0.0'),
        yanked('a', '1.0.0', 'why'),
        owner('a', 'bob', 'owner'),
        deprecated('a', 'use b'),
        published('a', '1.1.0'),
        unyanked('a', '1.0.0'),
        yanked('a', '1.1.0'),
        owner('a', 'ann'),
        deprecated('a', ''),
        deprecated('a', 'use c'),
      ];
      await index.apply(openTestJournal().step(events));
      const together = await packageOf(index);
      await index.clear();
      const journal = openTestJournal();
      for (const event of events) await index.apply(journal.step([event]));
      assert.equal(await packageOf(index), together);
      assert.equal(await yankStates(index), [
        [false],
        [true, { sequence: 8, at: '2026-11-22T10:00:08.000Z', actor: 'ann' }],
      ]);
      assert.equal(await ownersOf(index), ['bob owner 4']);
      assert.is((await packageOf(index))?.deprecation?.message, 'use c');
    }),
  );

  test.run();
}

async function packageOf(index: Index) {
  return (await index.package(a)).value;
}

/** The package as the first row of a list. */
async function listedRow(index: Index) {
  const [record] = (await index.packages({ limit: 9 })).value.records;
  const shown = record && shownVersion(record);
  return shown && packageRow(record, shown);
}

async function yankStates(index: Index) {
  const { versions = [] } = (await packageOf(index)) ?? {};
  return versions.map((record) =>
    record.voided ? [] : [record.yanked, ...('yank' in record ? [record.yank] : [])],
  );
}

async function ownersOf(index: Index): Promise<string[] | undefined> {
  const { owners } = (await packageOf(index)) ?? {};
  return owners?.map(({ account, role, sequence }) => `${account} ${role} ${sequence}`);
}
