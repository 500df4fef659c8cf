// The commands that look after a store, as processes of their own beside replicas that serve.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import { openJournalStore } from '../../src/storage/journal-store.ts';
import { newTerm } from '../../src/storage/term.ts';
import { partsSuite } from '../deployed/parts-suite.ts';
import { type Deployed, deploy } from '../deployed/rig.ts';
import { call, putSigned } from '../support/rest.ts';
import { packSample, signSample } from '../support/service.ts';
import { until } from '../support/until.ts';

const test = await partsSuite<{ deployed: Deployed }>('looking after a store beside its replicas', {
  timeoutMs: 120_000,
});
const bin = join(import.meta.dirname, '../../src/cli/bin/vitte.js');
const packages = 6;

test.before(async (rig) => {
  rig.deployed = await deploy(2);
  const { replicas, folder, token } = rig.deployed;
  for (let n = 0; n < packages; n++) {
    const packed = await packSample(folder, { name: `demo-${n}`, version: '1.0.0' });
    const { url } = replicas[n % 2]!;
    assert.is((await putSigned({ url, token }, packed, signSample(packed))).status, 201);
  }
});
test.after((rig) => rig.deployed.end());

test('replicas go on answering while the index is made anew, deeply and from snapshots', async ({
  deployed,
}) => {
  const before = await answers(deployed);
  for (const words of [['--deep'], []]) {
    const statuses = new Set<number>();
    let going = true;
    const asking = Promise.all(
      deployed.replicas.map(async ({ url }) => {
        while (going) statuses.add((await call(`${url}/api/v1/packages/demo-1`)).status);
      }),
    );
    const { stdout, code } = await vitte(deployed, ['registry', 'rebuild', '--json', ...words]);
    going = false;
    await asking;
    assert.is(code, 0, stdout);
    const { objects, resumed, ...rebuilt } = JSON.parse(stdout);
    assert.equal([rebuilt.status, rebuilt.packages, resumed], ['ok', packages, 0]);
    const read = objects.manifests + objects.blobs;
    assert.ok(words.length > 0 ? read > 3 * packages : read < 3 * packages, `${read} objects`);
    assert.equal([...statuses], [200]);
    assert.equal(await answers(deployed), before);
  }
});

test('after FLUSHALL it is made of the snapshots, and says the same', async ({ deployed }) => {
  const before = await answers(deployed);
  await deployed.redis.client.flushall();
  const { code } = await vitte(deployed, ['registry', 'rebuild']);
  assert.is(code, 0);
  await until(async () => (await call(`${deployed.replicas[0]!.url}/readyz`)).status === 200);
  assert.equal(await answers(deployed), before);
  const compared = await vitte(deployed, ['registry', 'rebuild', '--verify']);
  assert.equal([compared.code, compared.stdout], [0, '']);
});

test('verify names what disagrees, and mends it while replicas serve', async ({ deployed }) => {
  const sound = await vitte(deployed, ['registry', 'verify', '--json']);
  assert.is(sound.code, 0, sound.stdout);
  assert.is(JSON.parse(sound.stdout).versions, packages);

  const storage = openRemoteRegistry({ url: deployed.env.VITTE_REGISTRY_STORAGE! });
  const { manifests } = storage.repository('demo-2');
  await manifests.untag(['1.0.0']);
  await storage.close();
  await deployed.redis.client.eval(
    `local found = redis.call('KEYS', '*:p:demo-3') return redis.call('DEL', found[1])`,
    0,
  );
  const broken = await vitte(deployed, ['registry', 'verify']);
  assert.is(broken.code, 1);
  const kinds = broken.stdout.split('\n').map((line) => line.split('\t').slice(0, 2).join(' '));
  assert.ok(kinds.includes('tag-missing demo-2@1.0.0'), broken.stdout);
  assert.ok(kinds.includes('index-package demo-3'), broken.stdout);
  assert.match(broken.stderr, 'error[PKG_E_STORE_DIFFERS] registry: ');

  const fixed = await vitte(deployed, ['registry', 'verify', '--fix', '--json']);
  assert.is(fixed.code, 0, fixed.stdout + fixed.stderr);
  const { found, mended } = JSON.parse(fixed.stdout);
  assert.is(found, 0);
  assert.ok(mended.length >= 2);
  for (const { url } of deployed.replicas) {
    await until(async () => (await call(`${url}/api/v1/packages/demo-3`)).status === 200);
  }
});

test('a manifest that the storage lost is made again before an index would hold it as gone', async ({
  deployed,
}) => {
  const before = await answers(deployed);
  const storage = openRemoteRegistry({ url: deployed.env.VITTE_REGISTRY_STORAGE! });
  const { manifests } = storage.repository('demo-4');
  const { digest } = (await manifests.resolve('1.0.0'))!;
  for (const words of [
    ['verify', '--fix'],
    ['rebuild', '--deep'],
  ]) {
    await manifests.delete(digest);
    const ran = await vitte(deployed, ['registry', ...words, '--json']);
    assert.is(ran.code, 0, ran.stdout + ran.stderr);
    assert.ok(await manifests.resolve(digest), words.join(' '));
    assert.equal(await answers(deployed), before);
  }
  await storage.close();
  const { code, stdout } = await vitte(deployed, ['registry', 'verify', '--fix']);
  assert.is(code, 0, stdout);
});

test('the list of packages in Redis, and the tags of batches, are looked after too', async ({
  deployed,
}) => {
  const storage = openRemoteRegistry({ url: deployed.env.VITTE_REGISTRY_STORAGE! });
  const journal = openJournalStore(storage);
  const places = (await journal.batchPlaces()).sort(
    (a, b) => Number.parseInt(a.term, 10) - Number.parseInt(b.term, 10) || a.ordinal - b.ordinal,
  );
  const [second, last] = [places[1]!, places.at(-1)!].map(
    ({ term, ordinal }) => `_j-${term}-${ordinal}`,
  );
  const broken: [() => Promise<unknown>, string][] = [
    [() => redisKey(deployed, '*:names', 'ZREM', 'demo-2'), 'index-package demo-2'],
    [() => redisKey(deployed, '*:names', 'DEL'), 'index-package demo-5'],
    [() => redisKey(deployed, '*:p:demo-3', 'SET', 'x'), 'index-package demo-3'],
    [() => storage.repository('vitte-registry').manifests.untag([second!]), 'batch-tag-missing -'],
    [() => storage.repository('vitte-registry').manifests.untag([last!]), 'batch-tag-missing -'],
  ];
  for (const [damage, expected] of broken) {
    await damage();
    const found = await vitte(deployed, ['registry', 'verify']);
    assert.is(found.code, 1, expected);
    const kinds = found.stdout.split('\n').map((line) => line.split('\t').slice(0, 2).join(' '));
    assert.ok(kinds.includes(expected), `${expected}: ${found.stdout}`);
    assert.not.match(found.stdout, 'index-extra');
    const fixed = await vitte(deployed, ['registry', 'verify', '--fix']);
    assert.is(fixed.code, 0, expected + fixed.stdout + fixed.stderr);
  }
  await storage.close();
});

test('a key of the index that somebody else wrote is named, and replaced by a rebuild', async ({
  deployed,
}) => {
  const before = await answers(deployed);
  await redisKey(deployed, '*}:*:meta', 'SET', 'x');
  const asked = await vitte(deployed, ['registry', 'verify']);
  assert.is(asked.code, 5);
  assert.match(asked.stderr, /the key \{vitte:registry\}:\d+:meta is of another type/);
  assert.match(asked.stderr, 'run: vitte registry rebuild');
  const made = await vitte(deployed, ['registry', 'rebuild']);
  assert.is(made.code, 0, made.stdout + made.stderr);
  for (const { url } of deployed.replicas) {
    await until(async () => (await call(`${url}/readyz`)).status === 200);
  }
  assert.equal(await answers(deployed), before);
});

test('an index at a batch that is gone for good is made anew before anything is journaled', async ({
  deployed,
}) => {
  const storage = openRemoteRegistry({ url: deployed.env.VITTE_REGISTRY_STORAGE! });
  const journal = openJournalStore(storage);
  const terms = await journal.terms();
  const last = (await journal.lastBatch(terms))!;
  await storage.repository('vitte-registry').manifests.delete(last.digest);
  // Only an opening tells where the journal ends now.
  await journal.proposeTerm(newTerm(terms[0]!.number + 1));
  await storage.close();
  const broken = await vitte(deployed, ['registry', 'verify']);
  assert.match(broken.stdout, 'journal-undecided');
  assert.match(broken.stdout, 'index-elsewhere');
  const fixed = await vitte(deployed, ['registry', 'verify', '--fix', '--json']);
  assert.is(fixed.code, 0, fixed.stdout + fixed.stderr);
});

/** A command on the one key that this pattern finds. */
function redisKey({ redis }: Deployed, pattern: string, command: string, ...words: string[]) {
  const lua = `local found = redis.call('KEYS', ARGV[1])[1]
    return redis.call(ARGV[2], found, unpack(ARGV, 3))`;
  return redis.client.eval(lua, 0, pattern, command, ...words);
}

/** What both replicas say of every package, the same but for their own addresses. */
async function answers({ replicas }: Deployed) {
  const said = await Promise.all(
    replicas.map(async ({ url }) => {
      const paths = ['packages', 'changes', ...names().map((name) => `packages/${name}/1.0.0`)];
      const replies = await Promise.all(paths.map((path) => call(`${url}/api/v1/${path}`)));
      return replies.map(
        ({ status, bytes }) => `${status} ${bytes.toString().replaceAll(url, '')}`,
      );
    }),
  );
  assert.equal(said[1], said[0]);
  return said[0];
}

function names() {
  return Array.from({ length: packages }, (_, n) => `demo-${n}`);
}

async function vitte({ env, folder }: Deployed, words: string[]) {
  const options = { env: { ...process.env, ...env, HOME: folder, LANG: 'C' }, cwd: folder };
  try {
    const ran = await promisify(execFile)(process.execPath, [bin, ...words], options);
    return { code: 0, ...ran };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test.run();
