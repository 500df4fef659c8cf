import * as assert from 'uvu/assert';
import { openMemoryIndex } from '../../src/index/memory.ts';
import { created, openTestJournal } from '../contract/index-journal.ts';
import { suite } from '../support/suite.ts';

const test = suite('memory index');
const noWait = { timeoutMs: 0 };

test('Outcomes older than 120 s are forgotten at the next step', async () => {
  let time = 0;
  const index = openMemoryIndex({ now: () => time });
  const journal = openTestJournal();
  await index.apply(journal.step([created('a')]));
  time += 120_001;
  assert.ok(await index.outcome('created-a-ann', noWait), 'there was no step');
  await index.apply(journal.step([created('b')]));
  assert.is(await index.outcome('created-a-ann', noWait), undefined);
  assert.ok(await index.outcome('created-b-ann', noWait));
  await index.close();
});

test('Of more than 100,000 outcomes the oldest go', async () => {
  const index = openMemoryIndex();
  const outcome = { status: 'refused', code: 'PKG_E_FORBIDDEN', message: 'no' } as const;
  const outcomes = Array.from({ length: 100_001 }, (_, k) => ({ id: `${k}`, outcome }));
  await index.apply(openTestJournal().step([], outcomes));
  assert.is(await index.outcome('0', noWait), undefined);
  assert.ok(await index.outcome('1', noWait));
  assert.ok(await index.outcome('100000', noWait));
  await index.close();
});

test('Two indexes have different identities', async () => {
  const [one, two] = [openMemoryIndex(), openMemoryIndex()];
  assert.is.not(await one.identity(), await two.identity());
  await Promise.all([one.close(), two.close()]);
});

test.run();
