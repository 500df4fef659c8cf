import { createPublicKey, randomBytes, verify } from 'node:crypto';
import * as assert from 'uvu/assert';
import { createShortTokens } from '../../src/auth/short-token.ts';
import { keyFromSeed, spkiOf } from '../../src/signing/keys.ts';
import { suite } from '../support/suite.ts';

const test = suite('short-lived tokens');
const claims = {
  account: 'admin',
  token: 'a'.repeat(64),
  access: [{ repository: 'roussov/demo', actions: ['pull', 'push'] }],
};

function issuer(seed = randomBytes(32)) {
  let now = Date.UTC(2026, 0, 1);
  const tokens = createShortTokens({ seed, kid: 'k' }, () => now);
  const pass = (seconds: number) => {
    now += seconds * 1000;
  };
  return { ...tokens, seed, pass };
}

test('a token holds what it was given for, in the form of a JWT under the service’s key', () => {
  const { issue, read, seed } = issuer();
  const { text, issuedAt, lifetimeSeconds } = issue(claims);
  assert.equal(read(text), claims);
  assert.is(lifetimeSeconds, 900);
  assert.is(issuedAt.toISOString(), '2026-01-01T00:00:00.000Z');
  const [head = '', body = '', signature = ''] = text.split('.');
  const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  assert.equal(decoded(head), { alg: 'EdDSA', kid: 'k', typ: 'JWT' });
  const { jti, ...others } = decoded(body);
  assert.match(jti, /^[0-9a-f-]{36}$/);
  assert.equal(others, {
    iss: 'vitte-registry',
    aud: 'vitte-registry',
    sub: 'admin',
    iat: 1767225600,
    exp: 1767226500,
    access: [{ type: 'repository', name: 'roussov/demo', actions: ['pull', 'push'] }],
    tok: claims.token,
  });
  const key = createPublicKey({ key: spkiOf(keyFromSeed(seed)), format: 'der', type: 'spki' });
  assert.ok(verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')));
});

test('nobody’s token names none, and no two tokens are the same', () => {
  const { issue, read } = issuer();
  const nobody = { account: 'anonymous', token: undefined, access: [] };
  const [one, two] = [issue(nobody).text, issue(nobody).text];
  assert.equal(read(one), nobody);
  assert.is.not(one, two);
});

test('a token is over after its time, with a minute for clocks that differ', () => {
  const { issue, read, pass } = issuer();
  const { text } = issue(claims);
  pass(900 + 59);
  assert.ok(read(text));
  pass(2);
  assert.is(read(text), undefined);
  const ahead = issue(claims).text;
  pass(-59);
  assert.ok(read(ahead));
  pass(-2);
  assert.is(read(ahead), undefined);
});

test('every replica of one secret reads it, and no other service', () => {
  const { issue, seed } = issuer();
  const { text } = issue(claims);
  assert.equal(issuer(seed).read(text), claims);
  assert.is(issuer().read(text), undefined);
});

test('what was changed, or is in another form, is no token', () => {
  const { issue, read } = issuer();
  const { text } = issue(claims);
  const [head = '', body = '', signature = ''] = text.split('.');
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const changed = encoded({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), sub: 'me' });
  for (const other of [
    '',
    'x',
    'a.b.c',
    `${head}.${body}`,
    `${head}.${body}.`,
    `${head}.${changed}.${signature}`,
    `${head}.${body}.${signature}.x`,
    `${encoded({ alg: 'none', typ: 'JWT' })}.${body}.`,
    `${encoded({ alg: 'HS256', kid: 'k', typ: 'JWT' })}.${body}.${signature}`,
    `${encoded({ alg: 'EdDSA', kid: 'k', jku: 'http://x', typ: 'JWT' })}.${body}.${signature}`,
    `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
    `${head}.${'a'.repeat(9_000)}.${signature}`,
  ]) {
    assert.is(read(other), undefined, other.slice(0, 80));
  }
});

test.run();
