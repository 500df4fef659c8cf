// What `registry verify` advises about what it found.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { manifestOf } from '../../src/archive/archive-manifest.ts';
import { type Digest, hexOf } from '../../src/core/digest.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { put, serveStore } from '../support/rest.ts';
import { packSample } from '../support/service.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ cli: CliHome }>('what verify advises');

test.before.each(async (context) => {
  context.cli = await makeCliHome();
});
test.after.each(({ cli }) => cli.remove());

/** A store whose one package lacks its archive or its manifest; gives what verify says of it. */
async function verifiedWithout(cli: CliHome, part: 'archive' | 'manifest') {
  const store = join(cli.home, 'store');
  const packed = await packSample(cli.home, { name: 'demo', version: '1.0.0' });
  const service = await serveStore(store);
  assert.is((await put(service, packed)).status, 201);
  await service.stop();
  const digest: Digest = part === 'archive' ? packed.digest : manifestOf(packed).digest;
  await rm(join(store, 'demo/blobs/sha256', hexOf(digest)));
  return cli.run(['registry', 'verify', '--data', store]);
}

test('an archive that is gone is published again, for --fix has none', async ({ cli }) => {
  const { code, stdout, stderr } = await verifiedWithout(cli, 'archive');
  assert.is(code, 1);
  assert.match(stdout, 'content-missing\tdemo@1.0.0\tthe archive');
  assert.match(stderr, 'publish the same archive again');
});

test('a manifest that is gone is mended by --fix', async ({ cli }) => {
  const { code, stdout, stderr } = await verifiedWithout(cli, 'manifest');
  assert.is(code, 1);
  assert.match(stdout, 'content-damaged\tdemo@1.0.0\tthe manifest');
  assert.match(stderr, 'vitte registry verify --fix');
});

test.run();
