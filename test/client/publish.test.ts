import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { openClient } from '../../src/client/open-client.ts';
import type { PublishRequest } from '../../src/client/port.ts';
import { sha256 } from '../../src/core/digest.ts';
import { isVitteError, VitteError } from '../../src/core/errors.ts';
import { parsePackageName } from '../../src/core/name.ts';
import { parseVersion } from '../../src/core/version.ts';
import { suite } from '../support/suite.ts';
import { type FakeRegistry, json, problem, reset, startFakeRegistry } from './fake-registry.ts';
import { rejection } from './rejection.ts';

const archive = randomBytes(200_000);
const digest = sha256(archive);
const published = {
  schema: 'vitte.registry.published.v1',
  name: 'demo-lib',
  version: '0.1.0',
  digest,
  archive: { digest, bytes: archive.length },
  sequence: 4,
  publishedAt: '2026-01-01T00:00:00.000Z',
  links: {},
};

function request(more: Partial<PublishRequest> = {}): PublishRequest {
  return {
    name: parsePackageName('demo-lib'),
    version: parseVersion('0.1.0'),
    archive: { kind: 'vitmod', bytes: archive.length, open: pieces },
    bundles: [],
    ...more,
  };
}

async function* pieces() {
  for (let at = 0; at < archive.length; at += 64 * 1024) yield archive.subarray(at, at + 64 * 1024);
}

const test = suite<{ fake: FakeRegistry }>('client publish');

test.before(async (context) => {
  context.fake = await startFakeRegistry();
});
test.after(async ({ fake }) => {
  await fake.close();
});

test('an unsigned archive is the whole body', async ({ fake }) => {
  const client = openClient({ url: fake.url, token: 'vit_t' });
  fake.answer(json(published, { status: 201 }));
  const result = await client.publish(request());
  assert.is(result.created, true);
  assert.is(result.sequence, 4);
  const [seen] = fake.requests;
  assert.is(`${seen?.method} ${seen?.path}`, 'PUT /api/v1/packages/demo-lib/0.1.0');
  assert.is(seen?.headers['content-type'], 'application/vnd.vitte.vitmod.v1.tar+gzip');
  assert.is(seen?.headers['content-length'], String(archive.length));
  assert.is(seen?.headers['transfer-encoding'], undefined);
  assert.is(seen?.headers.authorization, 'Bearer vit_t');
  assert.ok(seen?.body.equals(archive));
  await client.close();
});

test('bundles come first and the archive last, in a body of the announced length', async ({
  fake,
}) => {
  const client = openClient({ url: fake.url, token: 'vit_t' });
  fake.answer(json(published));
  const bundles = [
    { bytes: Buffer.from('{"n":1}'), key: Buffer.from('key one') },
    { bytes: Buffer.from('{"n":2}') },
  ];
  const archiveOf = { kind: 'vitpkg' as const, bytes: archive.length, open: pieces };
  const result = await client.publish(request({ bundles, archive: archiveOf }));
  assert.is(result.created, false);
  const [seen] = fake.requests;
  const boundary = /^multipart\/mixed; boundary=([\w-]+)$/.exec(
    seen?.headers['content-type'] ?? '',
  )?.[1];
  assert.ok(boundary);
  const bundleType = 'Content-Type: application/vnd.dev.sigstore.bundle.v0.3+json';
  const expected = Buffer.concat([
    Buffer.from(
      [
        `--${boundary}`,
        bundleType,
        'Content-Length: 7',
        `Vitte-Signature-Key: ${Buffer.from('key one').toString('base64')}`,
        '',
        '{"n":1}',
        `--${boundary}`,
        bundleType,
        'Content-Length: 7',
        '',
        '{"n":2}',
        `--${boundary}`,
        'Content-Type: application/vnd.vitte.vitpkg.v1.tar+gzip',
        `Content-Length: ${archive.length}`,
        '',
        '',
      ].join('\r\n'),
    ),
    archive,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  assert.ok(seen?.body.equals(expected));
  assert.is(seen?.headers['content-length'], String(expected.length));
  await client.close();
});

test('a broken publish is sent again from its beginning', async ({ fake }) => {
  const client = openClient({ url: fake.url, token: 'vit_t', retry: { baseMs: 0 } });
  fake.answer(
    reset,
    problem(503, 'PKG_E_SHUTTING_DOWN', {}, { 'retry-after': '0' }),
    json(published),
  );
  await client.publish(request({ bundles: [{ bytes: Buffer.from('{}') }] }));
  assert.is(fake.requests.length, 3);
  const [first, second, third] = fake.requests;
  assert.ok(first?.body.equals(second?.body ?? Buffer.alloc(0)));
  assert.ok(second?.body.equals(third?.body ?? Buffer.alloc(0)));
  await client.close();
});

test('a refusal that comes before the body was read is told, not a broken connection', async () => {
  // Answered at once, with the connection kept for the rest of the body, as a server does that lingers.
  const server = createServer((incoming, response) => {
    problem(401, 'PKG_E_TOKEN')(response, { method: '', path: '', headers: {}, body: Buffer.of() });
    incoming.resume();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const client = openClient({ url: `http://127.0.0.1:${port}`, token: 'vit_t' });
  const bytes = 64 * 1024 * 1024;
  const open = async function* () {
    const piece = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < bytes; sent += piece.length) yield piece;
  };
  const error = await rejection(
    client.publish(request({ archive: { kind: 'vitmod', bytes, open } })),
  );
  assert.ok(isVitteError(error, 'PKG_E_TOKEN'), String(error));
  await client.close();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

test('an archive that is not as long as announced is an error of the file', async ({ fake }) => {
  const client = openClient({ url: fake.url, token: 'vit_t', retry: { baseMs: 0 } });
  fake.answer(json(published));
  for (const difference of [-1, 1]) {
    const changed = { kind: 'vitmod' as const, bytes: archive.length + difference, open: pieces };
    const error = await rejection(client.publish(request({ archive: changed })));
    assert.ok(isVitteError(error, 'PKG_E_FILE'), String(error));
  }
  await client.close();
});

test('an error of the archive source passes through', async ({ fake }) => {
  const client = openClient({ url: fake.url, token: 'vit_t', retry: { baseMs: 0 } });
  const gone = new VitteError('PKG_E_FILE', 'it is gone');
  // biome-ignore lint/correctness/useYield: a source that fails before its first piece
  const open = async function* (): AsyncGenerator<Uint8Array> {
    throw gone;
  };
  const archiveOf = { kind: 'vitmod' as const, bytes: 5, open };
  assert.is(await rejection(client.publish(request({ archive: archiveOf }))), gone);
  await client.close();
});

test('a redirect of a publish is not followed', async ({ fake }) => {
  const client = openClient({ url: fake.url, token: 'vit_t' });
  fake.answer((response) => void response.writeHead(307, { location: '/elsewhere' }).end());
  const error = await rejection(client.publish(request()));
  assert.ok(isVitteError(error, 'PKG_E_REGISTRY_ANSWER'), String(error));
  assert.is(fake.requests.length, 1);
  await client.close();
});

test('bundles that were not attached are told with their reason', async ({ fake }) => {
  const client = openClient({ url: fake.url, token: 'vit_t' });
  fake.answer(json({ ...published, notAttached: [{ digest, reason: 'signs another archive' }] }));
  const { notAttached } = await client.publish(request());
  assert.equal(notAttached, [{ digest, reason: 'signs another archive' }]);
  await client.close();
});

test.run();
