import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { openStorageAlone } from '../../src/server/compose.ts';
import type { Config } from '../../src/server/config.ts';
import { rejectsWith } from '../contract/oci-support.ts';
import { selfSigned } from '../oci/remote/certificate.ts';
import { startFakeProxy } from '../support/fake-proxy.ts';
import { inFolder, writeFiles } from '../support/folders.ts';
import { startForeignRegistry } from '../support/foreign-registry.ts';
import { configIn } from '../support/service.ts';
import { suite } from '../support/suite.ts';

const test = suite('the way to a remote storage');

const tls = selfSigned(['registry.example']);

/** Asks the storage of these settings for something. */
async function ask(folder: string, url: string, settings: Partial<Config>) {
  const config = { ...configIn(folder), storage: { kind: 'remote', url } as const, ...settings };
  const { registry } = await openStorageAlone(config);
  try {
    return await registry.repository('demo').blobs.stat(sha256('x'));
  } finally {
    await registry.close();
  }
}

test('the storage is shown the certificate of the settings, its key in a file of its own or in the same', async () => {
  const foreign = await startForeignRegistry({ tls, askForCertificate: true });
  try {
    await inFolder(async (folder) => {
      await writeFiles(folder, {
        'ca.pem': tls.cert,
        'me.pem': tls.cert,
        'me.key': tls.key,
        'both.pem': tls.cert + tls.key,
      });
      const file = (name: string) => join(folder, name);
      const ca = { storageCaFile: file('ca.pem') };
      const split = { storageCertFile: file('me.pem'), storageKeyFile: file('me.key') };
      for (const files of [split, { storageCertFile: file('both.pem') }]) {
        assert.is(await ask(folder, foreign.url, { ...ca, ...files }), undefined);
      }
      assert.equal(
        foreign.requests.map(({ certificate }) => certificate),
        [true, true],
      );
      const alone = { storageKeyFile: file('me.key') };
      await rejectsWith('PKG_E_CONFIG', ask(folder, foreign.url, { ...ca, ...alone }));
    });
  } finally {
    await foreign.close();
  }
});

test('a proxy that is none stops whoever would go through it, and nobody else', async () => {
  await inFolder(async (folder) => {
    const proxies = { HTTPS_PROXY: 'socks5://me:geheim@proxy' };
    const error = await rejectsWith(
      'PKG_E_CONFIG',
      ask(folder, 'oci://registry.example/p', { proxies }),
    );
    assert.match(error.message, 'HTTPS_PROXY');
    assert.not.match(error.message, 'geheim');
    const { registry } = await openStorageAlone({ ...configIn(folder), proxies });
    await registry.close();
  });
});

test('the storage is reached through the proxy of the environment', async () => {
  const foreign = await startForeignRegistry();
  const proxy = await startFakeProxy({ 'registry.example': foreign.host });
  try {
    await inFolder(async (folder) => {
      const proxies = { HTTP_PROXY: proxy.url };
      assert.is(await ask(folder, 'oci+http://registry.example/p', { proxies }), undefined);
      assert.is(foreign.requests.length, 1);
      assert.is(proxy.targets.length, 1);
    });
  } finally {
    await proxy.close();
    await foreign.close();
  }
});

test.run();
