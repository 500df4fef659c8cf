import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { verified } from '../../src/oci/verify.ts';
import { piecesOf, readAll, rejectsWith } from '../contract/oci-support.ts';
import { suite } from '../support/suite.ts';

const test = suite('verified streams');

const content = Buffer.from('0123456789');
const expected = { digest: sha256(content), size: content.length };

test('right content passes unchanged, however it is cut', async () => {
  for (let cut = 0; cut <= content.length; cut += 1) {
    const source = piecesOf(content.subarray(0, cut), content.subarray(cut), Buffer.alloc(0));
    assert.equal(await readAll(verified(source, expected)), content);
  }
});

test('the last piece is given only after the source has ended', async () => {
  const seen: string[] = [];
  async function* source() {
    yield content.subarray(0, 4);
    yield content.subarray(4);
    seen.push('end');
  }
  for await (const piece of verified(source(), expected)) seen.push(String(piece));
  assert.equal(seen, ['0123', 'end', '456789']);
});

for (const [what, pieces] of [
  ['too short', ['012345678']],
  ['empty', []],
  ['too long in the last piece', ['01234', '56789x']],
  ['followed by another piece', ['0123456789', 'x']],
  ['different in the first piece', ['x1234', '56789']],
  ['different in the last piece', ['01234', '5678x']],
] as const) {
  test(`content that is ${what} is PKG_E_INTEGRITY, and its reader never has all of it`, async () => {
    let received = '';
    const consume = async () => {
      const source = piecesOf(...pieces.map((piece) => Buffer.from(piece)));
      for await (const piece of verified(source, expected)) received += String(piece);
    };
    const error = await rejectsWith('PKG_E_INTEGRITY', consume());
    assert.is(error.data?.digest, expected.digest);
    assert.ok(received.length < content.length);
  });
}

test('a reader that leaves ends the source', async () => {
  let ended = false;
  async function* source() {
    try {
      yield content.subarray(0, 4);
      yield content.subarray(4);
    } finally {
      ended = true;
    }
  }
  for await (const _piece of verified(source(), expected)) break;
  assert.ok(ended);
});

test.run();
