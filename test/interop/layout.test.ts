// Other people's tools read the embedded store directly, while the server has it open.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { spkiOf } from '../../src/signing/keys.ts';
import {
  admin,
  openService,
  packSample,
  publishRequest,
  type Service,
  signSample,
  temporaryFolder,
} from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { runTool, tool } from './tools.ts';

type Rig = {
  service: Service;
  folder: string;
  reference: string;
  digest: string;
  end(): Promise<void>;
};
const test = suite<Rig>('OCI tools on the embedded store', { timeoutMs: 25 * 60_000 });

test.before(async (rig) => {
  const temporary = await temporaryFolder();
  rig.folder = temporary.path;
  rig.service = await openService(join(temporary.path, 'store'));
  rig.end = async () => {
    await rig.service.close();
    await temporary.remove();
  };
  const packed = await packSample(rig.folder, {
    name: 'roussov/demo',
    version: '1.0.0+build.7',
    files: { 'README.md': '# demo\n' },
  });
  const { bundle, key } = signSample(packed);
  const request = await publishRequest(packed, [{ bytes: bundle, key: spkiOf(key) }]);
  rig.digest = (await rig.service.useCases.publish(request, admin)).value.published.digest;
  rig.reference = `${join(rig.service.data, 'roussov/demo')}:1.0.0_build.7`;
});
test.after((rig) => rig.end());

test('skopeo inspect --raw gives the manifest that the publish answered', async (rig) => {
  const skopeo = await tool('skopeo');
  const { stdout } = await runTool(skopeo, ['inspect', '--raw', `oci:${rig.reference}`]);
  assert.is(sha256(stdout), rig.digest);
});

test('oras pull gives the archive under its own name', async (rig) => {
  const out = join(rig.folder, 'pulled');
  await runTool(await tool('oras'), ['pull', '--oci-layout', rig.reference, '-o', out]);
  const pulled = await readFile(join(out, 'roussov-demo-1.0.0+build.7.vitmod'));
  const packed = await readFile(join(rig.folder, 'demo-1.0.0+build.7.vitmod'));
  assert.is(sha256(pulled), sha256(packed));
});

test('oras discover lists the signature', async (rig) => {
  const args = ['discover', '--oci-layout', rig.reference, '--format', 'json'];
  const { stdout } = await runTool(await tool('oras'), args);
  assert.match(stdout, /application\/vnd\.dev\.sigstore\.bundle\.v0\.3\+json/);
});

test.run();
