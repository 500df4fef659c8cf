// A package moved by another client to a registry that has no journal, taken in and served there.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bareParts } from '../deployed/bare-parts.ts';
import { runCommand } from '../deployed/run-command.ts';
import { call, putSigned } from '../support/rest.ts';
import { startServer } from '../support/server-process.ts';
import { packSample, signSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { runTool, tool } from './tools.ts';

const test = suite('a package moved by oras', { timeoutMs: 10 * 60_000 });

test('oras cp -r moves it, rebuild --adopt takes it in, its signature is verified there', async () => {
  const temporary = await temporaryFolder();
  const [origin, target] = await Promise.all([bareParts(), bareParts()]);
  const secret = join(temporary.path, 'secret.json');
  const seed = Buffer.alloc(32, 3).toString('base64');
  await writeFile(secret, JSON.stringify({ schema: 'vitte.service-secret.v1', seed }));
  const first = await startServer(join(temporary.path, 'origin'), origin.env);
  const packed = await packSample(temporary.path, { name: 'roussov/demo', version: '1.0.0+b.1' });
  const signature = signSample(packed);
  assert.is((await putSigned(first, packed, signature)).status, 201);
  await first.stop();

  const oras = await tool('oras');
  const reference = ({ env }: typeof origin) =>
    `${env.VITTE_REGISTRY_STORAGE.replace('oci+http://', '')}/roussov/demo:1.0.0_b.1`;
  const plain = ['--from-plain-http', '--to-plain-http', '--no-tty'];
  await runTool(oras, ['cp', '-r', ...plain, reference(origin), reference(target)]);

  const home = join(temporary.path, 'target', 'home');
  const env = {
    ...target.env,
    VITTE_REGISTRY_SECRET_FILE: secret,
    VITTE_REGISTRY_LOG_LEVEL: 'error',
  };
  const words = ['registry', 'rebuild', '--adopt', '--json'];
  const adopted = JSON.parse(await runCommand(words, env));
  assert.equal([adopted.status, adopted.adopted], ['ok', 1]);
  assert.equal(
    adopted.adoptions.map(({ name, status, signatures }: Record<string, unknown>) => [
      name,
      status,
      signatures,
    ]),
    [['roussov/demo', 'adopted', 1]],
  );
  assert.equal(JSON.parse(await runCommand(['registry', 'verify', '--json'], env)).findings, []);

  const second = await startServer(join(temporary.path, 'target'), env);
  const shown = await call(`${second.url}/api/v1/packages/roussov/demo/1.0.0+b.1`);
  const [{ kid, verified }] = shown.json<{ signatures: [{ kid: string; verified: boolean }] }>()
    .signatures;
  assert.equal([kid, verified], [signature.key.kid, true]);
  const verifying = ['package', 'verify', 'roussov/demo@1.0.0+b.1', '--json'];
  const said = await runCommand(verifying, { VITTE_REGISTRY: second.url, VITTE_HOME: home });
  assert.match(said, signature.key.kid);
  await second.stop();
  await Promise.all([origin.end(), target.end()]);
  await temporary.remove();
});

test.run();
