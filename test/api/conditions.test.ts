import * as assert from 'uvu/assert';
import { bearerToken } from '../../src/api/authorization.ts';
import { type CursorScope, formatCursor, parseCursor } from '../../src/api/cursor.ts';
import { meetsIfMatch, namesEtag } from '../../src/api/etag.ts';
import { parseMediaType } from '../../src/api/media-type.ts';
import { parseRange } from '../../src/oci/http-range.ts';
import { suite } from '../support/suite.ts';

const test = suite('conditions, ranges, cursors and credentials');

test('If-None-Match names an ETag in a list, weakly or by an asterisk', () => {
  const cases: [string | undefined, boolean][] = [
    [undefined, false],
    ['"a"', true],
    ['W/"a"', true],
    ['"b", W/"a" , "c"', true],
    ['"b","a"', true],
    [' * ', true],
    ['"b"', false],
    ['a', false],
    ['"a', false],
    ['""', false],
    ['"x*"', false],
    ['"a,b"', false],
  ];
  for (const [header, expected] of cases) assert.is(namesEtag(header, '"a"'), expected, header);
});

test('If-Match compares strongly', () => {
  const cases: [string | undefined, boolean][] = [
    [undefined, true],
    ['*', true],
    ['"b", "a"', true],
    ['W/"a"', false],
    ['"b"', false],
    ['nonsense', false],
  ];
  for (const [header, expected] of cases) assert.is(meetsIfMatch(header, '"a"'), expected, header);
});

test('one range of bytes is cut to the size; other units and several ranges mean the whole', () => {
  const cases: [string | undefined, [number, number] | undefined][] = [
    [undefined, undefined],
    ['bytes=0-0', [0, 0]],
    ['bytes=0-', [0, 9]],
    ['bytes=3-5', [3, 5]],
    ['Bytes=3-5', [3, 5]],
    ['bytes= 3-5 ', [3, 5]],
    ['bytes=9-99999999999999999999', [9, 9]],
    ['bytes=-3', [7, 9]],
    ['bytes=-99', [0, 9]],
    ['bytes=0-1,3-4', undefined],
    ['lines=0-1', undefined],
    ['nonsense', undefined],
  ];
  for (const [header, expected] of cases) {
    const range = parseRange(header, 10);
    assert.equal(range && [range.first, range.last], expected, header);
  }
});

test('a range that is not there, or can not be read, is refused with the size', () => {
  for (const header of [
    'bytes=10-',
    'bytes=10-12',
    'bytes=-0',
    'bytes=5-4',
    'bytes=a-b',
    'bytes=-',
  ]) {
    assert.throws(
      () => parseRange(header, 10),
      (error: { code: string; data: unknown }) => {
        assert.equal([error.code, error.data], ['PKG_E_RANGE', { size: 10 }]);
        return true;
      },
    );
  }
  assert.throws(() => parseRange('bytes=0-', 0), /not satisfiable/);
});

test('a cursor goes back to the list that gave it, and to no other', () => {
  const scopes: CursorScope[] = [
    { of: 'list' },
    { of: 'list', namespace: 'roussov' },
    { of: 'search', text: 'demo' },
    { of: 'search', text: 'demo', namespace: 'roussov' },
    { of: 'search', text: 'other' },
  ];
  const positions = { list: 'roussov/vitte-math', search: '120' };
  for (const scope of scopes) {
    const cursor = formatCursor(scope, positions[scope.of]);
    assert.match(cursor, /^[A-Za-z0-9_-]{1,512}$/);
    for (const other of scopes) {
      if (other === scope) assert.is(parseCursor(other, cursor), positions[scope.of]);
      else assert.throws(() => parseCursor(other, cursor), /cursor/);
    }
  }
});

test('a cursor with a position that no page ends at is refused', () => {
  for (const at of ['', 'Demo', 'a/b/c', '5']) {
    assert.throws(() => parseCursor({ of: 'list' }, formatCursor({ of: 'list' }, at)), /cursor/);
  }
});

test('a bearer token is taken whatever the case of its scheme', () => {
  assert.is(bearerToken(undefined), undefined);
  assert.is(bearerToken(['Bearer abc.DEF-1_2~3+/==']), 'abc.DEF-1_2~3+/==');
  assert.is(bearerToken(['bEARER  abc ']), 'abc');
});

test('a refused Authorization header is not repeated', () => {
  for (const header of ['Basic c2VjcmV0', 'Bearer secret secret', 'secret', 'Bearer "secret"']) {
    assert.throws(
      () => bearerToken([header]),
      (error: Error) => !`${error.message} ${JSON.stringify(error)}`.includes('ecret'),
    );
  }
});

test('media types have parameters by name, case and spaces aside', () => {
  const { type, parameters } = parseMediaType('Text/HTML ; Charset="a\\"b;c"; x=y');
  assert.is(type, 'text/html');
  assert.equal(
    [...parameters],
    [
      ['charset', 'a"b;c'],
      ['x', 'y'],
    ],
  );
  for (const bad of [
    '',
    'text',
    'text/',
    '/html',
    'text/html;',
    'text/html; a',
    'text/html x=y',
    'text/html; a="b',
  ]) {
    assert.throws(() => parseMediaType(bad), /Content-Type/);
  }
});

test.run();
