import * as assert from 'uvu/assert';
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
