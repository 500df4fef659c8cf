import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Digest, hexOf } from '../../src/core/digest.ts';
import { parsePackageName } from '../../src/core/name.ts';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import type { Registry } from '../../src/oci/port.ts';
import { openVersionCheck } from '../../src/storage/version-check.ts';
import { openVersionStore } from '../../src/storage/version-store.ts';
import { pushSample, sampleVersion } from '../support/sample-version.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = { folder: string; registry: Registry; end(): Promise<void> };
const test = suite<Rig>('what the store holds of a version');
const name = parsePackageName('demo');
const sample = sampleVersion('demo', '1.0.0');
const { digest, version } = sample.facts;

test.before.each(async (rig) => {
  const temporary = await temporaryFolder();
  rig.folder = temporary.path;
  rig.registry = await openOciLayoutStore(temporary.path);
  const versions = openVersionStore(rig.registry);
  await pushSample(versions, sample);
  await versions.tagVersion(name, version, digest);
  rig.end = async () => {
    await rig.registry.close();
    await temporary.remove();
  };
});
test.after.each((rig) => rig.end());

function blobFile({ folder }: Rig, digest: Digest) {
  return join(folder, 'demo/blobs/sha256', hexOf(digest));
}

for (const [part, of] of [
  ['archive', sample.facts.archive.digest],
  ['document', sample.manifest.config.descriptor.digest],
] as const) {
  test(`a byte of the ${part} that is another one is found where content is read`, async (rig) => {
    const check = openVersionCheck(rig.registry);
    const known = { version, digest, bundles: [] };
    assert.equal(await check.version(name, known, { read: true }), []);
    const bytes = await readFile(blobFile(rig, of));
    bytes[0]! ^= 1;
    await writeFile(blobFile(rig, of), bytes);
    assert.equal(await check.version(name, known), [], 'its size is the same');
    const damaged = { problem: 'content damaged', part, digest: of };
    assert.equal(await check.version(name, known, { read: true }), [damaged]);
    await rm(blobFile(rig, of));
    const missing = { problem: 'content missing', part, digest: of };
    assert.equal(await check.version(name, known, { read: true }), [missing]);
  });
}

test.run();
