import * as assert from 'uvu/assert';
import { newToken, parseToken, tokenHash } from '../../src/auth/token.ts';
import { suite } from '../support/suite.ts';

const test = suite('token');

test('a new token has the form that secret scanners know', () => {
  for (let count = 0; count < 200; count++) assert.match(newToken(), /^vit_[0-9A-Za-z]{49}$/);
});

test('a token is known by its checksum before anything is looked up', () => {
  const token = newToken();
  assert.is(parseToken(token), token);
  for (const position of [4, 20, 46, 47, 52]) {
    const other = token[position] === 'A' ? 'B' : 'A';
    assert.is(parseToken(token.slice(0, position) + other + token.slice(position + 1)), undefined);
  }
});

test('other texts are no tokens', () => {
  const token = newToken();
  for (const text of ['', 'vit_', `${token} `, ` ${token}`, `${token}\n`, token.toUpperCase()]) {
    assert.is(parseToken(text), undefined);
  }
});

test('what is stored of a token does not contain it', () => {
  const token = newToken();
  assert.match(tokenHash(token), /^[0-9a-f]{64}$/);
  assert.not.match(tokenHash(token), new RegExp(token.slice(4, 12)));
});

test.run();
