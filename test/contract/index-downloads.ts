import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import type { Version } from '../../src/core/version.ts';
import type { DownloadCount, Index } from '../../src/index/port.ts';
import { suite } from '../support/suite.ts';
import type { OpenIndex } from './index.ts';
import { created, openTestJournal } from './index-journal.ts';
import { withIndex } from './index-opened.ts';

/** Counters of downloads. */
export function downloadContract(name: string, open: OpenIndex) {
  const test = suite(`${name}: downloads`);

  test(
    'Downloads add up by version, from every replica, and are told in the order of the names asked for',
    withIndex(open, async ({ index, peer }) => {
      assert.equal(await index.downloads([]), []);
      assert.equal(await told(index, 'a'), []);
      await index.addDownloads([row('a', '1.10.0', 2), row('b/c', '1.0.0', 1)]);
      await peer.addDownloads([row('a', '1.9.0', 1), row('a', '1.10.0', 40)]);
      await peer.addDownloads([]);
      for (const which of [index, peer]) {
        assert.equal(await told(which, 'b/c', 'none', 'a'), [
          row('b/c', '1.0.0', 1),
          row('a', '1.9.0', 1),
          row('a', '1.10.0', 42),
        ]);
      }
    }),
  );

  test(
    'Counters that were kept elsewhere come back as the higher of the two',
    withIndex(open, async ({ index }) => {
      await index.addDownloads([row('a', '1.0.0', 5), row('a', '2.0.0', 5)]);
      const kept = [row('a', '1.0.0', 3), row('a', '2.0.0', 7), row('b', '1.0.0', 1)];
      await index.restoreDownloads(kept);
      await index.restoreDownloads(kept);
      await index.addDownloads([row('b', '1.0.0', 1)]);
      assert.equal(await told(index, 'a', 'b'), [
        row('a', '1.0.0', 5),
        row('a', '2.0.0', 7),
        row('b', '1.0.0', 2),
      ]);
    }),
  );

  test(
    'Clearing leaves the counters: the journal could not give them back',
    withIndex(open, async ({ index, peer }) => {
      await index.apply(openTestJournal().step([created('a')]));
      await index.addDownloads([row('a', '1.0.0', 2 ** 40)]);
      await index.clear();
      await peer.addDownloads([row('a', '1.0.0', 1)]);
      assert.equal(await told(peer, 'a'), [row('a', '1.0.0', 2 ** 40 + 1)]);
    }),
  );

  test(
    'Counts that come at the same time are all counted',
    withIndex(open, async ({ index, peer }) => {
      const calls = Array.from({ length: 100 }, (_, n) =>
        (n % 2 ? index : peer).addDownloads([row('a', `1.${n % 7}.0`, 1), row('b', '1.0.0', 1)]),
      );
      await Promise.all(calls);
      const rows = await told(index, 'a', 'b');
      const sum = (of: string) =>
        rows.reduce((total, { name, count }) => total + (name === of ? count : 0), 0);
      assert.is(sum('a'), 100);
      assert.is(sum('b'), 100);
    }),
  );

  test.run();
}

function row(name: string, version: string, count: number): DownloadCount {
  return { name: name as PackageName, version: version as Version, count };
}

function told(index: Index, ...names: string[]): Promise<DownloadCount[]> {
  return index.downloads(names as PackageName[]);
}
