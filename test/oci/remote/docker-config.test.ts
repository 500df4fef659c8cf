import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { VitteError } from '../../../src/core/errors.ts';
import type { Credentials } from '../../../src/oci/remote/credentials.ts';
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

type Kept = Record<string, Credentials | 'missing program'>;

/** Asks a configuration whose helpers keep these credentials, by `HELPER SERVER`. */
async function foundBy(kept: Kept, config: unknown, asked = host) {
  const runs: string[] = [];
  const askHelper = async (name: string, server: string) => {
    runs.push(`${name} ${server}`);
    const credentials = kept[`${name} ${server}`] ?? kept[name];
    if (credentials === 'missing program') throw new VitteError('PKG_E_CONFIG', 'not installed');
    return credentials;
  };
  return inFolder(async (folder) => {
    const path = join(folder, 'config.json');
    await writeFile(path, JSON.stringify(config));
    const source = dockerCredentials(path, { askHelper });
    const [credentials] = await Promise.all([source(asked), source(asked)]);
    return { credentials, runs };
  });
}

const auths = { [host]: { auth: pair('file:x') } };
const all = { credHelpers: { [host]: 'one' }, credsStore: 'two', auths };
const kept = { [`one ${host}`]: { username: 'one' }, [`two ${host}`]: { username: 'two' } };
const inFile = { username: 'file', password: 'x' };

test('the host’s helper goes before the store, and the store before the file', async () => {
  const { credHelpers: _helpers, ...store } = all;
  const { credsStore: _store, ...file } = store;
  assert.equal((await foundBy(kept, all)).credentials, { username: 'one' });
  assert.equal((await foundBy(kept, store)).credentials, { username: 'two' });
  assert.equal((await foundBy(kept, file)).credentials, inFile);
});

test('those who need the same credentials at once share one run of a helper', async () => {
  assert.equal((await foundBy(kept, all)).runs, [`one ${host}`]);
});

test('a host that its helper does not know is anonymous; what the store does not know may stand in the file', async () => {
  assert.is((await foundBy({}, all)).credentials, undefined);
  assert.equal((await foundBy({}, { credsStore: 'two', auths })).credentials, inFile);
});

test('a store is asked by the name under which the file lists the host, Docker Hub’s among them', async () => {
  const listed = { credsStore: 'two', auths: { [`https://${host}/v1/`]: {} } };
  assert.equal((await foundBy({}, listed)).runs, [`two https://${host}/v1/`]);
  const hub = await foundBy({}, { credsStore: 'two' }, 'registry-1.docker.io');
  assert.equal(hub.runs, ['two https://index.docker.io/v1/']);
  const helper = { credHelpers: { 'docker.io': 'one' } };
  const byHelper = await foundBy({}, helper, 'registry-1.docker.io');
  assert.equal(byHelper.runs, ['one https://index.docker.io/v1/']);
});

test('a helper that is not installed is PKG_E_CONFIG where it must have the credentials', async () => {
  const gone: Kept = { one: 'missing program', two: 'missing program' };
  await rejectsWith('PKG_E_CONFIG', foundBy(gone, { credHelpers: { [host]: 'one' }, auths }));
  const listed = { credsStore: 'two', auths: { [host]: {} } };
  await rejectsWith('PKG_E_CONFIG', foundBy(gone, listed));
  assert.is((await foundBy(gone, listed, 'other.example')).credentials, undefined);
  assert.equal((await foundBy(gone, { credsStore: 'two', auths })).credentials, inFile);
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
