import { createHash, createPublicKey } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nacl from 'tweetnacl';
import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import { loadServiceKey } from '../../src/server/service-key.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ folder: string; path: string }>('the secret of the service');

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'vitte-secret-'));
  context.path = join(context.folder, 'data', 'service-secret.json');
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

test('a secret is made once, for its owner alone, and read again', async ({ folder, path }) => {
  const made = await loadServiceKey(path, { make: true });
  assert.equal(await loadServiceKey(path, { make: true }), made);
  assert.equal(await loadServiceKey(path, { make: false }), made);
  assert.is((await stat(path)).mode & 0o777, 0o600);
  assert.is((await stat(join(folder, 'data'))).mode & 0o777, 0o700);
  assert.equal(await readdir(join(folder, 'data')), ['service-secret.json']);
  const document = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  assert.equal(Object.keys(document), ['schema', 'seed']);
  assert.is(document.schema, 'vitte.service-secret.v1');
});

test('the fingerprint is that of the public key of the seed', async ({ path }) => {
  const { seed, spki, fingerprint } = await loadServiceKey(path, { make: true });
  const raw = nacl.sign.keyPair.fromSeed(seed).publicKey;
  assert.equal([...spki.subarray(-32)], [...raw]);
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  assert.is(key.asymmetricKeyType, 'ed25519');
  assert.is(fingerprint, createHash('sha256').update(spki).digest('hex'));
});

test('processes that start at once have the same secret', async ({ path }) => {
  const keys = await Promise.all(
    Array.from({ length: 64 }, () => loadServiceKey(path, { make: true })),
  );
  assert.is(new Set(keys.map(({ fingerprint }) => fingerprint)).size, 1);
});

test('a secret that was named is not made', async ({ path }) => {
  await refused(path, false, /is not there/);
  await refused(join(path, 'below'), false, /is not there/);
});

test('a secret that is not exactly one is refused, and not repeated', async ({ folder }) => {
  const path = join(folder, 'secret.json');
  const seed = Buffer.alloc(32, 7).toString('base64');
  const schema = 'vitte.service-secret.v1';
  const bad = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{}',
    JSON.stringify({ schema }),
    JSON.stringify({ schema, seed: 7 }),
    JSON.stringify({ schema, seed: seed.slice(0, -4) }),
    JSON.stringify({ schema, seed: `${seed} ` }),
    JSON.stringify({ schema, seed: seed.replace('=', '') }),
    JSON.stringify({ schema: 'vitte.key.v1', seed }),
    JSON.stringify({ schema, seed, more: true }),
    `{"schema":"${schema}","seed":"${seed}","seed":"${seed}"}`,
  ];
  for (const text of bad) {
    await writeFile(path, text);
    await refused(path, true, /secret\.json/);
    assert.is(await readFile(path, 'utf8'), text, 'it is left as it was');
  }
  await writeFile(path, JSON.stringify({ seed, schema }));
  assert.equal([...(await loadServiceKey(path, { make: false })).seed], Array(32).fill(7));
});

test.run();

async function refused(path: string, make: boolean, expected: RegExp): Promise<void> {
  try {
    await loadServiceKey(path, { make });
  } catch (error) {
    assert.ok(isVitteError(error, 'PKG_E_CONFIG'), String(error));
    assert.match(error.message, expected);
    assert.not.match(`${error.message} ${String(error.cause)}`, /BwcHBw/);
    return;
  }
  assert.unreachable();
}
