import * as assert from 'uvu/assert';
import { ownBytes } from '../../src/core/own-bytes.ts';
import { suite } from '../support/suite.ts';

const test = suite('bytes in memory of their own');

test('A small piece of a larger memory holds no more than itself', () => {
  const pooled = Buffer.from('a short text');
  assert.ok(pooled.buffer.byteLength > pooled.length, 'as Node makes it');
  const own = ownBytes(pooled);
  assert.is(own.toString(), 'a short text');
  assert.is(own.buffer.byteLength, own.length);
  own[0] = 0;
  assert.is(pooled.toString(), 'a short text');
});

test.run();
