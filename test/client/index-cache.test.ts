import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { cacheFolder } from '../../src/client/cache-folder.ts';
import { indexDocumentBytesMax } from '../../src/client/index-batch.ts';
import { type IndexCache, openIndexCache } from '../../src/client/index-cache.ts';
import { cachedPackages, registryPackages } from '../../src/client/package-provider.ts';
import type { RegistryClient } from '../../src/client/port.ts';
import { parseRegistryUrl } from '../../src/client/registry-url.ts';
import { type ErrorCode, isVitteError } from '../../src/core/errors.ts';
import { type PackageName, parsePackageName } from '../../src/core/name.ts';
import { parseRequirement } from '../../src/core/requirement.ts';
import { factsOfDocument } from '../../src/resolve/facts-document.ts';
import type { PackageFacts } from '../../src/resolve/port.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ folder: string; cache: IndexCache }>('index documents kept by a client');
const url = parseRegistryUrl('https://packages.example/vitte');
const name = parsePackageName('roussov/vitte-math');
const store = 'a'.repeat(32);

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'vitte-index-cache-'));
  context.cache = openIndexCache(context.folder, url);
});
test.after.each(({ folder }) => rm(folder, { recursive: true, force: true }));

function factsFor(of: PackageName, version = '1.0.0'): PackageFacts {
  const versions = [{ version, dependencies: [{ name: 'base', requirement: '^1' }], more: 1 }];
  return factsOfDocument({ schema: 'vitte.registry.index.v1', name: of, versions }, of);
}

test('a document is read as it was kept, with members that nobody knows here', async ({
  cache,
}) => {
  assert.is(cache.read(name), undefined);
  await cache.keep(name, factsFor(name), store);
  assert.equal(cache.read(name), factsFor(name));
  await cache.keep(name, factsFor(name, '2.0.0'), store);
  assert.equal(cache.read(name), factsFor(name, '2.0.0'));
});

test('what another store said at the same URL is not kept of this one', async ({ folder }) => {
  const [base, app] = ['base', 'app'].map(parsePackageName) as [PackageName, PackageName];
  const before = openIndexCache(folder, url);
  await before.keep(app, factsFor(app), store);
  await before.keep(base, factsFor(base), store);
  const other = 'b'.repeat(32);
  const online = openIndexCache(folder, url);
  await online.keep(base, factsFor(base, '9.0.0'), other);
  const offline = openIndexCache(folder, url);
  assert.equal(offline.read(base), factsFor(base, '9.0.0'));
  assert.is(offline.read(app), undefined);
  const error = thrownBy(() => cachedPackages(offline).packages([app], {}));
  assert.ok(isVitteError(error, 'PKG_E_OFFLINE'), String(error));
});

test('what was said earlier does not take the place of what was said later', async ({
  folder,
  cache,
}) => {
  const at = (sequence: number, version: string) => ({ ...factsFor(name, version), sequence });
  await cache.keep(name, at(8, '2.0.0'), store);
  await openIndexCache(folder, url).keep(name, at(7, '1.0.0'), store);
  assert.is(cache.read(name)?.versions[0]?.version, '2.0.0');
  await cache.keep(name, at(3, '3.0.0'), 'b'.repeat(32));
  assert.is(cache.read(name)?.versions[0]?.version, '3.0.0');
});

test('that there is no such package is kept, too', async ({ cache }) => {
  await cache.keep(name, undefined, store);
  assert.is(cache.read(name), null);
});

test('a package and a namespace of one name stand side by side', async ({ cache }) => {
  const namespace = parsePackageName('roussov');
  await cache.keep(namespace, factsFor(namespace), store);
  await cache.keep(name, factsFor(name), store);
  assert.is(cache.read(namespace)?.name, 'roussov');
  assert.is(cache.read(name)?.name, name);
});

test('registries do not see what others said, nor a path of one the other', async ({
  folder,
  cache,
}) => {
  await cache.keep(name, factsFor(name), store);
  for (const other of ['https://packages.example', 'http://packages.example/vitte']) {
    assert.is(openIndexCache(folder, parseRegistryUrl(other)).read(name), undefined);
  }
  assert.ok(openIndexCache(folder, parseRegistryUrl(`${url}/`)).read(name));
});

test('files are the user’s own, and nothing else is left in the folder', async ({ cache }) => {
  await cache.keep(name, factsFor(name), store);
  const file = cache.fileOf(name);
  assert.is((await stat(file)).mode & 0o777, 0o600);
  assert.equal(await readdir(dirname(file)), ['vitte-math.json']);
});

test('what has not changed is not written again', async ({ cache }) => {
  await cache.keep(name, factsFor(name), store);
  const before = await stat(cache.fileOf(name));
  await cache.keep(name, factsFor(name), store);
  assert.is((await stat(cache.fileOf(name))).ino, before.ino);
});

const damages: [
  what: string,
  damage: (file: string, text: string) => Promise<void>,
  code?: ErrorCode,
][] = [
  ['is empty', (file) => truncate(file)],
  ['ends early', (file, text) => truncate(file, Math.floor(text.length / 2))],
  ['is no JSON object', (file) => writeFile(file, '[]')],
  ['has another schema', (file, text) => writeFile(file, text.replace('index-cache', 'x'))],
  ['is that of another package', (file, text) => writeFile(file, text.replace('-math', '-mat'))],
  [
    'is that of another registry',
    (file, text) => writeFile(file, text.replace('packages.example', 'evil.example')),
  ],
  ['holds a version that is none', (file, text) => writeFile(file, text.replace('1.0.0', 'one'))],
  ['lacks the document', (file, text) => writeFile(file, text.replace('"document"', '"other"'))],
  ['is too large', (file) => truncate(file, indexDocumentBytesMax + 1024 * 1024), 'PKG_E_FILE'],
  [
    'is a folder',
    async (file) => {
      await rm(file);
      await mkdir(file);
    },
    'PKG_E_FILE',
  ],
];
for (const [what, damage, code = 'PKG_E_DOCUMENT'] of damages) {
  test(`a file that ${what} is no document, and one that is missing offline`, async ({ cache }) => {
    await cache.keep(name, factsFor(name), store);
    const file = cache.fileOf(name);
    await damage(file, await readFile(file, 'utf8'));
    const direct = thrownBy(() => cache.read(name));
    assert.ok(isVitteError(direct, code), String(direct));
    const offline = thrownBy(() => cachedPackages(cache).packages([name], {}));
    assert.ok(isVitteError(offline, 'PKG_E_OFFLINE'), String(offline));
    assert.equal(offline.data, { package: name, file });
  });
}

test('offline, what is not kept is named', ({ cache }) => {
  const error = thrownBy(() => cachedPackages(cache).packages([name], {}));
  assert.ok(isVitteError(error, 'PKG_E_OFFLINE'), String(error));
  assert.equal(error.data, { package: name });
  assert.match(error.message, name);
});

test('offline, what a search does not come to need not be kept', async ({ cache }) => {
  const [a, b] = ['a', 'b'].map(parsePackageName) as [PackageName, PackageName];
  const rowOn = (name: string) => ({ dependencies: [{ name, requirement: '*' }] });
  await cache.keep(
    a,
    factsOfDocument({ name: a, versions: [{ version: '1.0.0', ...rowOn('b') }] }, a),
    store,
  );
  // The highest version of b would be likely, were it not for the other requirement.
  const versions = [{ version: '2.0.0', ...rowOn('not-kept') }, { version: '1.0.0' }];
  await cache.keep(b, factsOfDocument({ name: b, versions }, b), store);
  const requirements = [
    { name: a, requirement: parseRequirement('*') },
    { name: b, requirement: parseRequirement('^1') },
  ];
  const found = await resolve({ requirements }, cachedPackages(cache));
  assert.is(found.status === 'resolved' && found.graph.packages.length, 2);
});

test('what the registry says is given at once and kept, a damaged file with it', async ({
  cache,
}) => {
  const none = parsePackageName('none');
  const found = new Map([
    [name, factsFor(name)],
    [none, undefined],
  ]);
  const client = {
    indexDocuments: async () => found,
    seen: async () => ({ store, sequence: 7 }),
  } as unknown as RegistryClient;
  await cache.keep(name, factsFor(name, '0.1.0'), store);
  await writeFile(cache.fileOf(name), 'damaged');
  const provider = registryPackages(client, cache);
  assert.equal(await provider.packages([none, name], {}), [undefined, factsFor(name)]);
  assert.is(await provider.kept(), undefined);
  assert.equal(cachedPackages(cache).packages([name, none], {}), [factsFor(name), undefined]);
});

test('what can not be kept is told, and stops nothing', async ({ folder }) => {
  const cache = openIndexCache(join(folder, 'file'), url);
  await writeFile(join(folder, 'file'), 'no folder');
  const client = {
    indexDocuments: async () => new Map([[name, factsFor(name)]]),
    seen: async () => undefined,
  } as unknown as RegistryClient;
  const provider = registryPackages(client, cache);
  assert.equal(await provider.packages([name], {}), [factsFor(name)]);
  assert.ok(isVitteError(await provider.kept(), 'PKG_E_FILE'));
  assert.is(cache.read(name), undefined);
});

test('the folder is the one that is set, else that of the platform', () => {
  const home = { HOME: '/home/ann' };
  const rows: [NodeJS.ProcessEnv, NodeJS.Platform, string][] = [
    [{ ...home, VITTE_CACHE_DIR: '/var/cache/v' }, 'linux', '/var/cache/v'],
    [{ ...home, VITTE_CACHE_DIR: '' }, 'linux', '/home/ann/.cache/vitte'],
    [{ ...home, XDG_CACHE_HOME: '/xdg' }, 'linux', '/xdg/vitte'],
    [{ ...home, XDG_CACHE_HOME: 'relative' }, 'linux', '/home/ann/.cache/vitte'],
    [{ ...home, XDG_CACHE_HOME: '/xdg' }, 'darwin', '/home/ann/Library/Caches/vitte'],
    [{ ...home, LOCALAPPDATA: '/local' }, 'win32', '/local/vitte'],
    [home, 'win32', '/home/ann/AppData/Local/vitte'],
  ];
  for (const [environment, platform, folder] of rows) {
    assert.is(cacheFolder(environment, platform), folder);
  }
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

test.run();
