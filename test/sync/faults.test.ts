import * as assert from 'uvu/assert';
import { VitteError } from '../../src/core/errors.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import type { Index } from '../../src/index/port.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { type Fault, faultRegistry, type Operation } from '../support/fault-registry.ts';
import { sampleVersion } from '../support/sample-version.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { everything, openReplica } from './replica.ts';

const test = suite('the journal on a storage with faults');
const away = () => new VitteError('PKG_E_STORAGE_UNAVAILABLE', 'away');

const isBatch = ({ method, reference = '' }: Operation) =>
  method === 'manifests.push' && /^_j-.*-[1-9]/.test(reference);
const isFence = ({ method, reference }: Operation) =>
  method === 'manifests.resolve' && reference === '_term';

/** Each fault befalls the calls it is for so many times. */
const faults: {
  name: string;
  hits: (operation: Operation) => boolean;
  times: number;
  fault: Fault;
  /** From the start, not once a term is open. */
  atOnce?: boolean;
}[] = [
  { name: 'a batch refused once', hits: isBatch, times: 1, fault: { before: away() } },
  { name: 'a batch whose answer is lost', hits: isBatch, times: 1, fault: { after: away() } },
  { name: 'a batch whose answers are all lost', hits: isBatch, times: 3, fault: { after: away() } },
  {
    name: 'a batch refused to the end of its term',
    hits: isBatch,
    times: 3,
    fault: { before: away() },
  },
  { name: 'a fence without an answer', hits: isFence, times: 1, fault: { before: away() } },
  {
    name: 'a term refused',
    hits: ({ method, reference }) => method === 'manifests.push' && reference === '_term',
    times: 1,
    fault: { before: away() },
    atOnce: true,
  },
];

for (const { name, hits, times, fault, atOnce = false } of faults) {
  test(`${name}: every publish is journaled once and answered`, async () => {
    const inner = createMemoryStore();
    let left = 0;
    const replica = openReplica(
      faultRegistry(inner, (operation) => (hits(operation) && left-- > 0 ? fault : 'ok')),
    );
    if (atOnce) left = times;
    await replica.publish(sampleVersion('demo', '1.0.0', 'first'));
    if (!atOnce) left = times;
    const outcomes = await Promise.all(
      ['1.1.0', '1.2.0', '1.3.0'].map((v) => replica.publish(sampleVersion('demo', v, v))),
    );
    assert.ok(left <= 0, 'the fault befell');
    assert.equal(
      outcomes.map((outcome) => outcome.status),
      ['journaled', 'journaled', 'journaled'],
    );
    await sameFromTheStore(inner, replica);
    assert.is((await everything(replica.index)).feed.length, 5);
    await replica.close();
  });
}

test('versions left untagged by a dead publisher are tagged by the next opening', async () => {
  const registry = createMemoryStore();
  const first = openReplica(registry);
  const sample = sampleVersion('demo', '1.0.0');
  await first.publish(sample); // the replica of these tests writes no tags: its publisher died
  await first.close();
  const resolve = () => registry.repository('demo').manifests.resolve('1.0.0');
  assert.is(await resolve(), undefined);
  const second = openReplica(registry);
  await second.journal.catchUp();
  await second.publish(sampleVersion('other', '1.0.0'));
  await until(async () => (await resolve())?.digest === sample.manifest.digest);
  await second.close();
});

test('a version whose content was lost before it was tagged is voided and never used again', async () => {
  const registry = createMemoryStore();
  const first = openReplica(registry);
  const sample = sampleVersion('demo', '1.0.0');
  await first.publish(sample);
  await first.close();
  await registry.repository('demo').manifests.delete(sample.manifest.digest);

  let time = Date.now();
  const second = openReplica(registry, { now: () => time });
  await second.journal.catchUp();
  await second.publish(sampleVersion('other', '1.0.0'));
  await until(async () => {
    time += 30_000; // one look is no proof: it takes three, half a minute apart
    const { feed } = await everything(second.index);
    return feed.some((entry) => entry.event === 'voided');
  });
  const { value: record } = await second.index.package(sample.facts.document.name);
  assert.is(record?.versions[0]?.voided, true);
  const again = await second.publish(sampleVersion('demo', '1.0.0', 'new content'));
  assert.is(again.status === 'refused' && again.code, 'PKG_E_VERSION_VOIDED');
  await sameFromTheStore(registry, second);
  await second.close();
});

test('an index that loses its memory while the writer judges lets no version be published again', async () => {
  const registry = createMemoryStore();
  const inner = openMemoryIndex();
  let armed = false;
  const index: Index = {
    ...inner,
    async package(name, options) {
      if (armed) await inner.clear();
      armed = false;
      return inner.package(name, options);
    },
  };
  const replica = openReplica(registry, { index });
  await replica.publish(sampleVersion('demo', '1.0.0', 'first'));
  armed = true;
  const outcome = await replica.publish(sampleVersion('demo', '1.0.0', 'second'));
  assert.not(armed, 'the memory was lost');
  assert.is(outcome.status === 'refused' && outcome.code, 'PKG_E_VERSION_EXISTS');
  await sameFromTheStore(registry, replica);
  await replica.close();
  await inner.close();
});

async function sameFromTheStore(registry: Registry, replica: ReturnType<typeof openReplica>) {
  const rebuilt = openReplica(registry);
  await rebuilt.journal.catchUp();
  const { head, ...told } = await everything(replica.index);
  const { head: headAgain, ...again } = await everything(rebuilt.index);
  assert.equal(again, told);
  assert.is(headAgain?.sequence, head?.sequence);
  await rebuilt.close();
}

test.run();
