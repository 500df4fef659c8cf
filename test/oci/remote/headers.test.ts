import * as assert from 'uvu/assert';
import {
  contentLength,
  contentRange,
  mediaTypeOf,
  nextLink,
  retryAfterMs,
  unsatisfiedSize,
} from '../../../src/oci/remote/headers.ts';
import { suite } from '../../support/suite.ts';

const test = suite('header fields of a registry');

test('Retry-After is read in seconds and as a date', () => {
  const now = Date.UTC(2026, 10, 22, 10, 0, 0);
  for (const [field, ms] of [
    ['0', 0],
    ['7', 7000],
    ['Sun, 22 Nov 2026 10:00:05 GMT', 5000],
    ['Sun, 22 Nov 2026 09:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['2026', 2026_000],
  ] as const) {
    assert.is(retryAfterMs({ 'retry-after': field }, now), ms, field);
  }
  assert.is(retryAfterMs({}, now), undefined);
});

test('the next page is named by the Link whose relation is next', () => {
  for (const [field, link] of [
    ['</v2/a/tags/list?n=2&last=b>; rel="next"', '/v2/a/tags/list?n=2&last=b'],
    ['<x>;rel=next', 'x'],
    ['<x>; REL="Next"', 'x'],
    ['<x>; title="a"; rel="prev next"', 'x'],
    ['<x>; rel="prev", <y>; rel="next"', 'y'],
    ['<x>; rel="nextish"', undefined],
    ['<x>; rel="prev"', undefined],
    ['x; rel="next"', undefined],
    ['', undefined],
  ] as const) {
    assert.is(nextLink({ link: field }), link, field);
  }
  assert.is(nextLink({ link: ['<x>; rel=prev', '<y>; rel=next'] }), 'y');
});

test('a Content-Range is read only where it is whole', () => {
  const range = (field: string) => contentRange({ 'content-range': field });
  assert.equal(range('bytes 0-4/10'), { first: 0, last: 4, size: 10 });
  for (const field of ['0-4/10', 'bytes 0-4', 'bytes 0-4/*', 'bytes */10', 'items 0-4/10']) {
    assert.is(range(field), undefined, field);
  }
  assert.is(unsatisfiedSize({ 'content-range': 'bytes */10' }), 10);
  assert.is(unsatisfiedSize({ 'content-range': 'bytes 0-4/10' }), undefined);
});

test('a length that is no number is none', () => {
  assert.is(contentLength({ 'content-length': '12' }), 12);
  for (const field of ['', '-1', '1e3', '0x10', '9'.repeat(20)]) {
    assert.is(contentLength({ 'content-length': field }), undefined, field);
  }
});

test('a media type is read without its parameters', () => {
  assert.is(mediaTypeOf({ 'content-type': 'Application/JSON; charset=utf-8' }), 'application/json');
  assert.is(mediaTypeOf({}), undefined);
});

test.run();
