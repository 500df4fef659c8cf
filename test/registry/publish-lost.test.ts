// A version that the index holds as gone because the storage had lost it when the index was made.
import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import * as assert from 'uvu/assert';
import { manifestOf } from '../../src/archive/archive-manifest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import { withParts } from '../../src/server/compose.ts';
import { rebuild } from '../../src/server/rebuild.ts';
import { verifyStore } from '../../src/server/verify.ts';
import {
  admin,
  anonymous,
  configIn,
  openService,
  packSample,
  publishRequest,
  temporaryFolder,
} from '../support/service.ts';
import { suite } from '../support/suite.ts';

const test = suite('publishing a version again whose content was lost');

test('the very same archive is stored again, and a rebuild shows it; another one is not taken', async () => {
  const temporary = await temporaryFolder();
  const data = join(temporary.path, 'store');
  const options = { flags: { data, 'log-level': 'silent' }, env: {}, stderr: { write() {} } };
  let service = await openService(data);
  const packed = await packSample(temporary.path, { name: 'demo', version: '1.0.0' });
  const { name, version } = packed.document;
  const very = await publishRequest(packed);
  const { value } = await service.useCases.publish(await publishRequest(packed), admin);
  await service.close();
  const storage = await openOciLayoutStore(data);
  // Not even the snapshots know it.
  await storage.repository('vitte-registry').manifests.untag(['_index']);
  await storage.repository('demo').manifests.untag(['_state']);
  await storage.repository('demo').manifests.delete(value.published.digest);
  await storage.close();
  const { gone } = await rebuild({ ...options, deep: true });
  assert.equal(gone, { count: 1, versions: [{ name, version }] });

  service = await openService(data);
  const { useCases } = service;
  const other = await packSample(temporary.path, {
    ...{ name: 'demo', version: '1.0.0' },
    files: { 'src/more.vit': 'other' },
  });
  const refused = await codeOf(useCases.publish(await publishRequest(other), admin));
  assert.is(refused, 'PKG_E_VERSION_VOIDED');
  const { bytes } = manifestOf(packed);
  const manifest = { mediaType: mediaTypes.ociManifest, bytes };
  const pushed = service.v2!.open({ actor: admin.actor }).repository('demo');
  const plain = await codeOf(pushed.manifests.push(manifest, { tag: version }));
  assert.is(plain, 'PKG_E_VERSION_LOST', 'pushed as plain OCI');
  const again = await codeOf(useCases.publish(very, admin));
  assert.is(again, 'PKG_E_VERSION_LOST');
  await service.close();

  const { found } = await verifyStore({ ...options, store: true, fix: true });
  assert.is(found, 0);
  service = await openService(data);
  const opened = await service.useCases.openArchive(name, version, undefined, anonymous);
  assert.is((await Array.fromAsync(opened.value.body)).length > 0, true);
  await service.close();
  await temporary.remove();
});

for (const mode of ['rebuild --deep', 'verify --fix'] as const) {
  test(`a manifest whose file is gone is there again after ${mode}`, async () => {
    const temporary = await temporaryFolder();
    const data = join(temporary.path, 'store');
    const options = { flags: { data, 'log-level': 'silent' }, env: {}, stderr: { write() {} } };
    const service = await openService(data);
    const packed = await packSample(temporary.path, { name: 'demo', version: '1.0.0' });
    const { value } = await service.useCases.publish(await publishRequest(packed), admin);
    await service.close();
    await rebuild({ ...options, deep: true });

    const path = join(data, 'demo/blobs/sha256', value.published.digest.slice(7));
    const bytes = await readFile(path);
    await rm(path);
    if (mode === 'verify --fix') {
      const { found, mended } = await verifyStore({ ...options, store: true, fix: true });
      assert.is(found, 0);
      assert.ok(mended.some(({ detail }) => detail === 'manifest'));
    } else {
      const { gone } = await rebuild({ ...options, deep: true });
      assert.equal(gone, { count: 0, versions: [] });
    }
    assert.equal(await readFile(path), bytes);
    await temporary.remove();
  });
}

test('a version that the journal voided is not given again, not even to the very same archive', async () => {
  const temporary = await temporaryFolder();
  const data = join(temporary.path, 'store');
  let service = await openService(data);
  const packed = await packSample(temporary.path, { name: 'demo', version: '1.0.0' });
  const { name, version } = packed.document;
  const { value } = await service.useCases.publish(await publishRequest(packed), admin);
  await service.close();
  const { digest } = value.published;
  await withParts(configIn(data), pino({ level: 'silent' }), {}, async ({ journal }) => {
    await journal.catchUp({ open: true });
    const about = { package: name, version, digest, reason: 'content lost before it was tagged' };
    const event = { id: randomUUID(), actor: 'registry', event: 'voided', ...about } as const;
    await journal.submit({ event, role: 'admin', readAt: 4 });
  });
  service = await openService(data);
  const again = await codeOf(service.useCases.publish(await publishRequest(packed), admin));
  assert.is(again, 'PKG_E_VERSION_VOIDED');
  await service.close();
  const { gone } = await rebuild({
    ...{ flags: { data, 'log-level': 'silent' }, env: {}, stderr: { write() {} } },
    deep: true,
  });
  assert.equal(gone, { count: 0, versions: [] });
  await temporary.remove();
});

async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return isVitteError(error) ? error.code : String(error);
  }
}

test.run();
