import * as assert from 'uvu/assert';
import { openRemoteRegistry } from '../../../src/oci/remote/registry.ts';
import { randomBlob, readAll, rejectsWith } from '../../contract/oci-support.ts';
import { send, startForeignRegistry } from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { selfSigned } from './certificate.ts';
import { withForeign } from './opened.ts';

const test = suite('a registry that speaks TLS');

const tls = selfSigned();
const { target, bytes } = randomBlob(300_000);

test(
  'a private CA is trusted where it is given',
  withForeign(
    async ({ foreign, demo }) => {
      assert.match(foreign.url, /^oci:\/\//);
      await demo.blobs.push(target, bytes);
      const found = await demo.blobs.fetch(target.digest);
      assert.is(Buffer.compare(await readAll(found!.body), bytes), 0);
    },
    { foreign: { tls }, ca: tls.cert },
  ),
);

test(
  'a certificate that nobody vouches for is PKG_E_STORAGE_UNAVAILABLE at once',
  withForeign(
    async ({ foreign, demo, clock }) => {
      const error = await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', demo.blobs.stat(target.digest));
      assert.match(error.message, /CERT/);
      assert.equal(clock.waits, []);
      assert.is(foreign.requests.length, 0);
    },
    { foreign: { tls } },
  ),
);

test('a client certificate is shown to the registry, and to nobody that it names', async () => {
  const client = selfSigned();
  const service = await startForeignRegistry({ host: '127.0.0.1', tls, askForCertificate: true });
  service.hook((_, response) => send(response, 200, {}, JSON.stringify({ token: 't' })));
  try {
    await withForeign(
      async ({ foreign, demo }) => {
        foreign.hook(({ headers }, response) => {
          if (headers.authorization === 'Bearer t') return false;
          const challenge = `Bearer realm="${service.origin}/token"`;
          return send(response, 401, { 'www-authenticate': challenge });
        });
        assert.is(await demo.blobs.stat(target.digest), undefined);
        assert.equal(
          foreign.requests.map(({ certificate }) => certificate),
          [true, true],
        );
        assert.equal(
          service.requests.map(({ certificate }) => certificate),
          [false],
        );
      },
      {
        foreign: { tls, askForCertificate: true },
        ca: tls.cert,
        clientCertificate: client,
        realms: ['127.0.0.1'],
      },
    )();
  } finally {
    await service.close();
  }
});

test('certificates that are of no use are PKG_E_CONFIG at once, and not told', async () => {
  const url = 'oci://registry.example/p';
  const other = selfSigned();
  for (const options of [
    { ca: 'geheim' },
    { ca: '-----BEGIN CERTIFICATE-----\ngeheim\n-----END CERTIFICATE-----\n' },
    { clientCertificate: { cert: 'geheim', key: tls.key } },
    { clientCertificate: { cert: tls.cert, key: 'geheim' } },
    { clientCertificate: { cert: tls.cert, key: other.key } },
  ]) {
    const error = await rejectsWith(
      'PKG_E_CONFIG',
      (async () => openRemoteRegistry({ url, ...options }))(),
    );
    assert.not.match(`${error.stack} ${(error.cause as Error | undefined)?.stack}`, /geheim/);
  }
});

test('neither a redirect, a realm nor an allowed upload host leads from https to http', async () => {
  const other = await startForeignRegistry();
  try {
    await withForeign(
      async ({ foreign, demo }) => {
        foreign.hook(({ method }, response) =>
          method === 'POST'
            ? send(response, 202, { location: `${other.origin}/upload` })
            : send(response, 302, { location: `${other.origin}/blob` }),
        );
        await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.fetch(target.digest));
        await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.push(target, bytes));
        const challenge = `Bearer realm="${other.origin}/token"`;
        foreign.hook((_, response) => send(response, 401, { 'www-authenticate': challenge }));
        await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.stat(target.digest));
        assert.is(other.requests.length, 0);
      },
      {
        foreign: { tls },
        ca: tls.cert,
        realms: ['127.0.0.1'],
        uploadHosts: ['127.0.0.1'],
        credentials: async () => ({ username: 'me', password: 'secret' }),
      },
    )();
  } finally {
    await other.close();
  }
});

test.run();
