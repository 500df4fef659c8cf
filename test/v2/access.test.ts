// Who may do what through /v2/, and how clients get their tokens.
import * as assert from 'uvu/assert';
import { newToken } from '../../src/auth/token.ts';
import { call, type RestService, serveStore } from '../support/rest.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { errorOf, type V2, v2Of } from '../support/v2.ts';

type Rig = { service: RestService; v2: V2; end(): Promise<void> };
const test = suite<Rig>('access to /v2/');
const push = 'POST demo/blobs/uploads/';

test.before(async (rig) => {
  const { path, remove } = await temporaryFolder();
  rig.service = await serveStore(path);
  rig.v2 = v2Of(rig.service);
  rig.end = async () => {
    await rig.service.stop();
    await remove();
  };
});
test.after((rig) => rig.end());

function basic(name: string, token: string): string {
  return `Basic ${Buffer.from(`${name}:${token}`).toString('base64')}`;
}

/** The token that the service gives, asked as clients do. */
async function tokenFor({ service }: Rig, query: string, authorization?: string) {
  const headers = authorization === undefined ? {} : { authorization };
  return call(`${service.url}/v2/token?${query}`, { headers });
}

test('the ping asks for a token and says where to get one', async (rig) => {
  const reply = await rig.v2.ask('GET /v2/', { token: '' });
  assert.is(reply.status, 401);
  assert.is(
    reply.headers['www-authenticate'],
    `Bearer realm="${rig.service.url}/v2/token",service="vitte-registry"`,
  );
  assert.is(errorOf(reply), 'UNAUTHORIZED PKG_E_TOKEN');
});

test('a token is taken as it is, by Basic under any name, and exchanged for a short-lived one', async (rig) => {
  const { token = '' } = rig.service;
  const exchanged = await tokenFor(
    rig,
    'service=x&scope=repository:demo:pull,push',
    basic('a', token),
  );
  assert.is(exchanged.status, 200);
  assert.is(exchanged.headers['cache-control'], 'no-store');
  const given = exchanged.json<Record<string, string>>();
  assert.is(given.token, given.access_token);
  assert.is(given.expires_in as unknown, 900);
  assert.ok(Math.abs(Date.parse(given.issued_at ?? '') - Date.now()) < 60_000);
  for (const authorization of [
    `Bearer ${token}`,
    `bearer ${token}`,
    basic('any-name', token),
    basic('', token),
    `Bearer ${given.token}`,
  ]) {
    const ping = await rig.v2.ask('GET /v2/', { token: '', headers: { authorization } });
    assert.is(ping.status, 200);
    const begun = await rig.v2.ask(push, { token: '', headers: { authorization } });
    assert.is(begun.status, 202);
  }
});

test('a form gets a token as well', async (rig) => {
  const { token = '' } = rig.service;
  const scope = 'repository:demo:pull,push repository:other:pull';
  for (const fields of [
    { grant_type: 'password', username: 'a', password: token },
    { grant_type: 'refresh_token', refresh_token: token },
  ]) {
    const form = new URLSearchParams({ ...fields, service: 'x', client_id: 'y', scope });
    const reply = await call(`${rig.service.url}/v2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    assert.is(reply.status, 200, reply.bytes.toString());
    const given = reply.json<Record<string, string>>();
    assert.is(given.scope, scope);
    assert.is((await rig.v2.ask(push, { token: given.access_token! })).status, 202);
  }
});

test('anybody pulls what is public, with a token for nobody or with none', async (rig) => {
  const digest = await rig.v2.blob('demo', 'content');
  const nobody = (await tokenFor(rig, 'scope=repository:demo:pull')).json<{ token: string }>();
  for (const token of ['', nobody.token]) {
    assert.is((await rig.v2.ask(`GET demo/blobs/${digest}`, { token })).status, 200);
    assert.is((await rig.v2.ask(`GET demo/referrers/${digest}`, { token })).status, 200);
  }
  assert.is((await rig.v2.ask('GET /v2/', { token: nobody.token })).status, 200);
});

test('to write needs a token, and the challenge says which', async (rig) => {
  const digest = await rig.v2.blob('demo', 'content');
  const nobody = await tokenFor(rig, 'scope=repository:demo:pull,push,delete');
  for (const [target, scope] of [
    [push, 'pull,push'],
    [`PUT demo/manifests/one`, 'pull,push'],
    [`DELETE demo/manifests/one`, 'pull,delete'],
    [`DELETE demo/blobs/${digest}`, 'pull,delete'],
    ['PATCH demo/blobs/uploads/x', 'pull,push'],
    ['GET demo/blobs/uploads/x', 'pull,push'],
  ] as const) {
    for (const token of ['', nobody.json<{ token: string }>().token]) {
      const reply = await rig.v2.ask(target, {
        token,
        ...(/^P/.test(target) ? { body: '{}' } : {}),
      });
      assert.equal([reply.status, errorOf(reply)], [401, 'UNAUTHORIZED PKG_E_TOKEN'], target);
      const challenge = String(reply.headers['www-authenticate']);
      assert.match(challenge, `scope="repository:demo:${scope}"`);
    }
  }
  assert.is((await rig.v2.ask(`GET demo/blobs/${digest}`)).status, 200);
});

test('a short-lived token is good for what it was given for alone', async (rig) => {
  const authorization = basic('a', rig.service.token ?? '');
  const given = async (query: string) =>
    (await tokenFor(rig, query, authorization)).json<{ token: string }>().token;
  const pull = await given('scope=repository:demo:pull');
  const other = await given('scope=repository:other:pull,push&scope=repository:third:*');
  for (const token of [pull, other, await given('')]) {
    const reply = await rig.v2.ask(push, { token });
    assert.is(reply.status, 401);
    assert.match(String(reply.headers['www-authenticate']), 'error="insufficient_scope"');
  }
  for (const name of ['other', 'third']) {
    assert.is((await rig.v2.ask(`POST ${name}/blobs/uploads/`, { token: other })).status, 202);
  }
  const deletion = await rig.v2.ask('DELETE other/manifests/x', { token: other });
  assert.is(deletion.status, 401, 'pushing is not deleting');
});

test('a token that is not good is refused, also where none is needed', async (rig) => {
  const digest = await rig.v2.blob('demo', 'content');
  const { token = '' } = rig.service;
  const short = (await tokenFor(rig, '', basic('a', token))).json<{ token: string }>().token;
  const [head, body, signature = ''] = short.split('.');
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  for (const authorization of [
    `Bearer ${newToken()}`,
    basic('any', newToken()),
    basic('any', 'password'),
    basic('any', short),
    'Basic YWJj',
    'Basic %%%',
    `Bearer ${token.slice(0, -1)}`,
    `Bearer ${head}.${body}.${signature.slice(0, -4)}AAAA`,
    `Bearer ${head}.${Buffer.from('{"aud":"vitte-registry"}').toString('base64url')}.${signature}`,
    `Bearer ${none}.${body}.`,
    `Bearer ${short}.x`,
    'Bearer',
    'Negotiate abc',
  ]) {
    for (const target of ['GET /v2/', `GET demo/blobs/${digest}`, push]) {
      const reply = await rig.v2.ask(target, { token: '', headers: { authorization } });
      assert.equal(
        [reply.status, errorOf(reply)],
        [401, 'UNAUTHORIZED PKG_E_TOKEN'],
        authorization,
      );
      assert.is(reply.bytes.includes(token), false);
    }
  }
  const asked = await tokenFor(rig, '', basic('any', newToken()));
  assert.equal([asked.status, errorOf(asked)], [401, 'UNAUTHORIZED PKG_E_TOKEN']);
});

test('an upload goes on with the token that began it, exchanged or not, and with no other', async (rig) => {
  const { token = '', url } = rig.service;
  const begun = await rig.v2.ask(push);
  const location = String(begun.headers.location);
  const exchanged = await tokenFor(rig, 'scope=repository:demo:pull,push', basic('a', token));
  const short = exchanged.json<{ token: string }>().token;
  assert.is((await rig.v2.ask(`GET ${location}`, { token: short })).status, 204);
  const elsewhere = location.replace('/demo/', '/other/');
  assert.is((await rig.v2.ask(`GET ${elsewhere}`)).status, 404);
  assert.is(url.startsWith('http'), true);
});

test('the challenge names the registry as the client found it, behind a proxy too', async (rig) => {
  const realm = async (headers: Record<string, string>) => {
    const reply = await rig.v2.ask('GET /v2/', { token: '', headers });
    return /realm="([^"]*)"/.exec(String(reply.headers['www-authenticate']))?.[1];
  };
  assert.is(await realm({ host: 'packages.example' }), 'http://packages.example/v2/token');
  const tls = { host: 'packages.example:8443', 'x-forwarded-proto': 'https' };
  assert.is(await realm(tls), 'https://packages.example:8443/v2/token');
  assert.is(await realm({ host: 'a"b' }), `${rig.service.url}/v2/token`);
});

test.run();
