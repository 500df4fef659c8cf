import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { JournalEvent } from '../../src/core/journal-entry.ts';
import type { PackageName } from '../../src/core/name.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import type { Index, Outcome } from '../../src/index/port.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import { judge } from '../../src/sync/judge.ts';
import { sampleVersion } from '../support/sample-version.ts';
import { suite } from '../support/suite.ts';
import { everything, openReplica, type Replica } from './replica.ts';

const test = suite<{ replica: Replica }>('changes of a package in the journal');
const sample = sampleVersion('demo', '1.0.0');
const { version } = sample.facts;
const demo = 'demo' as PackageName;
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

test.before.each(async (rig) => {
  rig.replica = openReplica(createMemoryStore());
  await rig.replica.publish(sample);
});
test.after.each(({ replica }) => replica.close());

function event(made: Record<string, unknown>, actor = 'admin'): JournalEvent {
  return { id: randomUUID(), actor, package: demo, ...made } as JournalEvent;
}
const yanked = (reason?: string) =>
  event({
    event: 'yanked',
    version,
    digest: sample.manifest.digest,
    ...(reason ? { reason } : {}),
  });
const unyanked = () => event({ event: 'unyanked', version, digest: sample.manifest.digest });
const deprecated = (message: string) => event({ event: 'deprecated', message });
const owner = (account: string, role?: string) =>
  event({ event: 'owner', account, change: role ? 'added' : 'removed', ...(role ? { role } : {}) });

test('the same word a hundred times at once is one entry, and 99 times what stood already', async ({
  replica,
}) => {
  for (const same of [
    () => yanked('leaks'),
    () => deprecated('use b'),
    () => owner('bob', 'maintainer'),
    () => unyanked(),
    () => deprecated(''),
    () => owner('bob'),
  ]) {
    const before = (await replica.index.head())?.sequence ?? 0;
    const outcomes = await Promise.all(range(100).map(() => replica.submit(same())));
    const count = (status: Outcome['status']) =>
      outcomes.filter((outcome) => outcome.status === status).length;
    assert.is(count('journaled'), 1);
    assert.is(count('existing'), 99);
    assert.is((await replica.index.head())?.sequence, before + 1);
  }
});

test('of words that contradict each other in one batch the last one stands, and each is an entry', async ({
  replica,
}) => {
  const words = range(20).map((n) => (n % 2 ? unyanked() : yanked(`reason ${n}`)));
  const outcomes = await Promise.all(words.map((word) => replica.submit(word)));
  assert.ok(outcomes.every(({ status }) => status === 'journaled'));
  const { feed } = await everything(replica.index);
  assert.equal(
    feed.slice(2).map((entry) => entry.id),
    words.map(({ id }) => id),
  );
  const [record] = (await replica.index.package(demo)).value?.versions ?? [];
  assert.is(record?.voided === false && record.yanked, false);
});

test('a yank without a reason leaves the reason that stands, one with another takes its place', async ({
  replica,
}) => {
  assert.is((await replica.submit(yanked('leaks'))).status, 'journaled');
  assert.is((await replica.submit(yanked())).status, 'existing');
  assert.is((await replica.submit(yanked('leaks'))).status, 'existing');
  assert.is((await replica.submit(yanked('worse'))).status, 'journaled');
  const [record] = (await replica.index.package(demo)).value?.versions ?? [];
  assert.is(record?.voided === false && record.yank?.reason, 'worse');
});

test('what is not there, or is other content, cannot be yanked, deprecated or given away', async ({
  replica,
}) => {
  const other = sampleVersion('demo', '1.0.0', 'other');
  const none = sampleVersion('demo', '2.0.0').facts.version;
  const wrong = [
    event({ event: 'yanked', version, digest: other.manifest.digest }),
    event({ event: 'yanked', version: none, digest: sample.manifest.digest }),
    event({ event: 'unyanked', version: none, digest: sample.manifest.digest }),
    ...[yanked(), unyanked(), deprecated('x'), owner('bob', 'owner')].map(
      (made) => ({ ...made, package: 'nothing' }) as JournalEvent,
    ),
  ];
  for (const made of wrong) assert.is(codeOf(await replica.submit(made)), 'PKG_E_NOT_FOUND');
  assert.is((await replica.index.head())?.sequence, 2);
});

test('the last owner can neither leave nor be made less, in whatever order it is tried', async ({
  replica,
}) => {
  for (const made of [owner('admin'), owner('admin', 'maintainer')]) {
    assert.is(codeOf(await replica.submit(made)), 'PKG_E_OWNER_LAST');
  }
  await replica.submit(owner('bob', 'owner'));
  const outcomes = await Promise.all(
    [owner('admin'), owner('bob')].map((made) => replica.submit(made)),
  );
  assert.equal(outcomes.map(codeOf), [undefined, 'PKG_E_OWNER_LAST']);
  await replica.submit(owner('zoe', 'maintainer'));
  assert.is(codeOf(await replica.submit(owner('bob', 'publisher'))), 'PKG_E_OWNER_LAST');
  assert.is((await replica.submit(owner('zoe'))).status, 'journaled');
});

test('rights are those that stand behind the items before: who was taken off the list is refused', async () => {
  const state = {
    store: async () => undefined,
    token: async () => undefined,
    package: async () => undefined,
  };
  const published = event({ event: 'published', version, digest: sample.manifest.digest }, 'ann');
  const by = (made: JournalEvent, actor: string) => ({ ...made, actor }) as JournalEvent;
  // No token of this release has another role than admin: what the list of owners says is for those to come.
  const role = 'publisher' as 'admin';
  const items = [
    { event: by(owner('bob', 'maintainer'), 'ann'), role },
    { event: by(yanked(), 'bob'), role },
    { event: by(owner('eve', 'owner'), 'bob'), role },
    { event: by(owner('bob', 'publisher'), 'ann'), role },
    { event: by(unyanked(), 'bob'), role },
    { event: by(deprecated('x'), 'eve'), role },
    { event: by(deprecated('x'), 'eve'), role: 'admin' as const },
  ].map((item) => ({ id: item.event.id, readAt: 0, ...item }));
  const first = {
    id: published.id,
    event: published,
    role: 'admin' as const,
    facts: sample.facts,
    readAt: 0,
  };
  const start = { n: 0, at: new Date(0).toISOString() };
  const { entries, outcomes } = await judge([first, ...items], state, start, Date.now);
  assert.equal(
    entries.map(({ entry }) => entry.event),
    ['package created', 'published', 'owner', 'yanked', 'owner', 'deprecated'],
  );
  assert.equal(
    outcomes.map(({ outcome }) => codeOf(outcome)),
    ['PKG_E_FORBIDDEN', 'PKG_E_FORBIDDEN', 'PKG_E_FORBIDDEN'],
  );
});

test('a change that was answered is not journaled again when the index loses its memory under the writer', async () => {
  let time = Date.now();
  const index = openMemoryIndex({ now: () => time });
  let forgetful = false;
  const losing: Index = {
    ...index,
    async peek(limits, options) {
      const answer = await index.peek(limits, options);
      if (forgetful && answer.value.length > 0) {
        forgetful = false;
        await index.clear();
      }
      return answer;
    },
  };
  const replica = openReplica(createMemoryStore(), { index: losing });
  await replica.publish(sample);
  const first = yanked('leaks');
  await replica.submit(first);
  await replica.submit(unyanked());
  time += 121_000; // the outcome is forgotten with the next step
  await replica.submit(deprecated('x'));
  forgetful = true;
  await index.enqueue({ id: first.id, event: first, role: 'admin', readAt: 0 });
  const outcome = await index.outcome(first.id, { timeoutMs: 10_000 });
  assert.is(outcome?.status === 'journaled' && outcome.n, 3);
  await replica.submit(deprecated('y')); // whatever the writer had begun is over then
  const { feed } = await everything(index);
  assert.equal(
    feed.map((entry) => entry.event),
    ['package created', 'published', 'yanked', 'unyanked', 'deprecated', 'deprecated'],
  );
  await replica.close();
  await index.close();
});

function codeOf(outcome: Outcome): string | undefined {
  return outcome.status === 'refused' ? outcome.code : undefined;
}

test.run();
