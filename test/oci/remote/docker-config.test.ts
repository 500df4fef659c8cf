import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { dockerCredentials } from '../../../src/oci/remote/docker-config.ts';
import { rejectsWith } from '../../contract/oci-support.ts';
import { inFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';

const test = suite('credentials in a Docker configuration');

const host = 'registry.example:5000';
const pair = (text: string) => Buffer.from(text).toString('base64');

async function found(config: unknown, asked = host) {
  return inFolder(async (folder) => {
    const path = join(folder, 'config.json');
    await writeFile(path, typeof config === 'string' ? config : JSON.stringify(config));
    return dockerCredentials(path)(asked);
  });
}

for (const [what, auths] of [
  ['the host', { [host]: { auth: pair('me:secret') } }],
  ['a URL', { [`https://${host}`]: { auth: pair('me:secret') } }],
  ['a URL with /v1/', { [`https://${host}/v1/`]: { auth: pair('me:secret') } }],
  ['the host, in two members', { [host]: { username: 'me', password: 'secret' } }],
  ['the host, padded with zero bytes', { [host]: { auth: pair('me:secret\0\0') } }],
] as const) {
  test(`they are found under ${what}`, async () => {
    assert.equal(await found({ auths }), { username: 'me', password: 'secret' });
  });
}

test('a password may hold a colon', async () => {
  const auths = { [host]: { auth: pair('me:a:b') } };
  assert.equal(await found({ auths }), { username: 'me', password: 'a:b' });
});

test('Docker Hub’s are found under the name that Docker gives it', async () => {
  const auths = { 'https://index.docker.io/v1/': { auth: pair('me:secret') } };
  const credentials = { username: 'me', password: 'secret' };
  assert.equal(await found({ auths }, 'registry-1.docker.io'), credentials);
  assert.is(await found({ auths }), undefined);
});

test('identity and registry tokens are found', async () => {
  const auths = {
    [host]: { auth: pair('<token>:'), identitytoken: 'refresh', registrytoken: 'bearer' },
  };
  assert.equal(await found({ auths }), {
    username: '<token>',
    identityToken: 'refresh',
    registryToken: 'bearer',
  });
});

test('another host, another port, an empty file: there are none', async () => {
  const auths = { 'registry.example': { auth: pair('me:secret') } };
  for (const config of [{ auths }, {}, { auths: null }, { auths: { [host]: {} } }]) {
    assert.is(await found(config), undefined);
  }
});

test('a missing file holds none, unless it is required', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'config.json');
    assert.is(await dockerCredentials(path)(host), undefined);
    await rejectsWith('PKG_E_CONFIG', dockerCredentials(path, { required: true })(host));
  });
});

test('credentials that a helper keeps are an error that names it', async () => {
  const byHelper = { credHelpers: { [host]: 'ecr-login' }, auths: {} };
  const byStore = { credsStore: 'desktop', auths: { [host]: {} } };
  for (const [config, name] of [
    [byHelper, 'ecr-login'],
    [byStore, 'desktop'],
  ] as const) {
    const error = await rejectsWith('PKG_E_CONFIG', found(config));
    assert.match(error.message, `docker-credential-${name}`);
  }
  assert.is(await found({ ...byStore, ...byHelper }, 'other.example'), undefined);
});

test('a file that makes no sense is PKG_E_CONFIG, and nothing of it is told', async () => {
  for (const config of [
    '{"auths": geheim',
    '[]',
    '"geheim"',
    { auths: { [host]: { auth: pair('geheim') } } },
  ]) {
    const error = await rejectsWith('PKG_E_CONFIG', found(config));
    assert.not.match(
      `${error.stack} ${(error.cause as Error | undefined)?.stack}`,
      /geheim|Z2VoZWlt/,
    );
  }
});

test.run();
