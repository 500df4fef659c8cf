import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { canonicalJson, type JsonObject } from '../../src/core/json.ts';
import { parseKeyDocument, serializeKey } from '../../src/signing/key-document.ts';
import { readKeyFile, secretOf, writeKeyFile } from '../../src/signing/key-file.ts';
import { exportFormats, exportPublicKey, exportSecretKey } from '../../src/signing/key-formats.ts';
import { generateKey, hasSecret, keyFromSeed, publicPart } from '../../src/signing/keys.ts';
import { suite } from '../support/suite.ts';
import { encryptedKeyVector, hex, keyVectors, rejection } from './vectors.ts';

const test = suite<{ folder: string }>('key file', { context: { folder: '' } });
/** Cheap, so that the tests are; files of people cost 128 times as much. */
const cost = { N: 1024, r: 8, p: 1 };
const key = keyFromSeed(hex(keyVectors[0]!.seed));

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'vitte-key-file-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

for (const vector of keyVectors) {
  test(`writes and reads the vector ${vector.name}`, async () => {
    const expected = keyFromSeed(hex(vector.seed));
    assert.is(await serializeKey(expected), vector.keyFile);
    assert.is(await serializeKey(publicPart(expected)), vector.publicKeyFile);
    const secret = await parseKeyDocument(Buffer.from(vector.keyFile));
    assert.equal(secret, { key: expected, secret: 'plain' });
    const open = await parseKeyDocument(Buffer.from(vector.publicKeyFile));
    assert.equal(open, { key: publicPart(expected), secret: 'none' });
  });
}

test('opens the encrypted vector, however its passphrase is composed', async () => {
  const bytes = Buffer.from(encryptedKeyVector.keyFile);
  const { passphrase, samePassphraseDecomposed, seed } = encryptedKeyVector;
  assert.is.not(passphrase, samePassphraseDecomposed);
  for (const text of [passphrase, samePassphraseDecomposed]) {
    const read = await parseKeyDocument(bytes, { passphrase: text });
    assert.equal(read, { key: keyFromSeed(hex(seed)), secret: 'encrypted' });
  }
});

test('an encrypted key file gives its public key without passphrase and its secret with it', async ({
  folder,
}) => {
  const path = join(folder, 'dev.json');
  await writeKeyFile(path, key, { passphrase: 'a passphrase', cost });
  const text = readFileSync(path, 'utf8');
  assert.not.match(text, Buffer.from(key.seed).toString('base64'));
  const locked = await readKeyFile(path);
  assert.equal(locked.key, publicPart(key));
  assert.is(locked.secret, 'encrypted');
  await rejection(
    'PKG_E_KEY_PASSPHRASE',
    later(() => secretOf(locked)),
  );
  const opened = await readKeyFile(path, { passphrase: 'a passphrase' });
  assert.equal(secretOf(opened), key);
  for (const passphrase of ['another', 'a passphrase ', '', 'x'.repeat(1025)]) {
    await rejection('PKG_E_KEY_PASSPHRASE', readKeyFile(path, { passphrase }));
  }
  await rejection('PKG_E_KEY_PASSPHRASE', serializeKey(key, { passphrase: '', cost }));
});

test('two encryptions of one key have neither salt nor nonce in common', async () => {
  const [a, b] = await Promise.all(
    [1, 2].map(async () => {
      const text = await serializeKey(key, { passphrase: 'a passphrase', cost });
      return (JSON.parse(text) as { encrypted: { salt: string; nonce: string; box: string } })
        .encrypted;
    }),
  );
  for (const name of ['salt', 'nonce', 'box'] as const) assert.is.not(a![name], b![name]);
});

test('a new encrypted file costs what the specification says', async () => {
  const { encrypted } = JSON.parse(await serializeKey(key, { passphrase: 'a passphrase' })) as {
    encrypted: JsonObject;
  };
  assert.equal([encrypted.N, encrypted.r, encrypted.p], [131072, 8, 1]);
});

test('refuses a malformed key file, each for its reason', async () => {
  const plain = JSON.parse(keyVectors[0]!.keyFile) as JsonObject;
  const encrypted = JSON.parse(encryptedKeyVector.keyFile) as JsonObject & {
    encrypted: JsonObject;
  };
  const other = JSON.parse(keyVectors[1]!.keyFile) as JsonObject;
  const box = (changes: object) => ({
    ...encrypted,
    encrypted: { ...encrypted.encrypted, ...changes },
  });
  const rows: [string, unknown, RegExp][] = [
    ['no object', [], /not a JSON object/],
    ['another schema', { ...plain, schema: 'vitte.key.v2' }, /schema/],
    ['another algorithm', { ...plain, algo: 'rsa' }, /algorithm/],
    ['no kid', { ...plain, kid: undefined }, /"kid" is missing/],
    ['no public key', { ...plain, public: undefined }, /"public" is missing/],
    ['an unknown member', { ...plain, note: 'x' }, /unknown member "note"/],
    ['a member of the prototype', `{"__proto__":1,${canonicalJson(plain).slice(1)}`, /__proto__/],
    ['a kid of another key', { ...plain, kid: other.kid }, /kid is not/],
    ['a kid in capitals', { ...plain, kid: String(plain.kid).toUpperCase() }, /kid is not/],
    ['a kid that is a number', { ...plain, kid: 1 }, /kid is not/],
    [
      'a public key of another',
      { ...plain, public: other.public, kid: other.kid },
      /not the secret's/,
    ],
    ['a secret of another', { ...plain, secret: other.secret }, /not the secret's/],
    ['a short secret', { ...plain, secret: 'AAAA' }, /"secret" must be base64 of 32 bytes/],
    ['a secret that is a number', { ...plain, secret: 7 }, /"secret" must be base64/],
    ['a secret that is null', { ...plain, secret: null }, /"secret" must be base64/],
    [
      'a secret without padding',
      { ...plain, secret: String(plain.secret).slice(0, -1) },
      /"secret"/,
    ],
    ['a secret of URL base64', { ...plain, secret: `${'_'.repeat(43)}=` }, /"secret"/],
    ['a weak public key', { ...plain, public: `${'A'.repeat(43)}=` }, /sound/],
    ['both secrets', { ...plain, encrypted: encrypted.encrypted }, /exclude/],
    ['encrypted as text', { ...encrypted, encrypted: 'x' }, /"encrypted" must hold/],
    ['encrypted and one more', box({ x: 1 }), /"encrypted" must hold/],
    ['encrypted and one less', box({ salt: undefined }), /"encrypted" must hold/],
    ['another derivation', box({ kdf: 'argon2id' }), /scrypt/],
    ['another cipher', box({ cipher: 'aes' }), /xsalsa20/],
    ['a short salt', box({ salt: 'AAAA' }), /"salt"/],
    ['a long salt', box({ salt: Buffer.alloc(65).toString('base64') }), /"salt"/],
    ['a short nonce', box({ nonce: 'AAAA' }), /"nonce"/],
    ['a short box', box({ box: Buffer.alloc(47).toString('base64') }), /"box"/],
    ['a low N', box({ N: 512 }), /at least/],
    ['a high N', box({ N: 2 ** 19 }), /256 MiB/],
    ['a huge N', box({ N: 2 ** 40 }), /power of two/],
    ['an N that is no power of two', box({ N: 100_000 }), /power of two/],
    ['a broken N', box({ N: 1024.5 }), /power of two/],
    ['N as text', box({ N: '1024' }), /power of two/],
    ['a high r', box({ r: 33 }), /r at most 32/],
    ['a high p', box({ p: 5 }), /p at most 4/],
    ['r and N too high together', box({ N: 2 ** 17, r: 32 }), /256 MiB/],
    ['a p of zero', box({ p: 0 }), /p at most 4/],
    ['not JSON', '{', /not valid JSON/],
    ['a member twice', canonicalJson(plain).replace('{', '{"algo":"ed25519",'), /not valid JSON/],
    ['nested deeply', '['.repeat(5000), /not valid JSON/],
  ];
  for (const [label, value, reason] of rows) {
    const text = typeof value === 'string' ? value : canonicalJson(value);
    const passphrase = encryptedKeyVector.passphrase;
    const message = await rejection(
      'PKG_E_KEY_FORMAT',
      parseKeyDocument(Buffer.from(text), { passphrase }),
    );
    assert.match(message, reason, label);
    assert.not.match(message, String(plain.secret).slice(0, 12), label);
  }
});

test('a box that was exchanged opens, and is refused for its key', async () => {
  const foreign = JSON.parse(
    await serializeKey(generateKey(), { passphrase: 'a passphrase', cost }),
  ) as JsonObject;
  const own = JSON.parse(await serializeKey(publicPart(key))) as JsonObject;
  const bytes = Buffer.from(canonicalJson({ ...own, encrypted: foreign.encrypted }));
  const message = await rejection(
    'PKG_E_KEY_FORMAT',
    parseKeyDocument(bytes, { passphrase: 'a passphrase' }),
  );
  assert.match(message, "not the secret's");
});

test('writes a file that only its owner can read, whatever the umask, and makes its folders', async ({
  folder,
}) => {
  const existing = join(folder, 'existing');
  mkdirSync(existing);
  const cases: [number, string][] = [
    [0o000, join(folder, 'new', 'keys')],
    [0o077, join(folder, 'other')],
    [0o277, existing],
  ];
  for (const [umask, home] of cases) {
    const before = process.umask(umask);
    try {
      await writeKeyFile(join(home, 'dev.json'), key);
    } finally {
      process.umask(before);
    }
    assert.is(statSync(join(home, 'dev.json')).mode & 0o777, 0o600);
    assert.is(readFileSync(join(home, 'dev.json'), 'utf8'), keyVectors[0]!.keyFile);
    assert.equal(readdirSync(home), ['dev.json']);
    if (home !== existing) assert.is(statSync(home).mode & 0o777, 0o700);
  }
});

test('never overwrites a key unasked, not even a dangling link, and leaves nothing beside it', async ({
  folder,
}) => {
  const path = join(folder, 'dev.json');
  await writeKeyFile(path, key);
  const message = await rejection('PKG_E_ALREADY_EXISTS', writeKeyFile(path, generateKey()));
  assert.match(message, 'dev.json exists already');
  assert.is(readFileSync(path, 'utf8'), keyVectors[0]!.keyFile);
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link.json'));
  await rejection('PKG_E_ALREADY_EXISTS', writeKeyFile(join(folder, 'link.json'), key));
  assert.equal(readdirSync(folder).sort(), ['dev.json', 'link.json']);
});

test('of writers at the same moment one gets the name', async ({ folder }) => {
  const path = join(folder, 'dev.json');
  const keys = Array.from({ length: 8 }, generateKey);
  const results = await Promise.allSettled(keys.map((one) => writeKeyFile(path, one)));
  const winners = keys.filter((_, index) => results[index]!.status === 'fulfilled');
  assert.is(winners.length, 1);
  assert.equal(secretOf(await readKeyFile(path)), winners[0]);
  assert.equal(readdirSync(folder), ['dev.json']);
});

test('overwrites when asked, with a file whose mode is right', async ({ folder }) => {
  const path = join(folder, 'dev.json');
  writeFileSync(path, 'something else', { mode: 0o644 });
  await writeKeyFile(path, key, { overwrite: true });
  assert.is(statSync(path).mode & 0o777, 0o600);
  assert.equal(secretOf(await readKeyFile(path)), key);
});

test('reads every form from disk, and tells which it was', async ({ folder }) => {
  const path = join(folder, 'key');
  for (const format of exportFormats) {
    writeFileSync(path, exportSecretKey(key, format), { mode: 0o600 });
    const secret = await readKeyFile(path);
    assert.equal(secret, { key, format, secret: 'plain', exposed: false });
    writeFileSync(path, exportPublicKey(key, format));
    const open = await readKeyFile(path);
    assert.equal(open, { key: publicPart(key), format, secret: 'none', exposed: false });
    await rejection(
      'PKG_E_KEY_FORMAT',
      later(() => secretOf(open)),
    );
  }
  writeFileSync(path, `\n ${keyVectors[0]!.keyFile}`);
  const json = await readKeyFile(path);
  assert.is(json.format, 'json');
  assert.ok(hasSecret(json.key));
});

test('tells a secret that the group or others may read, and reads it all the same', async ({
  folder,
}) => {
  const path = join(folder, 'key');
  const cases: [string | Buffer, number, boolean][] = [
    [keyVectors[0]!.keyFile, 0o600, false],
    [keyVectors[0]!.keyFile, 0o640, true],
    [keyVectors[0]!.keyFile, 0o604, true],
    [exportSecretKey(key, 'pem'), 0o644, true],
    [keyVectors[0]!.publicKeyFile, 0o644, false],
    [encryptedKeyVector.keyFile, 0o644, false],
  ];
  for (const [content, mode, exposed] of cases) {
    writeFileSync(path, content);
    chmodSync(path, mode);
    const read = await readKeyFile(path, { passphrase: encryptedKeyVector.passphrase });
    assert.is(read.exposed, exposed, `${mode.toString(8)}`);
    assert.is(read.key.kid, key.kid);
  }
});

test('refuses what can not be read or is too long for a key', async ({ folder }) => {
  await rejection('PKG_E_FILE', readKeyFile(join(folder, 'missing')));
  await rejection('PKG_E_FILE', readKeyFile(folder));
  writeFileSync(join(folder, 'long'), `${keyVectors[0]!.keyFile}${' '.repeat(16 * 1024)}`);
  const message = await rejection('PKG_E_KEY_FORMAT', readKeyFile(join(folder, 'long')));
  assert.match(message, 'too long');
  assert.match(await rejection('PKG_E_KEY_FORMAT', readKeyFile('/dev/zero')), 'too long');
  writeFileSync(join(folder, 'file'), '');
  await rejection('PKG_E_FILE', writeKeyFile(join(folder, 'file', 'dev.json'), key));
});

async function later<T>(action: () => T): Promise<T> {
  return action();
}

test.run();
