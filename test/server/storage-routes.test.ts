import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import { readStorageRoutes, type StoragePlace } from '../../src/server/storage-routes.ts';
import { inFolder, writeFiles } from '../support/folders.ts';
import { suite } from '../support/suite.ts';

const test = suite('routes of namespaces to storages');
const standard: StoragePlace = {
  address: { kind: 'remote', url: 'oci://registry.example/vitte' },
  encoding: 'flat',
  authFile: { path: '/home/someone/.docker/config.json', named: false },
  caFile: '/etc/ca.pem',
  certFile: '/etc/me.pem',
  keyFile: '/etc/me.key',
  realms: ['auth.example'],
  uploadHosts: [],
};

const whole = `
# Who has a registry of their own.
[routes.roussov]
storage = "oci://ghcr.io/roussov/vitte"
encoding = "single"
auth-file = "ghcr.json"
ca-file = "/etc/other.pem"
cert-file = "me.pem"
realms = "tokens.example, other.example"
upload-hosts = "uploads.example"

[routes.team-a]
storage = "layout:team-a"
`;

const read = (name: string, content: string) =>
  inFolder(async (folder) => {
    await writeFiles(folder, { [name]: content });
    const routes = await readStorageRoutes(join(folder, name), standard);
    return { folder, routes: Object.fromEntries(routes) };
  });

test('a route says where a namespace lies; what it leaves out is as in the default storage', async () => {
  const { folder, routes } = await read('routes.toml', whole);
  assert.equal(routes, {
    roussov: {
      address: { kind: 'remote', url: 'oci://ghcr.io/roussov/vitte' },
      encoding: 'single',
      authFile: { path: join(folder, 'ghcr.json'), named: true },
      caFile: '/etc/other.pem',
      // The default storage's key belongs to another certificate.
      certFile: join(folder, 'me.pem'),
      keyFile: undefined,
      realms: ['tokens.example', 'other.example'],
      uploadHosts: ['uploads.example'],
    },
    'team-a': {
      ...standard,
      address: { kind: 'layout', dir: join(folder, 'team-a') },
      encoding: 'path',
    },
  });
});

test('JSON says the same, and no routes are none', async () => {
  const row = { storage: 'oci://ghcr.io/roussov/vitte' };
  const { routes } = await read('routes.json', JSON.stringify({ routes: { roussov: row } }));
  assert.is(routes.roussov?.encoding, 'path');
  assert.equal((await read('routes.toml', '[routes]\n')).routes, {});
});

const wrong: [why: string, content: string, line: RegExp][] = [
  ['no TOML', 'routes', /can not be read: it is not valid TOML/],
  ['something else', 'paths = 1', /: paths is not known here/],
  ['no table', 'routes = 1', /: routes is no table of namespaces/],
  ['nothing', '', /: routes is no table of namespaces/],
  ['no route', '[routes]\nroussov = "oci://x/y"', /: routes\.roussov is no table/],
  ['an unknown field', '[routes.roussov]\nurl = "x"', /: routes\.roussov\.url is not known here/],
  ['no storage', '[routes.roussov]\nencoding = "flat"', /: routes\.roussov\.storage is missing/],
  ['an empty one', '[routes.roussov]\nstorage = " "', /: routes\.roussov\.storage is no text/],
  ['a number', '[routes.roussov]\nstorage = 1', /: routes\.roussov\.storage is no text/],
  ['no address', '[routes.a]\nstorage = "https://x/y"', /routes\.a\.storage is none of layout:DIR/],
  [
    'no encoding',
    '[routes.a]\nstorage = "oci://x/y"\nencoding = "deep"',
    /routes\.a\.encoding "deep" is none of path, flat, single/,
  ],
  [
    'no host',
    '[routes.a]\nstorage = "oci://x/y"\nrealms = "a b"',
    /routes\.a\.realms is not a list/,
  ],
  [
    'a reserved namespace',
    '[routes.vitte-registry]\nstorage = "oci://x/y"',
    /is no namespace: .*reserved/,
  ],
  ['a name', '[routes."a/b"]\nstorage = "oci://x/y"', /routes\.a\/b is no namespace/],
  ['capitals', '[routes.A]\nstorage = "oci://x/y"', /routes\.A is no namespace/],
];

for (const [why, content, line] of wrong) {
  test(`a file with ${why} is PKG_E_CONFIG, in one line that names it`, async () => {
    const message = await refusal(() => read('routes.toml', content));
    assert.match(message, /^storage-routes-file: \S+routes\.toml/);
    assert.match(message, line);
    assert.not.match(message, '\n');
  });
}

test('a password in an address is refused and not repeated', async () => {
  const message = await refusal(() => read('r.toml', '[routes.a]\nstorage = "oci://u:hush@x/y"'));
  assert.not.match(message, 'hush');
});

test('a file that is not there is PKG_E_CONFIG', async () => {
  const message = await refusal(() => readStorageRoutes('/nowhere/routes.toml', standard));
  assert.match(message, '/nowhere/routes.toml can not be read');
});

async function refusal(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (isVitteError(error, 'PKG_E_CONFIG')) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

test.run();
