// What is published to a container registry is read there by other people's tools, without us.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { exportPublicKey } from '../../src/signing/key-formats.ts';
import { generateKey } from '../../src/signing/keys.ts';
import { type Deployed, deploy } from '../deployed/rig.ts';
import { putSigned } from '../support/rest.ts';
import { packSample, signSample } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { runTool, tool } from './tools.ts';

type Rig = { deployed: Deployed; reference: string; digest: string };
const test = suite<Rig>('OCI tools on docker-registry', { timeoutMs: 25 * 60_000 });

test.before(async (rig) => {
  rig.deployed = await deploy(1);
  const { folder, replicas, token, env } = rig.deployed;
  const packed = await packSample(folder, {
    name: 'roussov/demo',
    version: '1.0.0',
    files: { 'README.md': '# demo\n' },
  });
  const { bundle, key } = signSample(packed);
  const reply = await putSigned({ url: replicas[0]!.url, token }, packed, { bundle, key });
  assert.is(reply.status, 201, reply.bytes.toString());
  rig.digest = reply.json<{ digest: string }>().digest;
  const place = env.VITTE_REGISTRY_STORAGE!.replace(/^oci\+http:\/\//, '');
  rig.reference = `${place}/roussov/demo:1.0.0`;
  await writeFile(join(folder, 'key.pem'), exportPublicKey(key, 'pem'));
  await writeFile(join(folder, 'other.pem'), exportPublicKey(generateKey(), 'pem'));
});
test.after((rig) => rig.deployed.end());

test('skopeo inspect --raw shows the manifest that the publish answered', async (rig) => {
  const words = ['inspect', '--raw', '--tls-verify=false', `docker://${rig.reference}`];
  const { stdout } = await runTool(await tool('skopeo'), words);
  assert.is(sha256(stdout), rig.digest);
});

test('oras pull gives the archive under its own name', async (rig) => {
  const out = join(rig.deployed.folder, 'pulled');
  await runTool(await tool('oras'), ['pull', '--plain-http', rig.reference, '-o', out]);
  const pulled = await readFile(join(out, 'roussov-demo-1.0.0.vitmod'));
  assert.is(sha256(pulled), sha256(await readFile(join(rig.deployed.folder, 'demo-1.0.0.vitmod'))));
});

test('cosign verify accepts the key that signed and refuses another', async (rig) => {
  const cosign = await tool('cosign');
  const verify = (key: string) =>
    runTool(
      cosign,
      [
        'verify',
        '--key',
        join(rig.deployed.folder, key),
        '--insecure-ignore-tlog=true',
        '--allow-http-registry',
        rig.reference,
      ],
      { env: { HOME: rig.deployed.folder } },
    ).then(
      () => 'accepted',
      () => 'refused',
    );
  assert.is(await verify('key.pem'), 'accepted');
  assert.is(await verify('other.pem'), 'refused');
});

test.run();
