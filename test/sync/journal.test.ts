import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { Digest } from '../../src/core/digest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { BlobStore } from '../../src/oci/port.ts';
import { encodeBatch } from '../../src/storage/batch.ts';
import { openJournalStore } from '../../src/storage/journal-store.ts';
import { newTerm } from '../../src/storage/term.ts';
import { sampleVersion } from '../support/sample-version.ts';
import { suite } from '../support/suite.ts';
import { everything, openReplica } from './replica.ts';

const test = suite('journal');
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const tokenMade = () => ({
  id: randomUUID(),
  actor: 'registry',
  event: 'token made' as const,
  token: 'a1',
  sha256: 'ab'.repeat(32),
  account: 'admin',
  role: 'admin' as const,
});

test('200 packages at once give a journal without gap or double, in few batches', async () => {
  const replica = openReplica(createMemoryStore());
  const outcomes = await Promise.all(
    range(200).map((n) => replica.publish(sampleVersion(`package-${n}`, '1.0.0', `${n}`))),
  );
  assert.ok(outcomes.every((outcome) => outcome.status === 'journaled'));
  const { feed, head } = await everything(replica.index);
  assert.equal(
    feed.map((entry) => entry.n),
    range(400).map((n) => n + 1),
  );
  assert.is(new Set(feed.map((entry) => entry.id)).size, 400);
  assert.ok((head?.ordinal ?? 99) < 20, `${head?.ordinal} batches`);
  assert.equal(replica.errors, []);
  await replica.close();
});

test('of 100 contents for one version at two replicas one stands and 99 are refused', async () => {
  const registry = createMemoryStore();
  const index = openMemoryIndex();
  const replicas = [openReplica(registry, { index }), openReplica(registry, { index })];
  const outcomes = await Promise.all(
    range(100).map((n) => replicas[n % 2]!.publish(sampleVersion('demo', '1.0.0', `${n}`))),
  );
  const statuses = outcomes.map((outcome) => outcome.status);
  assert.is(statuses.filter((status) => status === 'journaled').length, 1);
  assert.is(statuses.filter((status) => status === 'refused').length, 99);
  await Promise.all(replicas.map((replica) => replica.close()));
  await index.close();
});

test('the same content 100 times is published once and answered 99 times with the first entry', async () => {
  const replica = openReplica(createMemoryStore());
  const outcomes = await Promise.all(
    range(100).map(() => replica.publish(sampleVersion('demo', '1.0.0'))),
  );
  const numbers = outcomes.map((outcome) => (outcome.status === 'refused' ? 0 : outcome.n));
  assert.equal(new Set(numbers), new Set([2]));
  assert.is(outcomes.filter((outcome) => outcome.status === 'existing').length, 99);
  await replica.close();
});

test('an item whose answer was lost is journaled once and answered again', async () => {
  const registry = createMemoryStore();
  const first = openReplica(registry);
  const sample = sampleVersion('demo', '1.0.0');
  const id = randomUUID();
  await first.publish(sample, id);
  await first.close();
  const second = openReplica(registry);
  await second.journal.catchUp();
  assert.is((await second.publish(sample, id)).status, 'journaled');
  assert.is((await everything(second.index)).feed.length, 2);
  await second.close();
});

test('versions that differ in build metadata alone are refused', async () => {
  const replica = openReplica(createMemoryStore());
  await replica.publish(sampleVersion('demo', '1.0.0+a'));
  const outcome = await replica.publish(sampleVersion('demo', '1.0.0+b'));
  assert.is(outcome.status, 'refused');
  await replica.close();
});

test('an index filled from the store equals the one that was written live', async () => {
  const registry = createMemoryStore();
  const live = openReplica(registry);
  await live.submit(tokenMade());
  for (const version of ['1.0.0', '1.1.0', '2.0.0-beta.1']) {
    await live.publish(sampleVersion('roussov/demo', version, version));
  }
  const rebuilt = openReplica(registry);
  await rebuilt.journal.catchUp();
  assert.equal(await everything(rebuilt.index), await everything(live.index));
  await Promise.all([live.close(), rebuilt.close()]);
});

test('a writer that died between opening a term and writing in it loses nothing', async () => {
  const registry = createMemoryStore();
  const first = openReplica(registry);
  await first.publish(sampleVersion('demo', '1.0.0'));
  await first.close();
  await openJournalStore(registry).proposeTerm(newTerm(7));
  const second = openReplica(registry);
  await second.journal.catchUp();
  assert.is(await second.index.head(), undefined, 'a reader opens no term');
  await second.journal.catchUp({ open: true });
  assert.is((await everything(second.index)).feed.length, 2);
  await second.publish(sampleVersion('demo', '1.1.0'));
  assert.is((await everything(second.index)).feed.length, 3);
  await second.close();
});

test('a batch that an old writer adds beside the chain is void', async () => {
  const registry = createMemoryStore();
  const first = openReplica(registry);
  await first.publish(sampleVersion('demo', '1.0.0'));
  const oldHead = await first.index.head();
  await first.close();
  const second = openReplica(registry);
  await second.journal.catchUp();
  await second.publish(sampleVersion('demo', '1.1.0'));
  const store = openJournalStore(registry);
  const [, oldTerm] = await store.terms();
  assert.is(oldTerm?.name, oldHead?.term);
  const late = encodeBatch(
    {
      term: oldTerm!,
      ordinal: oldHead!.ordinal + 1,
      previous: oldHead!.batch,
      first: 3,
      tagged: 0,
    },
    [{ ...tokenMade(), n: 3, at: new Date().toISOString() }],
  );
  await store.writeBatch(late);
  const third = openReplica(registry);
  await third.journal.catchUp();
  assert.equal(await everything(third.index), await everything(second.index));
  await Promise.all([second.close(), third.close()]);
});

test('times never run backwards, whatever the clock does', async () => {
  const times = [3_000, 1_000, 2_000].map((ms) => Date.UTC(2026, 0, 1) + ms);
  const replica = openReplica(createMemoryStore(), { now: () => times.shift() ?? 0 });
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
    await replica.publish(sampleVersion('demo', version, version));
  }
  const at = (await everything(replica.index)).feed.map((entry) => entry.at);
  assert.equal(at, [...at].sort());
  await replica.close();
});

test('a private event stands in its leaf as a commitment', async () => {
  const registry = createMemoryStore();
  const replica = openReplica(registry);
  await replica.submit(tokenMade());
  const head = await replica.index.head();
  const batch = await replica.journalStore.batch(head!.batch);
  const leaf = await text(registry.repository('vitte-registry').blobs, batch.entriesLayer!.digest);
  assert.match(leaf, /^\{"commit":"[0-9a-f]{64}"\}\n$/);
  const [entry] = await replica.journalStore.entries(batch);
  assert.is(entry?.event, 'token made');
  await replica.close();
});

test('a journal that lost a batch of its chain says so', async () => {
  const registry = createMemoryStore();
  const first = openReplica(registry);
  await first.publish(sampleVersion('demo', '1.0.0'));
  await first.publish(sampleVersion('demo', '1.1.0'));
  const head = await first.index.head();
  const last = await first.journalStore.batch(head!.batch);
  await first.close();
  await registry.repository('vitte-registry').manifests.delete(last.previous!);
  const second = openReplica(registry);
  const error = await second.journal.catchUp().catch((reason: unknown) => reason);
  assert.ok(isVitteError(error, 'PKG_E_STORE_FORMAT'), String(error));
  await second.close();
});

async function text(blobs: BlobStore, digest: Digest): Promise<string> {
  const read = await blobs.fetch(digest);
  return Buffer.concat(await Array.fromAsync(read!.body)).toString('utf8');
}

test.run();
