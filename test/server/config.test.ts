import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import { type Flags, readConfig, settings, variableOf } from '../../src/server/config.ts';
import { configText, masked } from '../../src/server/config-text.ts';
import { dataFolder } from '../../src/server/data-folder.ts';
import { isLoopback } from '../../src/server/setting-values.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ folder: string }>('settings');
const env = { HOME: '/home/someone' };

test.before(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'vitte-settings-'));
});
test.after(({ folder }) => rm(folder, { recursive: true }));

test('nothing said gives the documented defaults', () => {
  assert.equal(readConfig({}, env, '/work'), {
    listen: { host: '127.0.0.1', port: 7878 },
    storage: { kind: 'layout', dir: '/home/someone/.local/share/vitte-registry' },
    index: { kind: 'memory' },
    storageAuthFile: { path: '/home/someone/.docker/config.json', named: false },
    storageCaFile: undefined,
    storageCertFile: undefined,
    storageKeyFile: undefined,
    proxies: {},
    storageRealms: [],
    storageUploadHosts: [],
    storageEncoding: 'path',
    storageProfile: undefined,
    storageRoutesFile: undefined,
    data: '/home/someone/.local/share/vitte-registry',
    publicUrl: undefined,
    secretFile: {
      path: '/home/someone/.local/share/vitte-registry/service-secret.json',
      named: false,
    },
    bootstrapTokenFile: undefined,
    logLevel: 'info',
    uploadBytesMax: 1_073_741_824,
    drainMs: 10_000,
  });
});

test('the data folder is that of the platform', () => {
  const cases: [NodeJS.Platform, Record<string, string>, string][] = [
    ['linux', { HOME: '/home/a' }, '/home/a/.local/share/vitte-registry'],
    ['linux', { HOME: '/home/a', XDG_DATA_HOME: '/xdg' }, '/xdg/vitte-registry'],
    [
      'linux',
      { HOME: '/home/a', XDG_DATA_HOME: 'relative' },
      '/home/a/.local/share/vitte-registry',
    ],
    ['darwin', { HOME: '/Users/a' }, '/Users/a/Library/Application Support/vitte-registry'],
    ['win32', { LOCALAPPDATA: '/local' }, '/local/vitte-registry'],
  ];
  for (const [platform, variables, expected] of cases) {
    assert.is(dataFolder(variables, platform), expected);
  }
});

test('storage and secret follow the data folder, unless they are named', () => {
  const moved = readConfig({ data: 'store' }, env, '/work');
  assert.equal(moved.storage, { kind: 'layout', dir: '/work/store' });
  assert.is(moved.secretFile.path, '/work/store/service-secret.json');
  const named = readConfig({ storage: 'layout:/a', 'secret-file': 'b.json' }, env, '/work');
  assert.equal(named.storage, { kind: 'layout', dir: '/a' });
  assert.equal(named.secretFile, { path: '/work/b.json', named: true });
});

test('proxies are those of the environment', () => {
  const proxied = {
    ...env,
    https_proxy: 'http://proxy:3128',
    NO_PROXY: '10.0.0.0/8',
    HTTP_PROXY: '',
  };
  assert.equal(readConfig({}, proxied, '/').proxies, {
    https_proxy: 'http://proxy:3128',
    NO_PROXY: '10.0.0.0/8',
  });
});

test('a flag beats the environment, which beats the file, which beats the default', async ({
  folder,
}) => {
  const file = join(folder, 'settings.toml');
  await writeFile(
    file,
    'listen = "127.0.0.1:1"\ndrain-ms = 1\nlog-level = "warn"\nupload-bytes-max = 7\n',
  );
  const variables = { ...env, VITTE_REGISTRY_LISTEN: '127.0.0.1:2', VITTE_REGISTRY_DRAIN_MS: '2' };
  const read = (flags: Flags) => {
    const { listen, drainMs, logLevel, uploadBytesMax } = readConfig(flags, variables, folder);
    return [listen.port, drainMs, logLevel, uploadBytesMax];
  };
  assert.equal(read({}), [2, 2, 'info', 1_073_741_824]);
  assert.equal(read({ config: file }), [2, 2, 'warn', 7]);
  assert.equal(read({ config: 'settings.toml', listen: '127.0.0.1:3' }), [3, 2, 'warn', 7]);
  variables.VITTE_REGISTRY_DRAIN_MS = '';
  assert.throws(() => read({}), /VITTE_REGISTRY_DRAIN_MS/);
});

test('every setting can be given by its flag, its variable and in the file', async ({ folder }) => {
  const samples: Record<string, string> = {
    listen: '[::1]:9',
    storage: 'layout:/a',
    'storage-auth-file': '/e',
    'storage-ca-file': '/f',
    'storage-cert-file': '/h',
    'storage-key-file': '/i',
    'storage-realms': 'auth.example:8443,[::1]:1',
    'storage-upload-hosts': 'uploads.example',
    'storage-encoding': 'flat',
    'storage-profile': '2',
    'storage-routes-file': '/g',
    index: 'memory:',
    data: '/b',
    'public-url': 'https://packages.example/vitte/',
    'secret-file': '/c',
    'bootstrap-token-file': '/d',
    'log-level': 'debug',
    'upload-bytes-max': '2MiB',
    'drain-ms': '5',
  };
  for (const { flag } of settings) {
    if (flag === 'config') continue;
    const text = samples[flag] ?? assert.unreachable(flag);
    const byFlag = readConfig({ [flag]: text }, env, '/');
    assert.equal(readConfig({}, { ...env, [variableOf(flag)]: text }, '/'), byFlag, flag);
    const file = join(folder, `${flag}.toml`);
    await writeFile(file, `${flag} = ${JSON.stringify(text)}\n`);
    assert.equal(readConfig({ config: file }, env, '/'), byFlag, flag);
  }
});

test('values are read as they are meant', () => {
  const read = (flags: Flags) => readConfig(flags, env, '/');
  assert.equal(read({ listen: '[::1]:80' }).listen, { host: '::1', port: 80 });
  assert.equal(read({ listen: 'registry.example:0' }).listen, {
    host: 'registry.example',
    port: 0,
  });
  assert.is(read({ 'public-url': 'https://a.example/base/' }).publicUrl, 'https://a.example/base');
  for (const [text, bytes] of [
    ['1', 1],
    ['4096', 4_096],
    ['3KiB', 3_072],
    ['2 mib', 2_097_152],
    ['1GiB', 1_073_741_824],
  ] as const) {
    assert.is(read({ 'upload-bytes-max': text }).uploadBytesMax, bytes);
  }
});

test('an unknown or malformed setting stops the start with one line that names it', async ({
  folder,
}) => {
  const file = async (text: string) => {
    const path = join(folder, 'bad.toml');
    await writeFile(path, text);
    return { config: path };
  };
  const cases: [Flags, Record<string, string>, RegExp][] = [
    [{ nonsense: 'x' } as Flags, {}, /--nonsense/],
    [{}, { VITTE_REGISTRY_NONSENSE: 'x' }, /VITTE_REGISTRY_NONSENSE/],
    [{}, { VITTE_REGISTRY_URL: 'x' }, /VITTE_REGISTRY_URL/],
    [{}, { VITTE_REGISTRY_: 'x' }, /VITTE_REGISTRY_/],
    [{}, { VITTE_REGISTRY_LOG_level: 'info' }, /VITTE_REGISTRY_LOG_level/],
    [{ listen: '7878' }, {}, /--listen/],
    [{ listen: ':7878' }, {}, /--listen/],
    [{ listen: '127.0.0.1:65536' }, {}, /--listen/],
    [{ listen: '127.0.0.1:x' }, {}, /--listen/],
    [{ listen: '::1:80' }, {}, /--listen/],
    [{ listen: '' }, {}, /--listen/],
    [{}, { VITTE_REGISTRY_LISTEN: ' ' }, /VITTE_REGISTRY_LISTEN/],
    [{ storage: 'layout:' }, {}, /--storage: is none of layout:DIR, oci:/],
    [{ storage: 'oci://user:secret@registry.example/x' }, {}, /--storage: .*credentials/],
    [{ storage: 'oci://registry.example/UPPER' }, {}, /--storage/],
    [{ index: 'redis:/localhost' }, {}, /--index/],
    [{ index: 'memcached://localhost' }, {}, /--index/],
    [{ index: 'redis://localhost' }, {}, /index: a folder serves one process/],
    [{ 'storage-realms': 'a b' }, {}, /--storage-realms/],
    [
      { storage: 'oci://registry.example/x', listen: '0.0.0.0:80' },
      {},
      /secret-file: a registry on a remote storage/,
    ],
    [{ 'public-url': 'registry.example' }, {}, /--public-url/],
    [{ 'public-url': 'https://user:secret@a.example' }, {}, /--public-url/],
    [{ 'public-url': 'https://a.example/?x' }, {}, /--public-url/],
    [{ 'log-level': 'loud' }, {}, /--log-level/],
    [{ 'upload-bytes-max': '0' }, {}, /--upload-bytes-max/],
    [{ 'upload-bytes-max': '1.5GiB' }, {}, /--upload-bytes-max/],
    [{ 'upload-bytes-max': '1GB' }, {}, /--upload-bytes-max/],
    [{ 'upload-bytes-max': '99999999GiB' }, {}, /--upload-bytes-max/],
    [{ 'drain-ms': '-1' }, {}, /--drain-ms/],
    [{ 'drain-ms': '1e3' }, {}, /--drain-ms/],
    [{ 'drain-ms': '99999999' }, {}, /--drain-ms/],
    [{ config: '/nowhere/settings.toml' }, {}, /--config: .*settings\.toml/],
    [{}, { VITTE_REGISTRY_CONFIG: '/nowhere/settings.toml' }, /VITTE_REGISTRY_CONFIG/],
    [await file('nonsense = 1'), {}, /bad\.toml: nonsense/],
  ];
  for (const [flags, variables, expected] of cases) refused(flags, variables, expected);
  refused(await file('listen = ['), {}, /--config: .*bad\.toml/);
  refused(await file('listen = true'), {}, /bad\.toml: listen/);
  refused(await file('[listen]\nport = 1'), {}, /bad\.toml: listen/);
  refused(await file('drain-ms = 1.5'), {}, /bad\.toml: drain-ms/);
  refused(await file('config = "/other.toml"'), {}, /bad\.toml: config/);
});

test('the variable without a suffix is the client’s, and no setting', () => {
  const variables = { ...env, VITTE_REGISTRY: 'https://registry.example', VITTE_TOKEN: 'x' };
  assert.equal(readConfig({}, variables, '/'), readConfig({}, env, '/'));
});

test('a value that may hold a password is not repeated', () => {
  for (const flags of [
    { index: 'redis://:hunter2@redis.example' },
    { storage: 'oci://user:hunter2@registry.example' },
    { 'public-url': 'https://user:hunter2@registry.example' },
  ]) {
    try {
      readConfig(flags, env, '/');
      assert.unreachable();
    } catch (error) {
      const shown = `${(error as Error).message} ${JSON.stringify(error)}`;
      assert.not.match(shown, /hunter2/);
    }
  }
  assert.is(masked('redis://:hunter2@redis.example/0'), 'redis://***@redis.example/0');
});

test('what --print-config prints can be read as the file of --config', async ({ folder }) => {
  const flags: Flags = { listen: '127.0.0.1:0', data: join(folder, 'data'), 'log-level': 'error' };
  const text = configText(flags, { ...env, VITTE_REGISTRY_DRAIN_MS: '3' }, folder);
  assert.match(text, /^listen = "127\.0\.0\.1:0" # flag$/m);
  assert.match(text, /^drain-ms = "3" # environment$/m);
  assert.match(text, /^index = "memory:" # default$/m);
  for (const { flag } of settings) assert.match(text, new RegExp(`^(?:# )?${flag} = `, 'm'));
  const file = join(folder, 'printed.toml');
  await writeFile(file, text);
  const variables = { ...env, VITTE_REGISTRY_DRAIN_MS: '3' };
  assert.equal(readConfig({ config: file }, env, '/'), readConfig(flags, variables, folder));
});

test('loopback addresses are known as such', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
    assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.example', 'localhost.example']) {
    assert.not.ok(isLoopback(host), host);
  }
});

test.run();

function refused(flags: Flags, variables: Record<string, string>, expected: RegExp): void {
  try {
    readConfig(flags, { ...env, ...variables }, '/');
  } catch (error) {
    assert.ok(isVitteError(error, 'PKG_E_CONFIG'), String(error));
    assert.match(error.message, expected);
    assert.not.match(error.message, /\n/);
    return;
  }
  assert.unreachable(`${JSON.stringify({ flags, variables })} was taken`);
}
