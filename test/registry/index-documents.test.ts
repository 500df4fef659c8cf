import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import type { Entry } from '../../src/core/journal-entry.ts';
import type { PackageName } from '../../src/core/name.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import type { Index } from '../../src/index/port.ts';
import {
  type IndexDocuments,
  indexBatch,
  openIndexDocuments,
} from '../../src/registry/index-documents.ts';
import type { Reader } from '../../src/sync/reader.ts';
import {
  created,
  deprecated,
  openTestJournal,
  type Planned,
  published,
  voided,
  yanked,
} from '../contract/index-journal.ts';
import { checkSchema } from '../support/published-schemas.ts';
import { anonymous } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = {
  index: Index;
  reader: Reader;
  documents: IndexDocuments;
  /** Journals these; the tail is told of them unless it `lags`. */
  apply(...events: Planned[]): Promise<void>;
  tail: { fresh: boolean; lags: boolean; sequence: number; catchUp(): void };
  reads: number;
  /** Runs in the middle of a read of the index. */
  during: (() => Promise<void>) | undefined;
};
const test = suite<Rig>('index documents');
const a = 'a' as PackageName;

test.before.each((rig) => {
  const index = openMemoryIndex();
  const journal = openTestJournal();
  const listeners: ((entries: readonly Entry[]) => void)[] = [];
  let waiting: Entry[] = [];
  let seen = 0;
  rig.index = index;
  rig.reads = 0;
  rig.during = undefined;
  rig.tail = {
    fresh: true,
    lags: false,
    sequence: 0,
    catchUp() {
      if (waiting.length > 0) for (const listener of listeners) listener(waiting);
      rig.tail.sequence = waiting.at(-1)?.n ?? rig.tail.sequence;
      waiting = [];
    },
  };
  rig.reader = {
    seen: () => seen,
    async read(query) {
      rig.reads += 1;
      const { head, value } = await query(index, {});
      const { during } = rig;
      rig.during = undefined;
      await during?.();
      seen = Math.max(seen, head?.sequence ?? 0);
      return { sequence: head?.sequence ?? 0, value };
    },
  };
  rig.documents = openIndexDocuments(rig.reader, {
    freshSequence: () => (rig.tail.fresh ? rig.tail.sequence : undefined),
    onEntries(listener) {
      listeners.push(listener);
      return () => {};
    },
  });
  rig.apply = async (...events) => {
    const step = journal.step(events);
    await index.apply(step);
    waiting.push(...step.entries.map(({ entry }) => entry));
    if (!rig.tail.lags) rig.tail.catchUp();
  };
});
test.after.each(({ index }) => index.close());

async function versionsOf({ documents }: Rig, name = a) {
  const { sequence, value } = await documents.get(name, anonymous);
  const { versions } = JSON.parse(value.bytes.toString()) as {
    versions: { version: string; yanked: boolean }[];
  };
  const rows = versions.map(({ version, yanked }) => `${version}${yanked ? ' yanked' : ''}`);
  return [sequence, rows.join(', ')];
}

test('the document says what a resolver asks of each version, the highest first', async (rig) => {
  const runtime = { base: '^1.0.0' };
  await rig.apply(
    created('a'),
    published('a', '1.9.0', { runtime, development: { tool: '*' } }),
    published('a', '1.10.0'),
    published('a', '2.0.0'),
    yanked('a', '1.9.0', 'why'),
    voided('a', '2.0.0'),
    deprecated('a', 'use b'),
  );
  const { bytes } = (await rig.documents.get(a, anonymous)).value;
  const document = JSON.parse(bytes.toString());
  checkSchema('index', document);
  assert.is(document.deprecated, 'use b');
  assert.is(document.sequence, 7);
  assert.equal(
    document.versions.map(({ version }: { version: string }) => version),
    ['1.10.0', '1.9.0'],
  );
  assert.equal(document.versions[1].dependencies, [{ name: 'base', requirement: '^1.0.0' }]);
  assert.is(document.versions[1].yanked, true);
});

test('it is made once for each state: the same object until an entry names the package', async (rig) => {
  await rig.apply(created('a'), published('a', '1.0.0'), created('b'), published('b', '1.0.0'));
  const first = await rig.documents.get(a, anonymous);
  const { bytes } = first.value;
  assert.is(bytes.buffer.byteLength, bytes.length, 'what is kept holds no more than itself');
  const reads = rig.reads;
  await rig.apply(published('b', '1.1.0'));
  const second = await rig.documents.get(a, anonymous);
  assert.is(second.value, first.value);
  assert.is(second.sequence, 5, 'it holds as far as the tail has come');
  assert.is(rig.reads, reads, 'the index was not asked');
  await rig.apply(yanked('a', '1.0.0'));
  assert.equal(await versionsOf(rig), [6, '1.0.0 yanked']);
  assert.is(rig.reads, reads + 1);
});

test('while the tail is stale the index is asked each time', async (rig) => {
  await rig.apply(created('a'), published('a', '1.0.0'));
  await versionsOf(rig);
  rig.tail.fresh = false;
  rig.tail.lags = true;
  await rig.apply(published('a', '1.1.0'));
  assert.equal(await versionsOf(rig), [3, '1.1.0, 1.0.0']);
  const { reads } = rig;
  await versionsOf(rig);
  assert.is(rig.reads, reads + 1);
});

test('a tail that lags behind what this replica answered, or the caller has seen, gives nothing old', async (rig) => {
  await rig.apply(created('a'), published('a', '1.0.0'));
  await versionsOf(rig);
  rig.tail.lags = true;
  await rig.apply(published('a', '1.1.0'));
  assert.equal(await versionsOf(rig), [2, '1.0.0'], 'nobody has seen more yet');
  const wanted = await rig.documents.get(a, { ...anonymous, minSequence: 3 });
  assert.is(wanted.sequence, 3);
  assert.equal(await versionsOf(rig), [3, '1.1.0, 1.0.0']);
  rig.tail.catchUp();
  assert.equal(await versionsOf(rig), [3, '1.1.0, 1.0.0']);
});

test('a read that the tail overtakes is answered and not kept', async (rig) => {
  await rig.apply(created('a'), published('a', '1.0.0'));
  rig.during = () => rig.apply(published('a', '1.1.0'));
  assert.equal(await versionsOf(rig), [2, '1.0.0']);
  assert.equal(await versionsOf(rig), [3, '1.1.0, 1.0.0']);
});

test('a package without versions is not there, also when it had some', async (rig) => {
  const missing = async () => {
    const error = await rig.documents.get(a, anonymous).catch((reason: unknown) => reason);
    assert.ok(isVitteError(error, 'PKG_E_NOT_FOUND'), String(error));
  };
  await missing();
  await rig.apply(created('a'));
  await missing();
  await rig.apply(published('a', '1.0.0'));
  await versionsOf(rig);
  await rig.apply(voided('a', '1.0.0'));
  await missing();
});

test('many documents come in the order of their names, as many as there is room for', async (rig) => {
  const names = Array.from({ length: 40 }, (_, n) => `n${n}` as PackageName);
  await rig.apply(...names.flatMap((name) => [created(name), published(name, '1.0.0')]));
  const wanted = [...names.slice(0, 20), 'missing' as PackageName, ...names.slice(20)];
  const { sequence, value } = await indexBatch(
    { reader: rig.reader, indexDocuments: rig.documents },
    wanted,
    1_000_000,
    anonymous,
  );
  assert.is(sequence, 80);
  assert.equal(
    value.documents.map(({ name }) => name),
    names,
  );
  assert.equal([value.missing, value.left], [['missing'], []]);
  const size = value.documents[0]!.bytes.length;
  for (const room of [1, 3 * size, 17 * size + 100]) {
    const parts = { reader: rig.reader, indexDocuments: rig.documents };
    const { documents, left, missing } = (await indexBatch(parts, wanted, room, anonymous)).value;
    assert.ok(documents.length > 0 && left.length > 0);
    assert.is(documents.length + left.length + missing.length, 41);
    assert.ok(
      documents.length === 1 || documents.reduce((sum, { bytes }) => sum + bytes.length, 0) <= room,
    );
  }
});

test.run();
