import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseRegistryUrl } from '../../src/client/registry-url.ts';
import { formatSequence, parseSequence, sequenceMemory } from '../../src/client/sequences.ts';
import { suite } from '../support/suite.ts';
import { storeId } from './fake-registry.ts';

const url = parseRegistryUrl('http://a.example');
const test = suite<{ home: string }>('client sequences', { context: { home: '' } });

test.before.each(async (context) => {
  context.home = await mkdtemp(join(tmpdir(), 'vitte-sequences-'));
});
test.after.each(async ({ home }) => {
  await rm(home, { recursive: true, force: true });
});

test('a number outlives the process that saw it', async ({ home }) => {
  const first = sequenceMemory(url, home);
  assert.is(await first.recall(), undefined);
  first.note({ store: storeId, sequence: 7 });
  await first.save();
  assert.equal(await sequenceMemory(url, home).recall(), { store: storeId, sequence: 7 });
  const other = sequenceMemory(parseRegistryUrl('http://b.example'), home);
  assert.is(await other.recall(), undefined);
});

test('within a store the number only grows; another store begins anew', async ({ home }) => {
  const memory = sequenceMemory(url, home);
  memory.note({ store: storeId, sequence: 7 });
  memory.note({ store: storeId, sequence: 3 });
  assert.equal(await memory.recall(), { store: storeId, sequence: 7 });
  memory.note({ store: 'ff', sequence: 1 });
  assert.equal(await memory.recall(), { store: 'ff', sequence: 1 });
});

test('a process that saw less does not take back what another wrote', async ({ home }) => {
  const late = sequenceMemory(url, home);
  late.note({ store: storeId, sequence: 5 });
  const early = sequenceMemory(url, home);
  early.note({ store: storeId, sequence: 9 });
  await early.save();
  await late.save();
  assert.equal(await sequenceMemory(url, home).recall(), { store: storeId, sequence: 9 });
});

test('a damaged file counts as empty and is replaced', async ({ home }) => {
  const path = join(home, 'sequences.json');
  const rows = ['{', '[]', '{"schema":"vitte.sequences.v1","registries":{"http://a.example":{}}}'];
  for (const content of rows) {
    await writeFile(path, content);
    const memory = sequenceMemory(url, home);
    assert.is(await memory.recall(), undefined, content);
    memory.note({ store: storeId, sequence: 1 });
    await memory.save();
    assert.equal(await sequenceMemory(url, home).recall(), { store: storeId, sequence: 1 });
  }
});

test('the file keeps at most 200 registries, the newest among them', async ({ home }) => {
  const registries = Object.fromEntries(
    Array.from({ length: 400 }, (_, n) => [`http://r${n}.example`, { store: 'ff', sequence: n }]),
  );
  const path = join(home, 'sequences.json');
  await writeFile(path, JSON.stringify({ schema: 'vitte.sequences.v1', registries }));
  const memory = sequenceMemory(url, home);
  memory.note({ store: storeId, sequence: 1 });
  await memory.save();
  const kept = JSON.parse(await readFile(path, 'utf8')).registries;
  assert.is(Object.keys(kept).length, 200);
  assert.equal(kept[url], { store: storeId, sequence: 1 });
});

test('nothing new writes nothing, and without a home nothing is ever written', async ({ home }) => {
  const idle = sequenceMemory(url, home);
  await idle.recall();
  await idle.save();
  const homeless = sequenceMemory(url, undefined);
  homeless.note({ store: storeId, sequence: 1 });
  await homeless.save();
  assert.equal(await readdir(home), []);
  assert.equal(await homeless.recall(), { store: storeId, sequence: 1 });
});

test('the header is read strictly', () => {
  assert.equal(parseSequence(`${storeId}:12`), { store: storeId, sequence: 12 });
  assert.is(formatSequence({ store: 'ab', sequence: 3 }), 'ab:3');
  for (const header of [undefined, '', '12', 'ab:', ':1', 'ab:-1', 'ab:1x', 'AB:1', 'ab:1e3']) {
    assert.is(parseSequence(header), undefined, String(header));
  }
});

test.run();
