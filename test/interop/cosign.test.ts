import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { exportPublicKey } from '../../src/signing/key-formats.ts';
import { generateKey, type SecretKey } from '../../src/signing/keys.ts';
import { signMessage } from '../../src/signing/message-signature.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { runTool, tool } from './tools.ts';

type Rig = { cosign: string; folder: string; key: SecretKey; remove(): Promise<void> };
const test = suite<Rig>('cosign on our signatures', { timeoutMs: 25 * 60_000 });

test.before(async (rig) => {
  const temporary = await temporaryFolder();
  rig.folder = temporary.path;
  rig.remove = temporary.remove;
  rig.cosign = await tool('cosign');
  rig.key = generateKey();
  const content = Buffer.from('what is signed');
  await writeFile(join(rig.folder, 'file'), content);
  await writeFile(join(rig.folder, 'file.sig'), signMessage(content, rig.key));
  await writeFile(join(rig.folder, 'key.pem'), exportPublicKey(rig.key, 'pem'));
  await writeFile(join(rig.folder, 'other.pem'), exportPublicKey(generateKey(), 'pem'));
});
test.after((rig) => rig.remove());

const verify = (rig: Rig, key: string) =>
  runTool(
    rig.cosign,
    ['verify-blob', '--key', key, '--bundle', 'file.sig', '--insecure-ignore-tlog=true', 'file'],
    { cwd: rig.folder, env: { HOME: rig.folder } },
  ).then(
    () => 'accepted',
    () => 'refused',
  );

test('verify-blob accepts FILE.sig with the key that signed', async (rig) => {
  assert.is(await verify(rig, 'key.pem'), 'accepted');
});

test('verify-blob refuses another key', async (rig) => {
  assert.is(await verify(rig, 'other.pem'), 'refused');
});

test('verify-blob refuses a changed file', async (rig) => {
  await appendFile(join(rig.folder, 'file'), '.');
  assert.is(await verify(rig, 'key.pem'), 'refused');
});

test.run();
