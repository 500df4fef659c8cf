import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { parseMediaType } from '../../src/api/media-type.ts';
import { boundaryOf, type MixedBody, readMixed } from '../../src/api/multipart.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { suite } from '../support/suite.ts';

const test = suite('multipart bodies');

const boundary = 'edge';
const archiveHead = `--${boundary}\r\nContent-Type: ${mediaTypes.vitmod}\r\n\r\n`;
const bundleHead = `--${boundary}\r\nContent-Type: ${mediaTypes.sigstoreBundle}\r\n\r\n`;
const close = `\r\n--${boundary}--\r\n`;

test('bundles are read whole and the archive comes as it was sent, however the body is cut', async () => {
  const body = Buffer.concat([
    Buffer.from(bundleHead),
    Buffer.from('{"first":1}\r\n'),
    Buffer.from(
      `--${boundary}\r\ncontent-type: ${mediaTypes.sigstoreBundle}\r\nvitte-signature-key: AAEC\r\n\r\n{}\r\n`,
    ),
    Buffer.from(archiveHead),
    Buffer.from([0, 13, 10, 45, 45, 255]),
    Buffer.from(close),
  ]);
  for (let size = 1; size <= body.length; size += 1) {
    const { kind, bundles, archive } = await readMixed(cut(body, size), boundary);
    assert.is(kind, 'vitmod');
    assert.equal(
      bundles.map(({ bytes, key }) => [String(bytes), key && [...key]]),
      [
        ['{"first":1}', undefined],
        ['{}', [0, 1, 2]],
      ],
    );
    assert.equal([...(await collect(archive))], [0, 13, 10, 45, 45, 255], `pieces of ${size}`);
  }
});

test('an archive full of almost-boundaries is kept byte for byte', async () => {
  const piece = fc.constantFrom('\r', '\n', '\r\n', '--', `--edg`, `\r\n--edg`, '\r\n-', 'e', '\0');
  const content = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
  await fc.assert(
    fc.asyncProperty(content, fc.integer({ min: 1, max: 40 }), async (text, size) => {
      fc.pre(!`${text}\r\n`.includes(`\r\n--${boundary}`));
      const body = Buffer.from(archiveHead + text + close);
      const { archive } = await readMixed(cut(body, size), boundary);
      assert.is(String(await collect(archive)), text);
    }),
    { numRuns: 300 },
  );
});

test('whatever the body holds, the answer is parts or a coded error', async () => {
  const token = fc.constantFrom(
    '\r\n',
    `--${boundary}`,
    '--',
    archiveHead,
    bundleHead,
    close,
    'x',
    ' ',
    'Content-Type: ',
    mediaTypes.vitmod,
    ':',
    '\0',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(token, { maxLength: 25 }),
      fc.integer({ min: 1, max: 30 }),
      async (tokens, size) => {
        try {
          const { archive } = await readMixed(cut(Buffer.from(tokens.join('')), size), boundary);
          await collect(archive);
        } catch (error) {
          assert.ok(isVitteError(error), String(error));
          assert.not.equal(error.kind, 'bug');
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('preamble, epilogue and white space behind boundaries are passed over', async () => {
  const padded = `preamble\r\n--${boundary} \t\r\nContent-Type: ${mediaTypes.vitpkg}\r\n\r\nbytes\r\n--${boundary}-- \r\nepilogue`;
  const { kind, archive } = await readMixed(cut(Buffer.from(padded), 7), boundary);
  assert.is(kind, 'vitpkg');
  assert.is(String(await collect(archive)), 'bytes');
});

test('a body may end with the last boundary, without a line end', async () => {
  const body = Buffer.from(`${archiveHead}bytes\r\n--${boundary}--`);
  const { archive } = await readMixed(cut(body, 5), boundary);
  assert.is(String(await collect(archive)), 'bytes');
});

test('an empty archive is an archive', async () => {
  const { archive } = await readMixed(cut(Buffer.from(archiveHead + close), 3), boundary);
  assert.is((await collect(archive)).length, 0);
});

test('the archive is not taken faster than it is read', async () => {
  let taken = 0;
  async function* endless() {
    yield Buffer.from(archiveHead);
    for (;;) {
      taken += 1;
      yield Buffer.alloc(1_000, 1);
    }
  }
  const { archive } = await readMixed(endless(), boundary);
  let read = 0;
  for await (const _ of archive) {
    read += 1;
    assert.ok(taken <= read + 1, `${taken} pieces taken for ${read} read`);
    if (read === 50) break;
  }
});

test('the source is let go of when the archive is left, and when the body is refused', async () => {
  for (const leave of [true, false]) {
    let left = false;
    async function* source() {
      try {
        yield Buffer.from(leave ? `${archiveHead}bytes` : `--${boundary}\r\n\r\n`);
        yield Buffer.from('more');
      } finally {
        left = true;
      }
    }
    if (leave) for await (const _ of (await readMixed(source(), boundary)).archive) break;
    else await rejects(readMixed(source(), boundary), 'PKG_E_MEDIA_TYPE');
    assert.ok(left);
  }
});

test('what the source throws passes through', async () => {
  async function* source() {
    yield Buffer.from(`${archiveHead}bytes`);
    throw new Error('the client left');
  }
  const { archive } = await readMixed(source(), boundary);
  try {
    await collect(archive);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'the client left');
  }
});

test('a second archive, or a bundle behind the archive, ends the archive with an error', async () => {
  for (const second of [archiveHead, bundleHead]) {
    const body = Buffer.from(`${archiveHead}bytes\r\n${second}more${close}`);
    const { archive } = await readMixed(cut(body, 11), boundary);
    await rejects(collect(archive), 'PKG_E_REQUEST');
  }
});

test('16 bundles of 64 KiB are taken, one byte or one bundle more is not', async () => {
  const bundle = (bytes: number) => `${bundleHead}${'x'.repeat(bytes)}\r\n`;
  const body = (text: string) => cut(Buffer.from(`${text}${archiveHead}a${close}`), 65_536);
  const full = await readMixed(body(bundle(65_536).repeat(16)), boundary);
  assert.is(full.bundles.length, 16);
  assert.is((await collect(full.archive)).length, 1);
  await rejects(readMixed(body(bundle(65_537)), boundary), 'PKG_E_SIGNATURE_LIMIT');
  await rejects(readMixed(body(bundle(1).repeat(17)), boundary), 'PKG_E_SIGNATURE_LIMIT');
});

test('boundaries are taken plain and quoted, with the characters of RFC 2046', () => {
  const cases: [string, string][] = [
    ['multipart/mixed; boundary=abc', 'abc'],
    ['Multipart/Mixed;BOUNDARY="a b"', 'a b'],
    [`multipart/mixed; charset=x; boundary="gc0pJq0M:08jU534c0p"`, 'gc0pJq0M:08jU534c0p'],
    [`multipart/mixed; boundary=${'b'.repeat(70)}`, 'b'.repeat(70)],
    [`multipart/mixed; boundary="\\a"`, 'a'],
  ];
  for (const [text, expected] of cases) assert.is(boundaryOf(parseMediaType(text)), expected);
});

test.run();

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size)
    yield Uint8Array.from(bytes.subarray(at, at + size));
}

async function collect(source: MixedBody['archive']): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function rejects(promise: Promise<unknown>, code: string): Promise<void> {
  try {
    await promise;
  } catch (error) {
    assert.is(isVitteError(error) && error.code, code, String(error));
    return;
  }
  assert.unreachable(`expected ${code}`);
}
