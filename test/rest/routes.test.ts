// Namespaces in storages of their own, through REST.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import { rebuildIndex } from '../../src/server/compose.ts';
import type { Config } from '../../src/server/config.ts';
import { makeLogger } from '../../src/server/logger.ts';
import { listAll } from '../contract/oci-support.ts';
import { call, put, putSigned, serveConfig } from '../support/rest.ts';
import { configIn, packSample, signSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = { folder: string; remove(): Promise<void> };
const test = suite<Rig>('namespaces in storages of their own');

test.before(async (rig) => {
  const temporary = await temporaryFolder();
  Object.assign(rig, { folder: temporary.path, remove: temporary.remove });
});
test.after((rig) => rig.remove());

test('each package lies where its namespace says, the journal in the default storage, and all are served', async ({
  folder,
}) => {
  const routes =
    '[routes.roussov]\nstorage = "layout:own"\n[routes.team]\nstorage = "layout:flat"\nencoding = "flat"\n';
  const config = await withRoutes(join(folder, 'served'), routes);
  const service = await serveConfig(config);
  const names = ['roussov/demo', 'team/demo', 'other/demo', 'demo'];
  for (const name of names) {
    const packed = await packSample(folder, { name, version: '1.0.0' });
    const reply = await putSigned(service, packed, signSample(packed));
    assert.is(reply.status, 201, reply.bytes.toString());
  }
  const before = await answers(service.url, names);
  await service.stop();

  const rebuilt = await rebuildIndex(config, makeLogger('silent', process.stderr), undefined);
  assert.is(rebuilt?.packages, names.length);
  const again = await serveConfig(config);
  assert.equal(await answers(again.url, names), before);
  await again.stop();

  const expected: Record<string, string[]> = {
    [config.data]: ['demo', 'other/demo', 'vitte-registry', 'vitte-registry/terms'],
    [join(config.data, '../own')]: ['roussov/demo'],
    [join(config.data, '../flat')]: ['team.demo'],
  };
  const all = [...names, 'team.demo', 'vitte-registry', 'vitte-registry/terms'].sort();
  for (const [dir, repositories] of Object.entries(expected)) {
    const store = await openOciLayoutStore(dir);
    const held: string[] = [];
    for (const name of all) {
      if ((await listAll(store.repository(name).tags())).length > 0) held.push(name);
    }
    await store.close();
    assert.equal(held, repositories, dir);
  }
});

test('two namespaces may share a storage, and its folder is let go of', async ({ folder }) => {
  const row = { storage: 'layout:shared' };
  const data = join(folder, 'sharing');
  const config = await withRoutes(data, JSON.stringify({ routes: { a: row, b: row } }), 'json');
  for (const version of ['1.0.0', '1.1.0']) {
    const service = await serveConfig(config);
    service.token ??= token;
    for (const name of ['a/demo', 'b/demo']) {
      const packed = await packSample(folder, { name, version });
      assert.is((await put(service, packed)).status, 201);
    }
    token = service.token;
    await service.stop();
  }
});
let token: string | undefined;

test('routes that can not be are refused at the start, in one line', async ({ folder }) => {
  const data = join(folder, 'refused');
  const rows: [routes: string, line: string, more?: Partial<Config>][] = [
    ['[routes.a]\nstorage = "ftp://x"\n', 'routes.a.storage is none of'],
    [`[routes.a]\nstorage = "layout:${data}/store"\n`, 'routes.a.storage: is the default storage'],
    [
      '[routes.a]\nstorage = "layout:own"\n[routes.b]\nstorage = "layout:own"\nencoding = "flat"\n',
      'routes.b.storage: another route opens this folder otherwise',
    ],
    [
      '[routes.a]\nstorage = "layout:own"\n',
      'a folder serves one process',
      {
        storage: { kind: 'remote', url: 'oci+http://127.0.0.1:1/x' },
        index: { kind: 'redis', url: 'redis://127.0.0.1:1' },
      },
    ],
    [
      '[routes.a]\nstorage = "layout:own"\n[routes.b]\nstorage = "oci://x"\nencoding = "single"\n',
      'needs the name of its one',
    ],
  ];
  for (const [routes, line, more] of rows) {
    const config = { ...(await withRoutes(data, routes)), ...more };
    const error = await serveConfig(config).then(
      () => assert.unreachable(line),
      (thrown: unknown) => thrown,
    );
    if (!isVitteError(error, 'PKG_E_CONFIG')) throw error;
    assert.match(error.message, line);
  }
  // Nothing is left open: the folders can be used.
  for (const dir of ['store', 'own']) await (await openOciLayoutStore(join(data, dir))).close();
});

/** Settings with the store in FOLDER/store and these routes beside it. */
async function withRoutes(folder: string, routes: string, form = 'toml'): Promise<Config> {
  await mkdir(folder, { recursive: true });
  const storageRoutesFile = join(folder, `routes.${form}`);
  await writeFile(storageRoutesFile, routes);
  return { ...configIn(join(folder, 'store')), storageRoutesFile };
}

async function answers(url: string, names: string[]) {
  const found: string[] = [];
  const api = `${url}/api/v1/packages`;
  for (const name of names) {
    for (const path of [`/${name}`, `/${name}/1.0.0/signatures`, `/${name}/1.0.0/download`]) {
      const reply = await call(api + path);
      assert.is(reply.status, 200, path);
      found.push(reply.bytes.toString('latin1').replaceAll(url, 'URL'));
    }
  }
  return found;
}

test.run();
