// A container registry that gives other bytes than it was given: nobody who fetches is left with a file.
import { mkdir, readdir } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { PackedArchive } from '../../src/archive/pack.ts';
import { compose } from '../../src/server/compose.ts';
import { makeLogger } from '../../src/server/logger.ts';
import { startService } from '../../src/server/start.ts';
import { partsSuite } from '../deployed/parts-suite.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { put } from '../support/rest.ts';
import { configIn, packSample } from '../support/service.ts';
import { type Spoiler, type SpoilingProxy, startSpoilingProxy } from '../support/spoiling-proxy.ts';

type Context = {
  cli: CliHome;
  registry: DockerRegistry;
  proxy: SpoilingProxy;
  service: { url: string; stop(): Promise<void> };
  packed: PackedArchive;
};

const test = await partsSuite<Context>('a registry that lies');
const storageLimits = { bodyIdleTimeoutMs: 500, retryBaseMs: 10, retryTotalMs: 2_000 };

test.before(async (context) => {
  const registry = await startDockerRegistry();
  if ('missing' in registry) throw new Error(registry.missing);
  const cli = await makeCliHome();
  const proxy = await startSpoilingProxy(registry.origin);
  const url = registry.storage().replace(new URL(registry.origin).host, proxy.host);
  const data = join(cli.folder, 'data');
  await mkdir(data);
  const config = { ...configIn(data), storage: { kind: 'remote', url } as const };
  const logger = makeLogger('silent', process.stderr);
  const composed = await compose(config, logger, { storageLimits });
  const service = await startService(config, composed, logger);
  const random = Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * n * 31) % 251));
  const sample = { name: 'demo', version: '0.1.0', files: { 'src/data.vit': random } };
  const packed = await packSample(cli.folder, sample);
  const token = composed.firstStart?.token ?? '';
  assert.is((await put({ url: service.url, token }, packed)).status, 201);
  Object.assign(context, { cli, registry, proxy, service, packed });
});
test.after(async ({ cli, registry, proxy, service }) => {
  await service.stop();
  await proxy.close();
  await registry.stop();
  await cli.remove();
});

const send = (bytes: (right: Buffer) => Buffer): Spoiler => {
  return ({ bytes: right, headers }, response) => {
    const given = bytes(right);
    response.writeHead(200, {
      ...(headers as OutgoingHttpHeaders),
      'content-length': given.length,
    });
    response.end(given);
  };
};

/** Says the right length and gives so many bytes of it. */
const stopAfter = (count: (bytes: Buffer) => number, then: 'cut' | 'stall'): Spoiler => {
  return ({ bytes, headers }, response) => {
    response.writeHead(200, headers as Record<string, string>);
    response.write(bytes.subarray(0, count(bytes)), () => {
      if (then === 'cut') response.destroy();
    });
  };
};

const half = ({ length }: Buffer) => length >> 1;
const lies: [string, Spoiler][] = [
  ['wrong bytes of the right length', send((right) => Buffer.alloc(right.length, 7))],
  [
    'one wrong byte at the end',
    send((right) => {
      const bytes = Buffer.from(right);
      bytes[bytes.length - 1]! ^= 1;
      return bytes;
    }),
  ],
  ['too few bytes', send((right) => right.subarray(0, half(right)))],
  ['one byte too few', send((right) => right.subarray(0, -1))],
  ['no bytes', send(() => Buffer.alloc(0))],
  ['too many bytes', send((right) => Buffer.concat([right, right]))],
  ['one byte too many', send((right) => Buffer.concat([right, Buffer.from('x')]))],
  ['a connection that breaks midway', stopAfter(half, 'cut')],
  ['a body that stalls midway', stopAfter(half, 'stall')],
  ['a body that never begins', stopAfter(() => 0, 'stall')],
  ['an error', (_, response) => void response.writeHead(500).end('no')],
  ['a blob that is gone', (_, response) => void response.writeHead(404).end('{}')],
];

for (const [name, spoiler] of lies) {
  test(`${name}: fetch ends with 6 or 5 and leaves no file`, async (context) => {
    const { cli, proxy, service, packed } = context;
    const folder = join(cli.folder, name.replaceAll(' ', '-'));
    await mkdir(folder);
    const blob = `/blobs/${packed.digest}`;
    proxy.spoil(blob, spoiler);
    try {
      const options = { cwd: folder, env: { VITTE_REGISTRY: service.url } };
      const { code, stdout, stderr } = await cli.run(['registry', 'fetch', 'demo'], options);
      assert.ok(code === 5 || code === 6, `${code}: ${stderr}`);
      assert.match(stderr, /^error\[PKG_E_[A-Z_]+\]/m);
      assert.is(stdout, '');
      assert.equal(await readdir(folder), []);
    } finally {
      proxy.spoil(blob, undefined);
    }
  });
}

test('the truth is fetched again', async ({ cli, service }) => {
  const folder = join(cli.folder, 'truth');
  await mkdir(folder);
  const options = { cwd: folder, env: { VITTE_REGISTRY: service.url } };
  const { code, stderr } = await cli.run(['registry', 'fetch', 'demo'], options);
  assert.is(code, 0, stderr);
  assert.equal(await readdir(folder), ['demo-0.1.0.vitmod']);
});

test.run();
