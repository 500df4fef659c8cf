import * as assert from 'uvu/assert';
import type { Credentials } from '../../../src/oci/remote/credentials.ts';
import { mergeScopes } from '../../../src/oci/remote/scope.ts';
import { blobOf, packed, randomBlob, rejectsAs, rejectsWith } from '../../contract/oci-support.ts';
import {
  bodyOf,
  type ForeignRegistry,
  fail,
  type LoggedRequest,
  send,
  startForeignRegistry,
} from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { withForeign } from './opened.ts';

const test = suite('access to a registry');

const credentials = async (): Promise<Credentials> => ({ username: 'me', password: 'secret' });
const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
const { digest } = randomBlob(10).target;
const { bytes, target } = blobOf(Buffer.from('content'));

/** Makes a registry demand this Authorization, with these challenges. */
function demand(foreign: ForeignRegistry, wanted: () => string, challenge: string | string[]) {
  foreign.hook(({ headers }, response, message) => {
    if (headers.authorization === wanted()) return false;
    message.resume();
    return send(response, 401, { 'www-authenticate': challenge });
  });
}

/** A token service beside the registry; gives `token-1`, `token-2` and so on. */
async function withTokens(
  work: (service: ForeignRegistry, last: () => string) => Promise<void>,
  answer: (count: number, request: LoggedRequest, form: string) => unknown = (count) => ({
    token: `token-${count}`,
    expires_in: 300,
  }),
) {
  const service = await startForeignRegistry();
  let count = 0;
  service.hook(async (request, response, message) => {
    const form = String(await bodyOf(message));
    count += 1;
    const body = answer(count, request, form);
    if (typeof body === 'number') return send(response, body);
    return send(response, 200, { 'content-type': 'application/json' }, JSON.stringify(body));
  });
  try {
    await work(service, () => `Bearer token-${count}`);
  } finally {
    await service.close();
  }
}

const challenge = (service: ForeignRegistry, scope = '') =>
  `Bearer realm="${service.origin}/token",service="s"${scope && `,scope="${scope}"`}`;

test(
  'an open registry gets no Authorization',
  withForeign(
    async ({ foreign, demo }) => {
      await demo.blobs.stat(digest);
      assert.is(foreign.requests[0]?.headers.authorization, undefined);
    },
    { credentials },
  ),
);

test(
  'a WWW-Authenticate on 200 is no challenge (zot)',
  withForeign(
    async ({ foreign, demo }) => {
      foreign.hook((_, response) =>
        send(response, 200, { 'www-authenticate': 'basic realm=zot', 'content-length': '5' }),
      );
      await demo.blobs.stat(digest);
      await demo.blobs.stat(digest);
      assert.equal(
        foreign.requests.map(({ headers }) => headers.authorization),
        [undefined, undefined],
      );
    },
    { credentials },
  ),
);

test(
  'a Basic challenge is answered once, and remembered',
  withForeign(
    async ({ foreign, demo }) => {
      demand(foreign, () => basic, 'BASIC realm=registry');
      await demo.blobs.push(target, bytes);
      assert.equal(await demo.blobs.stat(target.digest), { size: bytes.length });
      const shown = foreign.requests.map(({ headers }) => headers.authorization);
      assert.equal(shown, [undefined, basic, basic, basic]);
    },
    { credentials },
  ),
);

test(
  'credentials that are refused are shown once, and are PKG_E_FORBIDDEN',
  withForeign(
    async ({ foreign, demo }) => {
      demand(foreign, () => 'another', 'Basic realm=x');
      const error = await rejectsWith('PKG_E_FORBIDDEN', demo.blobs.stat(digest));
      assert.is(foreign.requests.length, 2);
      assert.not.match(`${error.stack}${(error.cause as Error).stack}`, /secret|bWU6/);
      await rejectsWith('PKG_E_FORBIDDEN', demo.blobs.stat(digest));
      assert.is(foreign.requests.length, 3);
    },
    { credentials },
  ),
);

test(
  'a challenge that nobody can answer is PKG_E_FORBIDDEN at once',
  withForeign(async ({ foreign, demo }) => {
    demand(foreign, () => 'x', ['Negotiate', 'Basic realm=x']);
    await rejectsWith('PKG_E_FORBIDDEN', demo.blobs.stat(digest));
    assert.is(foreign.requests.length, 1);
  }),
);

test(
  'credentials that change while the service runs are taken up',
  (() => {
    let password = 'old';
    return withForeign(
      async ({ foreign, demo }) => {
        demand(foreign, () => `Basic ${Buffer.from(`me:${password}`).toString('base64')}`, 'Basic');
        await demo.blobs.stat(digest);
        password = 'new';
        assert.is(await demo.blobs.stat(digest), undefined);
      },
      { credentials: async () => ({ username: 'me', password }) },
    );
  })(),
);

test(
  'a Bearer challenge: one token for each scope, with Basic, and kept',
  withForeign(
    async ({ foreign, registry, demo }) =>
      withTokens(async (service, last) => {
        demand(foreign, last, challenge(service, 'repository:p/demo:pull'));
        await demo.blobs.stat(digest);
        await demo.blobs.stat(digest);
        assert.is(service.requests.length, 1);
        const [first] = service.requests;
        assert.is(first?.target, 'GET /token?service=s&scope=repository%3Ap%2Fdemo%3Apull');
        assert.is(first?.headers.authorization, basic);
        await registry.repository('other').blobs.stat(digest);
        const scopes = service.requests.map(({ query }) => query.getAll('scope'));
        assert.equal(scopes[1], ['repository:p/other:pull']);
        // The new scope was known to be needed: no 401 was asked for.
        assert.is(foreign.requests.length, 4);
      }),
    { credentials },
  ),
);

test(
  'without credentials a token is asked for anonymously',
  withForeign(async ({ foreign, demo }) =>
    withTokens(
      async (service, last) => {
        demand(foreign, last, challenge(service));
        await demo.blobs.stat(digest);
        assert.is(service.requests[0]?.headers.authorization, undefined);
      },
      (count) => ({ access_token: `token-${count}` }),
    ),
  ),
);

test(
  'scopes are merged: the challenged one first, each resource once, actions sorted',
  withForeign(
    async ({ foreign, registry, demo }) =>
      withTokens(async (service, last) => {
        demand(
          foreign,
          last,
          challenge(service, 'repository:x:push,pull repository:p/demo:delete'),
        );
        await registry.repository('other').blobs.mount(digest, 'demo');
        assert.equal(service.requests[0]?.query.getAll('scope'), [
          'repository:p/demo:delete,pull',
          'repository:x:pull,push',
          'repository:p/other:pull,push',
        ]);
        await demo.blobs.push(target, bytes);
        const scopes = service.requests.at(-1)?.query.getAll('scope');
        assert.equal(scopes, ['repository:p/demo:pull,push']);
      }),
    { credentials },
  ),
);

test('equal needs give equal scopes', () => {
  const one = mergeScopes(['repository:b:pull'], ['repository:a:push,pull', 'registry:catalog:*']);
  const two = mergeScopes(
    ['repository:b:pull'],
    ['registry:catalog:*', 'repository:a:pull', 'repository:a:push'],
  );
  assert.equal(one, ['repository:b:pull', 'registry:catalog:*', 'repository:a:pull,push']);
  assert.equal(two, one);
  assert.equal(mergeScopes(['repository:host:5000/a:pull'], []), ['repository:host:5000/a:pull']);
});

test(
  'many who need a token at the same time share one request for it',
  withForeign(
    async ({ foreign, demo }) =>
      withTokens(async (service, last) => {
        demand(foreign, last, challenge(service));
        await Promise.all(Array.from({ length: 20 }, () => demo.blobs.stat(digest)));
        assert.is(service.requests.length, 1);
      }),
    { credentials },
  ),
);

test(
  'one who gives up waiting for a token does not take it from the others',
  withForeign(
    async ({ foreign, demo }) => {
      const reason = new Error('enough');
      const abort = new AbortController();
      const asked = Promise.withResolvers<void>();
      const go = Promise.withResolvers<void>();
      await withTokens(async (service, last) => {
        service.hook(async () => {
          asked.resolve();
          await go.promise;
          return false;
        });
        demand(foreign, last, challenge(service));
        const leaver = demo.blobs.stat(digest, { signal: abort.signal });
        const stayer = demo.blobs.stat(digest);
        await asked.promise;
        abort.abort(reason);
        await rejectsAs(reason, leaver);
        go.resolve();
        assert.is(await stayer, undefined);
        assert.is(service.requests.length, 1);
      });
    },
    { credentials },
  ),
);

test(
  'a token is used until shortly before it ends',
  withForeign(
    async ({ foreign, demo, clock }) =>
      withTokens(async (service, last) => {
        demand(foreign, last, challenge(service));
        await demo.blobs.stat(digest);
        clock.pass(289_000);
        await demo.blobs.stat(digest);
        assert.is(service.requests.length, 1);
        clock.pass(2_000);
        foreign.forget();
        await demo.blobs.stat(digest);
        assert.is(service.requests.length, 2);
        assert.is(foreign.requests.length, 1);
      }),
    { credentials },
  ),
);

test(
  'a token that is refused early is replaced, with one retry exactly',
  withForeign(
    async ({ foreign, demo }) =>
      withTokens(async (service, last) => {
        demand(foreign, last, challenge(service));
        await demo.blobs.stat(digest);
        let revoked = 'Bearer token-1';
        foreign.hook(({ headers }, response) => {
          if (headers.authorization !== revoked) return false;
          return send(response, 401, { 'www-authenticate': challenge(service) });
        });
        foreign.forget();
        assert.is(await demo.blobs.stat(digest), undefined);
        assert.is(foreign.requests.length, 2);
        revoked = 'Bearer token-2';
        foreign.hook((_, response) =>
          send(response, 401, { 'www-authenticate': challenge(service) }),
        );
        foreign.forget();
        await rejectsWith('PKG_E_FORBIDDEN', demo.blobs.stat(digest));
        assert.is(foreign.requests.length, 2);
      }),
    { credentials },
  ),
);

test(
  'a push that may be sent once is not sent again after a 401, and the next one has its token',
  withForeign(
    async ({ foreign, demo }) =>
      withTokens(async (service, last) => {
        const manifest = await packed(demo, { mark: 'a' });
        demand(foreign, last, challenge(service));
        foreign.forget();
        const push = () => demo.manifests.push(manifest, { tag: '_term', once: true });
        await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', push());
        assert.equal(foreign.targets(), ['PUT /v2/p/demo/manifests/_term']);
        await push();
        assert.is(foreign.requests.length, 2);
      }),
    { credentials },
  ),
);

test(
  'an identity token is exchanged by POST, and by GET where there is no such route',
  withForeign(
    async ({ foreign, demo, registry }) => {
      let post = true;
      await withTokens(
        async (service, last) => {
          demand(foreign, last, challenge(service));
          await demo.blobs.stat(digest);
          assert.equal(service.targets(), ['POST /token']);
          post = false;
          await registry.repository('other').blobs.stat(digest);
          assert.equal(service.targets(), ['POST /token', 'POST /token', 'GET /token']);
          const user = Buffer.from('<token>:refresh').toString('base64');
          assert.is(service.requests[2]?.headers.authorization, `Basic ${user}`);
        },
        (count, { method }, form) => {
          if (method !== 'POST') return { token: `token-${count}` };
          assert.equal(Object.fromEntries(new URLSearchParams(form)).refresh_token, 'refresh');
          assert.match(form, 'grant_type=refresh_token');
          return post ? { access_token: `token-${count}` } : 404;
        },
      );
    },
    { credentials: async () => ({ identityToken: 'refresh' }) },
  ),
);

test(
  'a registry token is shown as it is',
  withForeign(
    async ({ foreign, demo }) => {
      demand(foreign, () => 'Bearer mine', 'Bearer realm="http://127.0.0.1:1/token"');
      assert.is(await demo.blobs.stat(digest), undefined);
    },
    { credentials: async () => ({ registryToken: 'mine' }) },
  ),
);

test(
  'a token service that fails for a while is asked again; one that refuses is PKG_E_FORBIDDEN',
  withForeign(
    async ({ foreign, demo, clock }) =>
      withTokens(
        async (service, last) => {
          demand(foreign, last, challenge(service));
          assert.is(await demo.blobs.stat(digest), undefined);
          assert.is(service.requests.length, 3);
          assert.equal(clock.waits, [250, 500]);
          clock.pass(3_600_000);
          await rejectsWith('PKG_E_FORBIDDEN', demo.blobs.stat(digest));
          assert.is(service.requests.length, 4);
        },
        (count) => (count < 3 ? 503 : count === 3 ? { token: `token-${count}` } : 401),
      ),
    { credentials },
  ),
);

test(
  'where reading is refused (GHCR) the right to push is asked for, once, and not without credentials',
  (() => {
    let shown: Credentials | undefined = { username: 'me', password: 'secret' };
    return withForeign(
      async ({ foreign, demo }) =>
        withTokens(
          async (service) => {
            demand(foreign, () => 'x', challenge(service));
            await rejectsWith('PKG_E_FORBIDDEN', demo.blobs.stat(digest));
            const scopes = service.requests.map(({ query }) => query.get('scope'));
            assert.equal(scopes, ['repository:p/demo:pull', 'repository:p/demo:pull,push']);
            shown = undefined;
            await rejectsWith('PKG_E_FORBIDDEN', demo.blobs.stat(digest));
            assert.is(service.requests.length, 3);
          },
          () => 403,
        ),
      { credentials: async () => shown },
    );
  })(),
);

for (const [what, answer] of [
  ['no token', {}],
  ['an empty token', { token: '' }],
  ['a token with a line break', { token: 'a\r\nb' }],
  ['a list', []],
] as const) {
  test(
    `a token service that gives ${what} is PKG_E_STORAGE_ANSWER`,
    withForeign(async ({ foreign, demo }) =>
      withTokens(
        async (service) => {
          demand(foreign, () => 'x', challenge(service));
          await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.stat(digest));
        },
        () => answer,
      ),
    ),
  );
}

test(
  '403 is PKG_E_FORBIDDEN, and is not tried again',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook((_, response) => fail(response, 403, 'DENIED'));
    const error = await rejectsWith('PKG_E_FORBIDDEN', demo.manifests.fetch('0.1.0'));
    assert.match(error.message, '403 DENIED');
    assert.is(foreign.requests.length, 1);
  }),
);

test.run();
