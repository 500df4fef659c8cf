import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import type { Version } from '../../src/core/version.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import type { DownloadCount } from '../../src/index/port.ts';
import { openDownloadCounter } from '../../src/sync/download-counter.ts';
import { suite } from '../support/suite.ts';

const test = suite('counting downloads');
const a = 'a' as PackageName;
const one = '1.0.0' as Version;
const two = '2.0.0' as Version;

function openRig() {
  const index = openMemoryIndex();
  const calls: DownloadCount[][] = [];
  const errors: unknown[] = [];
  let time = 0;
  let failure: Error | undefined;
  const counter = openDownloadCounter(
    {
      downloads: (names) => (failure ? Promise.reject(failure) : index.downloads(names)),
      async addDownloads(counts) {
        if (failure) throw failure;
        calls.push([...counts]);
        await index.addDownloads(counts);
      },
    },
    (error) => errors.push(error),
    () => time,
  );
  return {
    index,
    calls,
    errors,
    counter,
    pass: (ms: number) => {
      time += ms;
    },
    fail: (error: Error | undefined) => {
      failure = error;
    },
  };
}

test('what was counted goes to the index as one row a version, and once', async () => {
  const { counter, calls, index } = openRig();
  for (let n = 0; n < 5; n += 1) counter.note(a, one);
  counter.note(a, two);
  await Promise.all([counter.flush(), counter.flush()]);
  await counter.flush();
  assert.equal(calls, [
    [
      { name: 'a', version: '1.0.0', count: 5 },
      { name: 'a', version: '2.0.0', count: 1 },
    ],
  ]);
  counter.note(a, one);
  await counter.close();
  assert.is((await index.downloads([a]))[0]?.count, 6);
});

test('an index that is away loses nothing: the counts go with the next ones', async () => {
  const { counter, calls, fail, errors } = openRig();
  counter.note(a, one);
  fail(new Error('away'));
  await counter.flush().then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, 'away'),
  );
  counter.note(a, one);
  counter.note(a, two);
  fail(undefined);
  await counter.close();
  assert.equal(
    calls.flat().map(({ version, count }) => `${version} ${count}`),
    ['1.0.0 2', '2.0.0 1'],
  );
  assert.equal(errors, []);
});

test('a thousand versions and one more go in two calls', async () => {
  const { counter, calls } = openRig();
  for (let n = 0; n <= 1_000; n += 1) counter.note(a, `1.${n}.0` as Version);
  await counter.close();
  assert.equal(
    calls.map(({ length }) => length),
    [1_000, 1],
  );
});

test('what is shown is a minute old at most, and nothing where the index cannot tell', async () => {
  const { counter, index, pass, fail } = openRig();
  const shown = async () => [...(await counter.of(a))];
  assert.equal(await shown(), []);
  await index.addDownloads([{ name: a, version: one, count: 7 }]);
  assert.equal(await shown(), []);
  pass(60_000);
  assert.equal(await shown(), [['1.0.0', 7]]);
  pass(60_000);
  fail(new Error('away'));
  assert.equal(await shown(), []);
  fail(undefined);
  assert.equal(await shown(), [['1.0.0', 7]], 'a failure is not remembered');
  await counter.close();
});

test.run();
