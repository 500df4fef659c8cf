import { lookup } from 'node:dns';
import * as assert from 'uvu/assert';
import type { Credentials } from '../../../src/oci/remote/credentials.ts';
import type { AddressClass, Network } from '../../../src/oci/remote/network.ts';
import { parseRealm } from '../../../src/oci/remote/realm.ts';
import { randomBlob, readAll, rejectsWith } from '../../contract/oci-support.ts';
import {
  type ForeignRegistry,
  send,
  startForeignRegistry,
} from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { withForeign } from './opened.ts';

const test = suite('where a registry may send us');

const credentials = async (): Promise<Credentials> => ({ username: 'me', password: 'secret' });
const { target, bytes } = randomBlob(1000);

/** A network in which addresses of this machine stand for public, private and link-local ones. */
function networkOf(
  classes: Record<string, AddressClass>,
  names: Record<string, string> = {},
): Network {
  return {
    classify: (address) => classes[address] ?? 'forbidden',
    lookup: (hostname, options, callback) => lookup(names[hostname] ?? hostname, options, callback),
  };
}

async function withOther(host: string, work: (other: ForeignRegistry) => Promise<void>) {
  const other = await startForeignRegistry({ host });
  try {
    await work(other);
  } finally {
    await other.close();
  }
}

function challengeFrom(foreign: ForeignRegistry, realm: string) {
  foreign.hook(({ headers }, response) => {
    if (headers.authorization === 'Bearer t') return false;
    return send(response, 401, { 'www-authenticate': `Bearer realm="${realm}"` });
  });
}

const giveToken = (other: ForeignRegistry) =>
  other.hook((_, response) => send(response, 200, {}, JSON.stringify({ token: 't' })));

const rows: [
  what: string,
  registry: AddressClass,
  realm: AddressClass,
  listed: boolean,
  allowed: boolean,
][] = [
  ['a public realm of a public registry', 'public', 'public', false, true],
  ['a public realm of a private registry', 'private', 'public', false, true],
  ['a private realm of a private registry', 'private', 'private', false, true],
  ['a private realm of a public registry', 'public', 'private', false, false],
  ['a private realm of a public registry that is listed', 'public', 'private', true, true],
  ['a link-local realm of a private registry', 'private', 'forbidden', false, false],
  ['a link-local realm that is listed', 'public', 'forbidden', true, false],
];

for (const [what, ownClass, otherClass, listed, allowed] of rows) {
  for (const byName of [false, true]) {
    test(`${what} is ${allowed ? 'asked' : 'refused'}${byName ? ', also by name' : ''}`, async () => {
      await withOther('127.0.0.2', async (other) => {
        giveToken(other);
        const network = networkOf(
          { '127.0.0.1': ownClass, '127.0.0.2': otherClass },
          { 'auth.example': '127.0.0.2' },
        );
        const realm = new URL(`${other.origin}/token`);
        if (byName) realm.hostname = 'auth.example';
        const realms = listed ? [realm.hostname.toUpperCase()] : [];
        await withForeign(
          async ({ foreign, demo }) => {
            challengeFrom(foreign, realm.href);
            const asking = demo.blobs.stat(target.digest);
            if (allowed) assert.is(await asking, undefined);
            else await rejectsWith('PKG_E_STORAGE_ANSWER', asking);
            assert.is(other.requests.length, allowed ? 1 : 0);
          },
          { credentials, network, realms },
        )();
      });
    });
  }
}

test('a name that has a forbidden address beside a good one is refused', async () => {
  await withOther('127.0.0.2', async (other) => {
    const network: Network = {
      classify: (address) => (address === '127.0.0.3' ? 'forbidden' : 'public'),
      lookup: (hostname, _, callback) => {
        const addresses = hostname === 'auth.example' ? ['127.0.0.2', '127.0.0.3'] : [hostname];
        callback(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );
      },
    };
    await withForeign(
      async ({ foreign, demo }) => {
        const { port } = new URL(other.origin);
        challengeFrom(foreign, `http://auth.example:${port}/token`);
        await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.stat(target.digest));
        assert.is(other.requests.length, 0);
      },
      { credentials, network },
    )();
  });
});

test('a realm is http or https, never http for a registry that speaks https, and holds no credentials', async () => {
  const https = new URL('https://registry.example');
  const http = new URL('http://registry.example');
  assert.is(
    parseRealm('https://auth.example/token?a=b', https).href,
    'https://auth.example/token?a=b',
  );
  assert.is(parseRealm('http://auth.example/token', http).protocol, 'http:');
  for (const [realm, registry] of [
    ['http://auth.example/token', https],
    ['ftp://auth.example/token', http],
    ['file:///etc/passwd', http],
    ['/token', https],
    ['', https],
    [undefined, https],
    ['https://me:secret@auth.example/token', https],
  ] as const) {
    const parse = async () => parseRealm(realm, registry);
    await rejectsWith('PKG_E_STORAGE_ANSWER', parse());
  }
});

test('a redirect to another origin is followed without Authorization', async () => {
  await withOther('127.0.0.1', async (other) => {
    other.hook((_, response) => send(response, 200, {}, bytes));
    await withForeign(
      async ({ foreign, demo }) => {
        foreign.hook(({ headers }, response) =>
          headers.authorization
            ? send(response, 307, { location: `${other.origin}/bucket/blob?signature=x` })
            : send(response, 401, { 'www-authenticate': 'Basic realm=x' }),
        );
        const read = await demo.blobs.fetch(target.digest);
        assert.is(Buffer.compare(await readAll(read!.body), bytes), 0);
        assert.is(other.requests[0]?.target, 'GET /bucket/blob?signature=x');
        assert.is(other.requests[0]?.headers.authorization, undefined);
        assert.is(other.requests[0]?.headers['accept-encoding'], 'identity');
      },
      { credentials },
    )();
  });
});

test(
  'a redirect within the registry keeps Authorization',
  withForeign(
    async ({ foreign, demo }) => {
      foreign.hook(({ headers, path }, response) => {
        if (!headers.authorization) return send(response, 401, { 'www-authenticate': 'Basic' });
        if (path.startsWith('/moved')) return send(response, 200, {}, bytes);
        return send(response, 302, { location: '/moved' });
      });
      const read = await demo.blobs.fetch(target.digest);
      assert.is((await readAll(read!.body)).length, bytes.length);
    },
    { credentials },
  ),
);

test('a 401 at the end of a redirect is not answered', async () => {
  await withOther('127.0.0.1', async (other) => {
    other.hook((_, response) => send(response, 401, { 'www-authenticate': 'Basic realm=x' }));
    await withForeign(
      async ({ foreign, demo }) => {
        foreign.hook((_, response) => send(response, 302, { location: `${other.origin}/x` }));
        await rejectsWith('PKG_E_FORBIDDEN', demo.blobs.fetch(target.digest));
        assert.equal(
          other.requests.map(({ headers }) => headers.authorization),
          [undefined],
        );
      },
      { credentials },
    )();
  });
});

test('a redirect to a private address is refused where the registry’s own is public', async () => {
  await withOther('127.0.0.2', async (other) => {
    const network = networkOf({ '127.0.0.1': 'public', '127.0.0.2': 'private' });
    await withForeign(
      async ({ foreign, demo }) => {
        foreign.hook((_, response) => send(response, 302, { location: `${other.origin}/x` }));
        await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.fetch(target.digest));
        assert.is(other.requests.length, 0);
      },
      { network },
    )();
  });
});

for (const location of ['', undefined, 'ftp://127.0.0.1/x', 'file:///etc/passwd']) {
  test(
    `a redirect to ${JSON.stringify(location)} is PKG_E_STORAGE_ANSWER`,
    withForeign(async ({ foreign, demo }) => {
      foreign.hook((_, response) =>
        send(response, 302, location === undefined ? {} : { location }),
      );
      await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.fetch(target.digest));
    }),
  );
}

test(
  'redirects without end are PKG_E_STORAGE_ANSWER',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook(({ path }, response) => send(response, 302, { location: `${path}x` }));
    await rejectsWith('PKG_E_STORAGE_ANSWER', demo.manifests.fetch('0.1.0'));
    assert.is(foreign.requests.length, 6);
  }),
);

test(
  'a redirect of a write is not followed',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook((_, response) => send(response, 307, { location: '/elsewhere' }));
    await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.push(target, bytes));
    assert.is(foreign.requests.length, 1);
  }),
);

test.run();
