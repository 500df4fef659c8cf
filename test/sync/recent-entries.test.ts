import * as assert from 'uvu/assert';
import type { AppliedEntry } from '../../src/index/port.ts';
import type { StoredBatch } from '../../src/storage/batch.ts';
import { createRecentEntries } from '../../src/sync/recent-entries.ts';
import { openTestJournal, published, queueItem } from '../contract/index-journal.ts';
import { suite } from '../support/suite.ts';

const test = suite('what a replica remembers of the journal');

function batchOf({ after }: ReturnType<ReturnType<typeof openTestJournal>['step']>): StoredBatch {
  return { digest: after.batch, count: 1 } as StoredBatch;
}

test('The entries of a batch come back as they were kept, and facts as they were queued', () => {
  const recent = createRecentEntries();
  const step = JSON.parse(JSON.stringify(openTestJournal().step([published('a', '1.0.0')])));
  const batch = batchOf(step);
  assert.is(recent.remembers(batch.digest), false);
  const { entry } = step.entries[0] as AppliedEntry;
  const item = queueItem('a');
  assert.is(item.id, entry.id);
  recent.keepItem(item);
  assert.equal(recent.facts(entry.id), item.facts);
  recent.keep(batch, step.entries);
  assert.equal(recent.entries(batch.digest), step.entries);
  assert.is(recent.batch(batch.digest), batch);
  assert.is(recent.facts(entry.id), undefined, 'the batch has them');
});

test.run();
