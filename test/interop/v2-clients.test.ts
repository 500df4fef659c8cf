// Other people's tools on our own /v2/, over the embedded store and in front of docker-registry.
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { exportPublicKey } from '../../src/signing/key-formats.ts';
import { generateKey } from '../../src/signing/keys.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { call, feed, putSigned } from '../support/rest.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { packSample, signSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { runTool, tool } from './tools.ts';

type Rig = {
  folder: string;
  docker: DockerRegistry;
  server: ServerProcess;
  /** The settings of the server. */
  env: Record<string, string>;
  /** `127.0.0.1:PORT`. */
  host: string;
  /** The published package, by its version. */
  reference: string;
  digest: string;
  archive: Buffer;
  end(): Promise<void>;
};

clientSuite('the embedded store', () => ({}));
clientSuite('docker-registry', (docker) => ({ VITTE_REGISTRY_STORAGE: docker.storage() }));

function clientSuite(name: string, settings: (docker: DockerRegistry) => Record<string, string>) {
  const test = suite<Rig>(`OCI tools on our /v2/ over ${name}`, { timeoutMs: 25 * 60_000 });

  test.before(async (rig) => {
    const docker = await startDockerRegistry();
    if ('missing' in docker) throw new Error(docker.missing);
    const { path: folder, remove } = await temporaryFolder();
    const env = settings(docker);
    const server = await startServer(folder, env);
    const packed = await packSample(folder, {
      name: 'roussov/demo',
      version: '1.0.0',
      files: { 'README.md': '# demo\n' },
    });
    const { bundle, key } = signSample(packed);
    const reply = await putSigned(server, packed, { bundle, key });
    assert.is(reply.status, 201, reply.bytes.toString());
    await writeFile(join(folder, 'key.pem'), exportPublicKey(key, 'pem'));
    await writeFile(join(folder, 'other.pem'), exportPublicKey(generateKey(), 'pem'));
    const { host } = new URL(server.url);
    Object.assign(rig, { folder, docker, server, env, host });
    rig.reference = `${host}/roussov/demo:1.0.0`;
    rig.digest = reply.json<{ digest: string }>().digest;
    rig.archive = await readFile(packed.file);
    rig.end = async () => {
      await rig.server.stop();
      await docker.stop();
      await remove();
    };
  });
  test.after((rig) => rig.end());

  test('oras push of a folder works with a token, and not without one', async (rig) => {
    await mkdir(join(rig.folder, 'site/sub'), { recursive: true });
    await writeFile(join(rig.folder, 'site/a.txt'), 'a');
    await writeFile(join(rig.folder, 'site/sub/b.txt'), 'b');
    const reference = `${rig.host}/files/site:1.0.0`;
    await rejects(oras(rig, 'push', reference, 'site/'), /unauthorized/i);
    await oras(rig, 'push', ...login(rig), reference, 'site/');
    await oras(rig, 'pull', reference, '-o', 'pulled-site');
    const pulled = (path: string) => readFile(join(rig.folder, 'pulled-site/site', path), 'utf8');
    assert.equal([await pulled('a.txt'), await pulled('sub/b.txt')], ['a', 'b']);
    // Kept, and no package for all that its tag looks like a version.
    const packages = await call(`${rig.server.url}/api/v1/packages`);
    const names = packages.json<{ packages: { name: string }[] }>().packages;
    assert.equal(
      names.map((one) => one.name),
      ['roussov/demo'],
    );
  });

  test('oras pull gives a published package under its own name, to anybody', async (rig) => {
    await oras(rig, 'pull', rig.reference, '-o', 'pulled');
    const pulled = await readFile(join(rig.folder, 'pulled/roussov-demo-1.0.0.vitmod'));
    assert.is(Buffer.compare(pulled, rig.archive), 0);
  });

  test('oras discover and cosign tree list the signature', async (rig) => {
    const { stdout } = await oras(rig, 'discover', rig.reference);
    assert.match(stdout, 'application/vnd.dev.sigstore.bundle.v0.3+json');
    const tree = await cosign(rig, 'tree', '--allow-http-registry', rig.reference);
    assert.match(tree.stdout, 'https://sigstore.dev/cosign/sign/v1');
  });

  test('oras repo tags lists the version, and nothing that is the registry’s own', async (rig) => {
    const { stdout } = await oras(rig, 'repo', 'tags', `${rig.host}/roussov/demo`);
    const tags = stdout.trim().split('\n');
    assert.ok(tags.includes('1.0.0'));
    assert.equal(
      tags.filter((tag) => tag.startsWith('_')),
      [],
    );
  });

  test('cosign verify accepts the key that signed and refuses another', async (rig) => {
    await verify(rig, 'key.pem');
    await rejects(verify(rig, 'other.pem'), /no matching/);
  });

  test('skopeo inspects and copies out, and copies in with a token', async (rig) => {
    const skopeo = await tool('skopeo');
    const from = ['--src-tls-verify=false', `docker://${rig.reference}`];
    const raw = ['inspect', '--raw', '--tls-verify=false', `docker://${rig.reference}`];
    assert.is(sha256((await runTool(skopeo, raw)).stdout), rig.digest);
    const layout = `oci:${join(rig.folder, 'layout')}:1.0.0`;
    await runTool(skopeo, ['copy', ...from, layout]);
    const to = ['--dest-tls-verify=false', `docker://${rig.host}/copies/demo:latest`];
    await rejects(runTool(skopeo, ['copy', layout, ...to]), /unauthorized|authentication/);
    await runTool(skopeo, ['copy', `--dest-creds=any:${rig.server.token}`, layout, ...to]);
    const copied = await call(`${rig.server.url}/v2/copies/demo/manifests/latest`);
    assert.is(copied.headers['docker-content-digest'], rig.digest);
  });

  test('oras cp -r moves a package with what refers to it to another registry', async (rig) => {
    const other = await startDockerRegistry();
    if ('missing' in other) throw new Error(other.missing);
    try {
      const { host } = new URL(other.origin);
      const moved = `${host}/moved/demo:1.0.0`;
      const plain = ['--from-plain-http', '--to-plain-http'];
      await runTool(await tool('oras'), ['cp', '-r', ...plain, rig.reference, moved], home(rig));
      const raw = ['inspect', '--raw', '--tls-verify=false', `docker://${moved}`];
      assert.is(sha256((await runTool(await tool('skopeo'), raw)).stdout), rig.digest);
      const [here, there] = await Promise.all([digests(rig, rig.reference), digests(rig, moved)]);
      assert.ok(here.length > 0);
      assert.equal(there, here);
      await verify(rig, 'key.pem', moved);
    } finally {
      await other.stop();
    }
  });

  test('what oras attaches and cosign signs is listed, and verified there', async (rig) => {
    await writeFile(join(rig.folder, 'sbom.json'), '{}');
    const type = ['--artifact-type', 'application/spdx+json'];
    await oras(rig, 'attach', ...login(rig), ...type, rig.reference, 'sbom.json');
    await cosign(rig, 'generate-key-pair');
    await sign(rig, 'cosign.key');
    const found = (await oras(rig, 'discover', '--format', 'json', rig.reference)).stdout;
    assert.match(found, 'application/spdx+json');
    assert.is(found.match(/"artifactType": *"[^"]*sigstore\.bundle/g)?.length, 2);
    await verify(rig, 'cosign.pub');
    // Its key is of a kind that packages are not signed with: a referrer, and no signature of ours.
    assert.is((await signatures(rig)).length, 1);
  });

  test('cosign sign with an Ed25519 key makes a signature of the version, which is journaled', async (rig) => {
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeFile(
      join(rig.folder, 'mine.pem'),
      privateKey.export({ type: 'pkcs8', format: 'pem' }),
    );
    await cosign(rig, 'import-key-pair', '--key', 'mine.pem', '--output-key-prefix', 'mine');
    await sign(rig, 'mine.key');
    assert.is((await signatures(rig)).length, 2);
    const attached = (await feed(rig.server.url)).filter(({ event }) => event === 'attached');
    assert.is(attached.length, 1);
  });

  if (name !== 'the embedded store') {
    test('docker-registry’s collector leaves package, signatures and journal there', async (rig) => {
      const before = await digests(rig, rig.reference);
      const entries = (await feed(rig.server.url)).length;
      const { folder = '' } = rig.docker;
      const collect = ['garbage-collect', '-m', join(dirname(folder), 'config.json')];
      await runTool('docker-registry', collect);
      // A server that starts anew remembers nothing: all it knows it reads from the storage.
      await rig.server.stop();
      rig.server = await startServer(rig.folder, rig.env);
      rig.host = new URL(rig.server.url).host;
      rig.reference = `${rig.host}/roussov/demo:1.0.0`;
      assert.is((await feed(rig.server.url)).length, entries);
      assert.equal(await digests(rig, rig.reference), before);
      await verify(rig, 'key.pem');
      await oras(rig, 'pull', rig.reference, '-o', 'collected');
      const pulled = await readFile(join(rig.folder, 'collected/roussov-demo-1.0.0.vitmod'));
      assert.is(Buffer.compare(pulled, rig.archive), 0);
    });
  }

  test.run();
}

function oras(rig: Rig, verb: string, ...args: string[]) {
  const [first, rest] = verb === 'repo' ? [[verb, ...args.splice(0, 1)], args] : [[verb], args];
  return tool('oras').then((path) => runTool(path, [...first, '--plain-http', ...rest], home(rig)));
}

async function cosign(rig: Rig, ...args: string[]) {
  return runTool(await tool('cosign'), args, home(rig));
}

function verify(rig: Rig, key: string, reference = rig.reference) {
  const flags = ['--insecure-ignore-tlog=true', '--allow-http-registry'];
  return cosign(rig, 'verify', '--key', key, ...flags, reference);
}

async function sign(rig: Rig, key: string) {
  const { host, digest, server } = rig;
  await cosign(
    rig,
    ...['sign', '--yes', '--key', key, '--allow-http-registry'],
    ...['--use-signing-config=false', '--tlog-upload=false'],
    ...['--registry-username', 'any', '--registry-password', server.token],
    `${host}/roussov/demo@${digest}`,
  );
}

async function signatures({ server }: Rig): Promise<unknown[]> {
  const path = `${server.url}/api/v1/packages/roussov/demo/1.0.0/signatures`;
  return (await call(path)).json<{ signatures: unknown[] }>().signatures;
}

/** What refers to a version, at any depth, by digest. */
async function digests(rig: Rig, reference: string): Promise<string[]> {
  const { stdout } = await oras(rig, 'discover', '--format', 'json', reference);
  const found = [...stdout.matchAll(/"digest": *"(sha256:[0-9a-f]{64})"/g)];
  return found.map(([, digest = '']) => digest).sort();
}

function login({ server }: Rig): string[] {
  return ['--username', 'any', '--password', server.token];
}

/** No tool may find or leave credentials of the person who runs this. */
function home({ folder }: Rig) {
  return { cwd: folder, env: { HOME: folder, COSIGN_PASSWORD: '' } };
}

async function rejects(running: Promise<unknown>, why: RegExp): Promise<void> {
  const error = await running.then(
    () => assert.unreachable('it was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.match(String((error as { stderr?: string }).stderr ?? error), why);
}
