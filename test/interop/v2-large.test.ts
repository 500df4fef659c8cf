// A large blob through our /v2/: neither way holds it in memory.
import { createHash, randomFillSync } from 'node:crypto';
import { Readable } from 'node:stream';
import { request } from 'undici';
import * as assert from 'uvu/assert';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = { server: ServerProcess; docker: DockerRegistry; end(): Promise<void> };

const blobBytes = 300 * 1024 * 1024;
const growthBytesMax = 100 * 1024 * 1024;
const pieceBytes = 64 * 1024;

largeSuite('the embedded store', () => ({}));
largeSuite('docker-registry', (docker) => ({ VITTE_REGISTRY_STORAGE: docker.storage() }));

function largeSuite(name: string, settings: (docker: DockerRegistry) => Record<string, string>) {
  const test = suite<Rig>(`a large blob through /v2/ over ${name}`, { timeoutMs: 5 * 60_000 });

  test.before(async (rig) => {
    const docker = await startDockerRegistry();
    if ('missing' in docker) throw new Error(docker.missing);
    const { path, remove } = await temporaryFolder();
    rig.server = await startServer(path, settings(docker));
    rig.docker = docker;
    rig.end = async () => {
      await rig.server.stop();
      await docker.stop();
      await remove();
    };
  });
  test.after((rig) => rig.end());

  test('goes up in one stream and comes down while the server grows by less than 100 MB', async ({
    server,
  }) => {
    const authorization = `Bearer ${server.token}`;
    const hash = createHash('sha256');
    const endPush = await server.watchMemory();
    const begun = await request(`${server.url}/v2/large/blob/blobs/uploads/`, {
      method: 'POST',
      headers: { authorization },
    });
    await begun.body.dump();
    const patched = await request(new URL(String(begun.headers.location), server.url), {
      method: 'PATCH',
      headers: { authorization },
      body: Readable.from(randomPieces((piece) => hash.update(piece))),
    });
    assert.is(patched.statusCode, 202, await patched.body.text());
    const digest = `sha256:${hash.digest('hex')}`;
    const done = new URL(String(patched.headers.location), server.url);
    done.searchParams.set('digest', digest);
    const put = await request(done, { method: 'PUT', headers: { authorization } });
    assert.is(put.statusCode, 201, await put.body.text());
    const pushed = endPush();

    const endPull = await server.watchMemory();
    const { body } = await request(`${server.url}/v2/large/blob/blobs/${digest}`);
    const read = createHash('sha256');
    for await (const piece of body) read.update(piece);
    assert.is(`sha256:${read.digest('hex')}`, digest);
    const pulled = endPull();
    assert.ok(pushed < growthBytesMax, `grew by ${pushed} bytes at the push`);
    assert.ok(pulled < growthBytesMax, `grew by ${pulled} bytes at the pull`);
  });

  test.run();
}

function* randomPieces(note: (piece: Uint8Array) => void) {
  for (let left = blobBytes; left > 0; left -= pieceBytes) {
    const piece = randomFillSync(Buffer.allocUnsafe(Math.min(pieceBytes, left)));
    note(piece);
    yield piece;
  }
}
