// What the chart starts, started here as processes: the setup Job against a stand-in for the API of Kubernetes, the
// service with the settings of its Deployment, and the Pod of `helm test` against it.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { parseToken } from '../../src/auth/token.ts';
import { loadServiceKey } from '../../src/server/service-key.ts';
import { inFolder } from '../support/folders.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { type Container, environmentOf, podOfComponent, render, valueSets } from './chart.ts';

type Secret = { metadata: { name: string }; stringData: Record<string, string> };
type Asked = { method: string; url: string; authorization: string; secret: Secret };
type Rig = {
  folder: string;
  setup: Container;
  service: Container;
  check: Container;
  api: Server;
  apiUrl: string;
  asked: Asked[];
  /** What the API answers next. */
  status: number;
  remove(): Promise<void>;
};

const run = promisify(execFile);
const vitte = join(import.meta.dirname, '../../src/cli/bin/vitte.js');
const makeSecret = join(import.meta.dirname, '../../charts/vitte-registry/files/make-secret.js');
const keyFile = 'service-secret.json';
const tokenFile = 'bootstrap-token';

const test = suite<Rig>('what the chart starts', { timeoutMs: 25 * 60_000 });

test.before(async (rig) => {
  const temporary = await temporaryFolder();
  rig.folder = temporary.path;
  rig.remove = temporary.remove;
  const manifests = await render(valueSets.default);
  rig.setup = podOfComponent(manifests, 'Job', 'setup').container;
  rig.service = podOfComponent(manifests, 'Deployment').container;
  rig.check = podOfComponent(manifests, 'Pod', 'test').container;
  rig.asked = [];
  rig.status = 201;
  rig.api = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const secret = JSON.parse(await text(request)) as Secret;
    rig.asked.push({ method, url, authorization: headers.authorization ?? '', secret });
    response.writeHead(rig.status).end('{}');
  });
  rig.api.listen(0, '127.0.0.1');
  await once(rig.api, 'listening');
  rig.apiUrl = `http://127.0.0.1:${(rig.api.address() as AddressInfo).port}`;
});
test.after(async (rig) => {
  rig.api.close();
  await rig.remove();
});

test('the setup Job creates one Secret with a key and a token that the service takes', async (rig) => {
  const said = await runSetup(rig, 201);
  assert.is(said.stdout, 'made the Secret demo-vitte-registry-secret\n');
  const [asked] = rig.asked.splice(0);
  assert.is(asked?.method, 'POST');
  assert.is(asked?.url, '/api/v1/namespaces/packages/secrets');
  assert.is(asked?.authorization, 'Bearer account-token');
  assert.is(asked?.secret.metadata.name, 'demo-vitte-registry-secret');
  await assertTaken(asked?.secret);
});

test('the setup Job leaves a Secret that is there, and fails on any other answer', async (rig) => {
  const said = await runSetup(rig, 409);
  assert.is(said.stdout, 'the Secret demo-vitte-registry-secret is there\n');
  const failed = await runSetup(rig, 403).catch((error) => error);
  assert.match(failed.stderr, 'cannot make the Secret demo-vitte-registry-secret: 403');
});

test('by hand, the same script prints the Secret', async () => {
  const { stdout } = await run(process.execPath, [makeSecret, 'mine']);
  const secret = JSON.parse(stdout) as Secret;
  assert.is(secret.metadata.name, 'mine');
  await assertTaken(secret);
});

test('the service starts, takes the token, is found ready by helm test, and stops', async (rig) => {
  await runSetup(rig, 201);
  const stringData = rig.asked.at(-1)?.secret.stringData ?? {};
  const files = join(rig.folder, 'files');
  await mkdir(files);
  for (const [name, content] of Object.entries(stringData)) {
    await writeFile(join(files, name), content);
  }
  const service = spawn(process.execPath, [vitte, ...(rig.service.args ?? [])], {
    env: hereInsteadOf(rig.service, rig.folder),
  });
  const ended = once(service, 'exit');
  try {
    const url = await printedUrl(service);
    const { stdout } = await runCheck(rig, url);
    assert.match(stdout, `${url}/readyz 200 {"ready":true`);
    const headers = { Authorization: `Bearer ${stringData[tokenFile]}` };
    const who = await fetch(`${url}/api/v1/whoami`, { headers });
    assert.match(await who.text(), '"role":"admin"');
  } finally {
    service.kill('SIGTERM');
  }
  assert.equal(await ended, [0, null]);
});

test.run();

/** Runs the Job's container with the API that stands in. */
async function runSetup(rig: Rig, status: number) {
  rig.status = status;
  const account = join(rig.folder, 'account');
  await mkdir(account, { recursive: true });
  await writeFile(join(account, 'namespace'), 'packages');
  await writeFile(join(account, 'token'), 'account-token');
  const [, ...options] = rig.setup.command ?? [];
  const env = { KUBERNETES_API: rig.apiUrl, KUBERNETES_ACCOUNT: account };
  assert.equal(
    Object.keys(environmentOf(rig.setup)).sort(),
    [...Object.keys(env), 'NODE_EXTRA_CA_CERTS'].sort(),
  );
  return run(process.execPath, [...options, ...(rig.setup.args ?? [])], { env });
}

/** Runs the container of `helm test`, told of another address. */
async function runCheck(rig: Rig, url: string) {
  const [, ...options] = rig.check.command ?? [];
  const [script = '', address] = rig.check.args ?? [];
  assert.is(address, 'http://demo-vitte-registry.packages.svc');
  return run(process.execPath, [...options, script, url], { env: {} });
}

/** The rendered environment, with the folders of a container in `folder` and a free port. */
function hereInsteadOf(service: Container, folder: string): Record<string, string> {
  const here = (value: string) =>
    value
      .replace(/^\/run\/vitte-registry(?=\/)/, join(folder, 'files'))
      .replace(/^layout:\/data(?=\/)/, `layout:${join(folder, 'data')}`)
      .replace(/^\/tmp$/, join(folder, 'home'))
      .replace(/:7878$/, ':0');
  return Object.fromEntries(
    Object.entries(environmentOf(service)).map(([name, value]) => [name, here(value)]),
  );
}

/** The address from the line with the URL. Rejects with all that was said when the service ends without it. */
function printedUrl(service: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((done, fail) => {
    service.stderr?.on('data', (chunk) => (output += chunk));
    service.stdout?.on('data', (chunk) => {
      output += chunk;
      const [, port] =
        /^vitte-registry listening on http:\/\/0\.0\.0\.0:(\d+)$/m.exec(output) ?? [];
      if (port) done(`http://127.0.0.1:${port}`);
    });
    service.on('close', () => fail(new Error(`the service ended: ${output}`)));
  });
}

/** The key is one that the service reads, and the token has the form and the checksum of its tokens. */
async function assertTaken(secret: Secret | undefined) {
  assert.equal(Object.keys(secret?.stringData ?? {}).sort(), [tokenFile, keyFile].sort());
  assert.ok(parseToken(secret?.stringData[tokenFile] ?? ''));
  await inFolder(async (folder) => {
    const path = join(folder, keyFile);
    await writeFile(path, secret?.stringData[keyFile] ?? '');
    const { seed } = await loadServiceKey(path, { make: false });
    assert.is(seed.length, 32);
    assert.ok((await readFile(path, 'utf8')).includes(Buffer.from(seed).toString('base64')));
  });
}
