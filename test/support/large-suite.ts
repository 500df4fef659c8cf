import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import * as assert from 'uvu/assert';
import { type PackedArchive, packFolder } from '../../src/archive/pack.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { temporaryFolder } from './service.ts';
import { suite } from './suite.ts';

const packageBytes = 300 * 1024 * 1024;
const growthBytesMax = 100 * 1024 * 1024;

type Settings = { env: Record<string, string>; layout: boolean; end(): Promise<void> };
type Rig = {
  settings: Settings;
  folder: string;
  server: ServerProcess;
  packed: PackedArchive;
  remove(): Promise<void>;
};
/**
 * A suite that publishes and reads 300 MB of random bytes. `settings` gives the server's variables, and ends what
 * it started; `layout` says that the store lies in the server's data folder, where uploads can be looked for.
 */
export function largeSuite(name: string, settings: () => Promise<Settings>): void {
  const test = suite<Rig>(name, { timeoutMs: 120_000 });

  test.before(async (rig) => {
    rig.settings = await settings();
    const temporary = await temporaryFolder();
    rig.folder = temporary.path;
    rig.remove = temporary.remove;
    rig.server = await startServer(temporary.path, rig.settings.env);
    rig.packed = await packLarge(temporary.path);
  });
  test.after(async (rig) => {
    assert.is(await rig.server.stop(), 0);
    await rig.settings.end();
    await rig.remove();
  });

  test('a client that leaves midway leaves no upload behind', async (rig) => {
    const leaving = new AbortController();
    const file = createReadStream(rig.packed.file);
    const reply = publish(rig, file, leaving.signal);
    file.on('data', () => {
      if (file.bytesRead > packageBytes / 3) leaving.abort();
    });
    const error = await reply.catch((reason: unknown) => reason);
    assert.instance(error, Error);
    if (!rig.settings.layout) return; // what a registry does with a session that was ended is its own affair
    await eventually(async () => (await leftovers(rig.server.data)).length === 0);
  });

  test('is published and read while the server grows by less than 100 MB', async (rig) => {
    const endPublish = await rig.server.watchMemory();
    const reply = await publish(rig, createReadStream(rig.packed.file));
    assert.is(reply.statusCode, 201, await reply.body.text());
    const published = endPublish();
    const endFetch = await rig.server.watchMemory();
    const { body } = await request(`${rig.server.url}/api/v1/packages/large/1.0.0/download`);
    const hash = createHash('sha256');
    for await (const chunk of body) hash.update(chunk);
    assert.is(`sha256:${hash.digest('hex')}`, rig.packed.digest);
    const fetched = endFetch();
    assert.ok(published < growthBytesMax, `grew by ${published} bytes at the publish`);
    assert.ok(fetched < growthBytesMax, `grew by ${fetched} bytes at the fetch`);
  });

  test.run();
}

function publish(rig: Rig, body: ReturnType<typeof createReadStream>, signal?: AbortSignal) {
  return request(`${rig.server.url}/api/v1/packages/large/1.0.0`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${rig.server.token}`,
      'content-type': 'application/vnd.vitte.vitmod.v1.tar+gzip',
      'content-length': String(rig.packed.size),
    },
    body,
    signal: signal ?? null,
  });
}

async function packLarge(folder: string): Promise<PackedArchive> {
  const source = join(folder, 'large');
  await mkdir(join(source, 'src'), { recursive: true });
  const manifest = {
    schema: 'vitte.package.manifest.v1',
    name: 'large',
    version: '1.0.0',
    kind: 'library',
    entry: 'src/lib.vit',
    dependencies: {},
    tests: [],
  };
  await writeFile(join(source, 'vitte-package.json'), JSON.stringify(manifest));
  await writeFile(join(source, 'src/lib.vit'), 'space packages/large\n');
  const random = createWriteStream(join(source, 'random.bin'));
  const piece = Buffer.alloc(1024 * 1024);
  for (let written = 0; written < packageBytes; written += piece.length) {
    if (!random.write(Buffer.from(randomFillSync(piece)))) await once(random, 'drain');
  }
  random.end();
  await once(random, 'close');
  return packFolder(source, { directory: folder });
}

/** What an unfinished upload would leave in the store. */
async function leftovers(data: string): Promise<string[]> {
  const names = await readdir(data, { recursive: true });
  return names.filter((name) => name.includes('uploads/') || name.startsWith('large/'));
}

async function eventually(holds: () => Promise<boolean>) {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  assert.unreachable('it did not come to hold');
}
