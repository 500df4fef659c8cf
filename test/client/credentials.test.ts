import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { credentialsFile, readToken, writeToken } from '../../src/client/credentials.ts';
import { vitteHome } from '../../src/client/home.ts';
import { parseRegistryUrl } from '../../src/client/registry-url.ts';
import { suite } from '../support/suite.ts';
import { codeOf } from './rejection.ts';

const test = suite<{ home: string }>('client credentials', { context: { home: '' } });

test.before.each(async (context) => {
  context.home = await mkdtemp(join(tmpdir(), 'vitte-credentials-'));
});
test.after.each(async ({ home }) => {
  await rm(home, { recursive: true, force: true });
});

test('a token that was written is read, under any spelling of the URL', async ({ home }) => {
  await writeToken('HTTP://Registry.Example:80/base/', 'vit_one', { home });
  for (const url of ['http://registry.example/base', 'http://registry.example:80/base//']) {
    assert.is(await readToken(url, { home }), 'vit_one', url);
  }
  assert.is(await readToken('https://registry.example/base', { home }), undefined);
});

test('a new token leaves other registries and unknown members as they are', async ({ home }) => {
  const before = {
    schema: 'vitte.credentials.v1',
    comment: 'mine',
    registries: {
      'http://a.example': { token: 'vit_a', note: 'n' },
      'http://b.example': { token: 'x', note: 'kept' },
    },
  };
  await writeFile(credentialsFile(home), JSON.stringify(before));
  await writeToken('http://b.example/', 'vit_b', { home });
  const after = JSON.parse(await readFile(credentialsFile(home), 'utf8'));
  before.registries['http://b.example'].token = 'vit_b';
  assert.equal(after, before);
});

test('the file is readable by its user alone, also where it replaces a wider one', async ({
  home,
}) => {
  const inner = join(home, 'new', 'home');
  await writeToken('http://a.example', 'vit_a', { home: inner });
  assert.is((await stat(inner)).mode & 0o777, 0o700);
  assert.is((await stat(credentialsFile(inner))).mode & 0o777, 0o600);

  await writeFile(credentialsFile(home), '{}', { mode: 0o644 });
  await writeToken('http://a.example', 'vit_a', { home });
  assert.is((await stat(credentialsFile(home))).mode & 0o777, 0o600);
});

test('writers at the same time lose nothing and leave no file behind', async ({ home }) => {
  const urls = Array.from({ length: 12 }, (_, n) => `http://r${n}.example`);
  await Promise.all(urls.map((url, n) => writeToken(url, `vit_${n}`, { home })));
  for (const [n, url] of urls.entries()) assert.is(await readToken(url, { home }), `vit_${n}`);
  assert.equal(await readdir(home), ['credentials.json']);
});

test('a lock left by a dead process does not stop the next one', async ({ home }) => {
  const lock = `${credentialsFile(home)}.lock`;
  await writeFile(lock, '');
  await utimes(lock, new Date(0), new Date(0));
  await writeToken('http://a.example', 'vit_a', { home });
  assert.equal(await readdir(home), ['credentials.json']);
});

test('no file and no entry are no token', async ({ home }) => {
  assert.is(await readToken('http://a.example', { home }), undefined);
  await writeToken('http://b.example', 'vit_b', { home });
  assert.is(await readToken('http://a.example', { home }), undefined);
});

test('a damaged file is an error that names it, and is not overwritten', async ({ home }) => {
  for (const content of ['{"registries":', '[]', '{"schema":"other"}', '{"registries":[]}']) {
    await writeFile(credentialsFile(home), content);
    assert.is(await codeOf(readToken('http://a.example', { home })), 'PKG_E_FILE', content);
    assert.is(await codeOf(writeToken('http://a.example', 'vit_a', { home })), 'PKG_E_FILE');
    assert.is(await readFile(credentialsFile(home), 'utf8'), content);
  }
  await rm(credentialsFile(home));
  await mkdir(credentialsFile(home));
  assert.is(await codeOf(readToken('http://a.example', { home })), 'PKG_E_FILE');
});

test('a token that no header takes is refused and not repeated', async ({ home }) => {
  for (const token of ['', 'vit_a\r\nX: y', 'vit a', 'vit_é', 'x'.repeat(9_000)]) {
    try {
      await writeToken('http://a.example', token, { home });
      assert.unreachable();
    } catch (error) {
      assert.is((error as { code?: string }).code, 'PKG_E_TOKEN');
      if (token) assert.not.ok((error as Error).message.includes(token));
    }
  }
});

test('what is no registry URL is refused without repeating a password', async () => {
  const rows = ['', 'registry', 'ftp://a', 'http://', 'http://u:secret@a.example', 'http://a/?q=1'];
  for (const url of [...rows, 'http://a/#x', 'file:///etc/passwd', 'http://u:secret@']) {
    assert.throws(
      () => parseRegistryUrl(url),
      (error: { code?: string; message: string }) =>
        error.code === 'PKG_E_CONFIG' && !error.message.includes('secret'),
      url,
    );
  }
});

test('VITTE_HOME beats the home folder, and an empty one counts as none', () => {
  assert.is(vitteHome({ VITTE_HOME: '/x/y', HOME: '/h' }), '/x/y');
  assert.is(vitteHome({ VITTE_HOME: '', HOME: '/h' }), '/h/.vitte');
  assert.is(vitteHome({ HOME: '/h' }), '/h/.vitte');
});

test.run();
