import type { LookupFunction } from 'node:net';
import * as assert from 'uvu/assert';
import type { Network } from '../../../src/oci/remote/network.ts';
import { proxiesOf } from '../../../src/oci/remote/proxies.ts';
import { randomBlob, readAll, rejectsWith } from '../../contract/oci-support.ts';
import { type FakeProxy, startFakeProxy } from '../../support/fake-proxy.ts';
import {
  type ForeignRegistry,
  send,
  startForeignRegistry,
} from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { selfSigned } from './certificate.ts';
import { withForeign } from './opened.ts';

const test = suite('proxies on the way to a registry');

const { target, bytes } = randomBlob(300_000);
const tls = selfSigned(['registry.example']);

const through = (environment: Record<string, string>, url: string) =>
  proxiesOf(environment)(new URL(url))?.href;

test('a request goes through the proxy of its scheme, which lower case names first', () => {
  const environment = {
    HTTP_PROXY: 'http://one:3128',
    HTTPS_PROXY: 'https://two',
    https_proxy: 'three:8080',
  };
  assert.is(through(environment, 'http://registry.example/v2/'), 'http://one:3128/');
  assert.is(through(environment, 'https://registry.example/v2/'), 'http://three:8080/');
  assert.is(through({ HTTP_PROXY: 'http://one' }, 'https://registry.example'), undefined);
  assert.is(through({ HTTP_PROXY: '' }, 'http://registry.example'), undefined);
});

for (const [noProxy, exempt, others] of [
  ['*', ['http://a.example', 'https://10.0.0.1'], []],
  ['a.example', ['http://a.example', 'http://x.a.example:81'], ['http://ba.example']],
  ['.a.example', ['http://a.example', 'http://x.a.example'], ['http://ba.example']],
  ['*.a.example', ['http://x.a.example'], ['http://b.example']],
  ['b.example, A.example.', ['http://a.example', 'http://a.example.', 'http://b.example'], []],
  ['a.example:5000', ['http://a.example:5000'], ['http://a.example', 'http://a.example:5001']],
  ['a.example:443', ['https://a.example'], ['http://a.example']],
  ['10.0.0.0/8', ['http://10.2.3.4:5000'], ['http://11.0.0.1', 'http://ten.example']],
  ['10.1.2.3', ['http://10.1.2.3'], ['http://10.1.2.4', 'http://110.1.2.3']],
  ['fd00::/8', ['http://[fd00::1]:5000'], ['http://[fe00::1]']],
  ['[fd00::1]:81', ['http://[fd00::1]:81'], ['http://[fd00::1]']],
  ['10.0.0.0/99 nonsense/8', [], ['http://10.0.0.1']],
] as const) {
  test(`NO_PROXY=${noProxy} exempts what it says`, () => {
    const environment = { HTTP_PROXY: 'http://p', HTTPS_PROXY: 'http://p', NO_PROXY: noProxy };
    for (const url of exempt) assert.is(through(environment, url), undefined, url);
    for (const url of others) assert.is(through(environment, url), 'http://p/', url);
  });
}

test('this machine is never reached through a proxy', () => {
  const environment = { HTTP_PROXY: 'http://p' };
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
    assert.is(through(environment, `http://${host}:5000`), undefined, host);
  }
});

test('a proxy that is none is PKG_E_CONFIG, which names the variable and not its value', async () => {
  for (const text of ['socks5://me:geheim@p', 'http://', 'a b:geheim']) {
    const error = await rejectsWith(
      'PKG_E_CONFIG',
      (async () => proxiesOf({ HTTP_PROXY: text }))(),
    );
    assert.match(error.message, 'HTTP_PROXY');
    assert.not.match(`${error.stack}`, /geheim/);
  }
});

/** A network without names, as behind a proxy that alone resolves them; but for these. */
function networkWith(names: Record<string, string>): Network {
  const lookup: LookupFunction = (hostname, _, callback) => {
    const address = names[hostname];
    if (address === undefined) callback(new Error(`no such name: ${hostname}`), '', 0);
    else callback(null, [{ address, family: 4 }]);
  };
  return {
    lookup,
    classify: (address) => (address.startsWith('169.254.') ? 'forbidden' : 'public'),
  };
}

type Parts = { proxy: FakeProxy; service: ForeignRegistry };

/** The registry as `registry.example` and a token service as `auth.example`, both known to the proxy alone. */
function behindProxy(
  work: (parts: Parts & Parameters<Parameters<typeof withForeign>[0]>[0]) => Promise<void>,
  options: { secure?: boolean; user?: string; names?: Record<string, string> } = {},
) {
  return async () => {
    const foreign = await startForeignRegistry(
      options.secure ? { tls, askForCertificate: true } : {},
    );
    const service = await startForeignRegistry({ host: '127.0.0.2' });
    const routes = { 'registry.example': foreign.host, 'auth.example': service.host };
    const proxy = await startFakeProxy(routes);
    const address =
      options.user === undefined ? proxy.url : proxy.url.replace('//', `//${options.user}@`);
    try {
      await withForeign((opened) => work({ ...opened, foreign, proxy, service }), {
        url: foreign.url.replace(/127\.0\.0\.1:\d+/, 'registry.example:5000'),
        proxies: proxiesOf({ HTTP_PROXY: address, HTTPS_PROXY: address }),
        network: networkWith(options.names ?? {}),
        credentials: async () => ({ username: 'me', password: 'secret' }),
        ...(options.secure ? { ca: tls.cert, clientCertificate: tls } : {}),
      })();
    } finally {
      await Promise.all([proxy.close(), service.close(), foreign.close()]);
    }
  };
}

test(
  'a registry that only the proxy knows by name is pushed to and read from',
  behindProxy(
    async ({ demo, proxy }) => {
      await demo.blobs.push(target, bytes);
      const found = await demo.blobs.fetch(target.digest);
      assert.is(Buffer.compare(await readAll(found!.body), bytes), 0);
      assert.ok(proxy.targets.length >= 3);
      for (const one of proxy.targets)
        assert.match(one, ' http://registry.example:5000/v2/p/demo/');
      const user = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
      assert.equal(new Set(proxy.authorizations), new Set([user]));
    },
    { user: 'me:p%40ss' },
  ),
);

test(
  'TLS goes through a tunnel, with the private CA and the client certificate at its end',
  behindProxy(
    async ({ demo, proxy, foreign }) => {
      await demo.blobs.push(target, bytes);
      assert.equal(new Set(proxy.targets), new Set(['CONNECT registry.example:5000']));
      assert.ok(foreign.requests.every(({ certificate }) => certificate));
    },
    { secure: true },
  ),
);

test(
  'a proxy that opens no tunnel is PKG_E_STORAGE_UNAVAILABLE',
  behindProxy(async ({ proxy }) => {
    const { url } = proxy;
    await withForeign(
      async ({ registry }) => {
        const asking = registry.repository('demo').blobs.stat(target.digest);
        await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', asking);
      },
      { url: 'oci://unknown.example/p', proxies: proxiesOf({ HTTPS_PROXY: url }) },
    )();
  }),
);

/** Makes the registry name this realm; gives what the service saw of it. */
function challenge(foreign: ForeignRegistry, service: ForeignRegistry, realm: string) {
  foreign.hook(({ headers }, response) => {
    if (headers.authorization === 'Bearer t') return false;
    return send(response, 401, { 'www-authenticate': `Bearer realm="${realm}"` });
  });
  service.hook((_, response) => send(response, 200, {}, JSON.stringify({ token: 't' })));
}

test(
  'a realm whose name nobody here knows is left to the proxy',
  behindProxy(async ({ foreign, service, demo, proxy }) => {
    challenge(foreign, service, 'http://auth.example/token');
    assert.is(await demo.blobs.stat(target.digest), undefined);
    assert.is(service.requests.length, 1);
    assert.ok(proxy.targets.some((one) => one.startsWith('GET http://auth.example/token?')));
  }),
);

for (const [what, realm] of [
  ['an address that no registry may name', 'http://169.254.169.254/latest/meta-data'],
  ['a name of such an address', 'http://metadata.example/token'],
] as const) {
  test(
    `the proxy is not asked for ${what}`,
    behindProxy(
      async ({ foreign, service, demo, proxy }) => {
        challenge(foreign, service, realm);
        await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.stat(target.digest));
        assert.is(proxy.targets.length, 1);
      },
      { names: { 'metadata.example': '169.254.169.254' } },
    ),
  );
}

test.run();
