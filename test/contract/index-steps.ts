import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import type { JournalHead } from '../../src/core/journal-entry.ts';
import type { PackageName } from '../../src/core/name.ts';
import type { Version } from '../../src/core/version.ts';
import type { ApplyStep, Index, Outcome } from '../../src/index/port.ts';
import { suite } from '../support/suite.ts';
import type { OpenIndex } from './index.ts';
import {
  attached,
  created,
  deprecated,
  factsOf,
  openTestJournal,
  owner,
  type Planned,
  published,
  queueItem,
  registryCreated,
  tokenMade,
  unknown,
  unyanked,
  voided,
  yanked,
} from './index-journal.ts';
import { allEntries, everyAnswer, refused, withIndex } from './index-opened.ts';

const noWait = { timeoutMs: 0 };
const names = ['a', 'b', 'c'];

/** Moving the index from head to head. */
export function stepContract(name: string, open: OpenIndex) {
  const test = suite(`${name}: steps`);

  test(
    'A new index is empty: it has no head, and says so with every answer',
    withIndex(open, async ({ index }) => {
      const name = 'a' as PackageName;
      const nothing = { head: undefined, value: undefined };
      const none = { head: undefined, value: [] };
      assert.is(await index.head(), undefined);
      assert.equal(await index.store(), nothing);
      assert.equal(await index.token('x'), nothing);
      assert.equal(await index.package(name), nothing);
      assert.equal(await index.packages({ limit: 10 }), {
        head: undefined,
        value: { records: [], total: 0 },
      });
      assert.equal(await index.dependents(name, { limit: 10 }), none);
      assert.equal(await index.feed({ since: 0, limit: 10 }), none);
      assert.equal(await index.peek({ itemsMax: 1, bytesMax: 1 }), none);
    }),
  );

  test(
    'A step gives the head it leads to, and every answer after it carries that head',
    withIndex(open, async ({ index, peer }) => {
      const journal = openTestJournal();
      for (const step of [journal.step([created('a')]), journal.step([created('b')])]) {
        assert.equal(await index.apply(step), step.after);
        for (const which of [index, peer]) {
          assert.equal(await which.head(), step.after);
          const reads = await Promise.all([
            which.store(),
            which.token('x'),
            which.package('a' as PackageName),
            which.packages({ limit: 10 }),
            which.dependents('a' as PackageName, { limit: 10 }),
            which.feed({ since: 0, limit: 10 }),
            which.peek({ itemsMax: 1, bytesMax: 1 }),
          ]);
          for (const read of reads) assert.equal(read.head, step.after);
        }
      }
    }),
  );

  test(
    'Signatures added to a version stand behind its own, each once, and never on a voided one',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      await index.apply(
        journal.step([
          created('a'),
          published('a', '1.0.0'),
          published('a', '2.0.0'),
          attached('a', '1.0.0', 'd'),
          attached('a', '1.0.0', 'e'),
          attached('a', '1.0.0', 'd'),
          voided('a', '2.0.0'),
          attached('a', '2.0.0', 'd'),
          attached('a', '3.0.0', 'd'),
        ]),
      );
      const { value } = await index.package('a' as PackageName);
      const [first, second] = value!.versions;
      const kids = first?.voided === false ? first.signatures.map(({ kid }) => kid[0]) : [];
      assert.equal(kids, ['c', 'd', 'e']);
      assert.is(second?.voided, true);
    }),
  );

  test(
    'A step that does not begin at the head changes nothing and gives the head that stands',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      await index.apply(journal.step([created('a'), published('a', '1.0.0')]));
      const head = journal.head()!;
      const item = queueItem('b');
      await index.enqueue(item);
      const before = await everyAnswer(index, names);
      const wrong: (JournalHead | undefined)[] = [
        undefined,
        { ...head, sequence: 1 },
        { ...head, batch: sha256('another') },
        { ...head, term: '2-b' },
        { ...head, ordinal: head.ordinal + 1 },
      ];
      for (const [which, start] of wrong.entries()) {
        const step = stepFrom(start, [created('b'), { event: item.event, facts: item.facts! }]);
        assert.equal(await index.apply(step), head, `start ${which}`);
        assert.equal(await everyAnswer(index, names), before);
        assert.is(await index.outcome(item.id, noWait), undefined);
        assert.equal((await index.peek({ itemsMax: 9, bytesMax: 9_999 })).value, [item]);
      }
    }),
  );

  test(
    'A step that begins at a head changes nothing in an empty index',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      journal.step([created('a')]);
      assert.is(await index.apply(journal.step([created('b')])), undefined);
      assert.is(await index.head(), undefined);
      assert.equal(await allEntries(index, 10), []);
    }),
  );

  test(
    'Of several that apply different steps at the same head, exactly one wins',
    withIndex(open, async ({ index, peer }) => {
      let head: JournalHead | undefined;
      for (let round = 0; round < 20; round += 1) {
        const steps = Array.from({ length: 4 }, (_, writer) => {
          const step = stepFrom(head, [created(`r${round}w${writer}`)]);
          return { ...step, after: { ...step.after, batch: sha256(`${round} ${writer}`) } };
        });
        const given = await Promise.all(
          steps.map((step, writer) => (writer % 2 ? index : peer).apply(step)),
        );
        head = (await index.head())!;
        const winners = steps.filter((step) => step.after.batch === head?.batch);
        assert.is(winners.length, 1);
        for (const answer of given) assert.equal(answer, head, 'all learn who won');
        const outcomes = await Promise.all(
          steps.map((step) => index.outcome(step.entries[0]!.entry.id, noWait)),
        );
        assert.is(outcomes.filter((outcome) => outcome !== undefined).length, 1);
      }
      const entries = await allEntries(index, 100);
      assert.equal(
        entries.map(({ n }) => n),
        Array.from({ length: 20 }, (_, round) => round + 1),
      );
    }),
  );

  test(
    'Entries that do not lead from head to head without gap or double are refused whole',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      await index.apply(journal.step([created('a')]));
      const before = await everyAnswer(index, names);
      const step = journal.step([created('b'), created('c')]);
      const [second, third] = step.entries;
      const wrong: Partial<ApplyStep>[] = [
        { entries: [third!] },
        { entries: [third!, second!] },
        { entries: [second!, second!] },
        { entries: [second!] },
        { entries: [] },
        { after: { ...step.after, sequence: 2 } },
        { after: { ...step.after, sequence: 4 } },
        { entries: [second!, { entry: { ...third!.entry, n: 4 } }] },
      ];
      for (const change of wrong) {
        await refused(index.apply({ ...step, ...change }), 'PKG_E_JOURNAL_CHAIN');
        assert.equal(await everyAnswer(index, names), before);
      }
      assert.equal(await index.apply(step), step.after);
    }),
  );

  test(
    'A published entry without its facts, or with those of another version, is refused with its whole step',
    withIndex(open, async ({ index }) => {
      const { event, facts } = published('a', '1.0.0');
      assert.ok(facts && facts !== 'gone');
      const wrong = [
        undefined,
        factsOf('a', '1.0.1'),
        factsOf('b', '1.0.0'),
        { ...facts, version: '1.0.1' as Version },
        { ...facts, digest: sha256('other content') },
        { ...facts, document: { ...facts.document, name: 'b' as PackageName } },
        { ...facts, document: factsOf('a', '1.0.1').document },
      ];
      for (const given of wrong) {
        const planned: Planned = given ? { event, facts: given } : { event };
        const step = openTestJournal().step([created('a'), planned]);
        await refused(index.apply(step), 'PKG_E_JOURNAL_CHAIN');
        assert.is(await index.head(), undefined);
        assert.is((await index.package('a' as PackageName)).value, undefined);
        assert.equal(await allEntries(index, 10), []);
        assert.is(await index.outcome('created-a-ann', noWait), undefined);
      }
    }),
  );

  test(
    'An empty batch moves the head alone, from nothing as well',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      for (const events of [[], [created('a')], []]) {
        const step = journal.step(events);
        assert.equal(await index.apply(step), step.after);
      }
      assert.equal(await index.head(), { ...journal.head()!, sequence: 1, ordinal: 2 });
    }),
  );

  test(
    'A step may carry outcomes alone and leave the head where it is',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      await index.apply(journal.step([created('a')]));
      const head = journal.head()!;
      const outcome: Outcome = { status: 'existing', n: 1, at: '2026-11-22T10:00:01.000Z' };
      const step = { before: head, after: head, entries: [], outcomes: [{ id: 'x', outcome }] };
      assert.equal(await index.apply(step), head);
      assert.equal(await index.outcome('x', noWait), outcome);
    }),
  );

  test(
    'An event of a later release is kept in the feed as it came, and otherwise skipped',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      const step = journal.step([created('a'), unknown('a'), published('a', '1.0.0')]);
      await index.apply(step);
      const entries = step.entries.map(({ entry }) => entry);
      assert.equal(await allEntries(index, 10), entries);
      assert.equal(await index.outcome('starred-a', noWait), {
        status: 'journaled',
        n: 2,
        at: entries[1]!.at,
      });
      const { value } = await index.package('a' as PackageName);
      assert.is(value?.sequence, 3);
      assert.is(value?.versions.length, 1);
    }),
  );

  test(
    'The first word on a name counts: what contradicts it is kept in the feed and changes nothing',
    withIndex(open, async ({ index }) => {
      const journal = openTestJournal();
      await index.apply(
        journal.step([registryCreated(), created('a'), published('a', '1.0.0'), tokenMade('t')]),
      );
      const before = await withoutFeed(index);
      const again = published('a', '1.0.0', { description: 'other content' });
      const contradictions: Planned[] = [
        registryCreated('e'.repeat(32)),
        created('a', 'bob'),
        { ...again, event: { ...again.event, id: 'again' } },
        published('b', '1.0.0'),
        voided('a', '2.0.0'),
        voided('b', '1.0.0'),
        yanked('a', '2.0.0'),
        yanked('b', '1.0.0'),
        unyanked('b', '1.0.0'),
        deprecated('b', 'no'),
        owner('b', 'bob', 'owner'),
        tokenMade('t', 'bob'),
      ];
      await index.apply(journal.step(contradictions));
      assert.equal(await withoutFeed(index), before);
      assert.is((await allEntries(index, 100)).length, 4 + contradictions.length);
    }),
  );

  test(
    'Clearing forgets what the journal said, keeps queue and lease, and gives the index another identity',
    withIndex(open, async ({ index, peer }) => {
      const journal = openTestJournal();
      const step = journal.step([registryCreated(), created('a'), published('a', '1.0.0')]);
      await index.apply(step);
      const before = await everyAnswer(index, names);
      const item = queueItem('b');
      await index.enqueue(item);
      await index.lease('one', 3_000);
      const identity = await index.identity();
      assert.is(await peer.identity(), identity);

      await index.clear();
      assert.is(await index.head(), undefined);
      assert.equal((await everyAnswer(index, names)).packages, []);
      assert.is(await index.outcome('created-a-ann', noWait), undefined);
      assert.equal((await peer.peek({ itemsMax: 9, bytesMax: 9_999 })).value, [item]);
      assert.is(await peer.lease('two', 3_000), false);
      assert.is.not(await index.identity(), identity);
      assert.is(await peer.identity(), await index.identity());

      await index.apply(step);
      assert.equal(await everyAnswer(index, names), before);
    }),
  );

  test.run();
}

/** A step from any head, with these events. */
function stepFrom(before: JournalHead | undefined, planned: Planned[]): ApplyStep {
  const base = before?.sequence ?? 0;
  const step = openTestJournal().step(planned);
  const entries = step.entries.map(({ entry, ...rest }) => ({
    entry: { ...entry, n: base + entry.n },
    ...rest,
  }));
  return { ...step, before, after: { ...step.after, sequence: base + planned.length }, entries };
}

async function withoutFeed(index: Index) {
  const { head, feed, ...rest } = await everyAnswer(index, names);
  return { ...rest, token: (await index.token('t')).value };
}
