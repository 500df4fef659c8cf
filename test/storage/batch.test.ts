import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { type ErrorCode, isVitteError } from '../../src/core/errors.ts';
import { type Entry, parseEntry } from '../../src/core/journal-entry.ts';
import { decodeBatch, decodeEntries, encodeBatch } from '../../src/storage/batch.ts';
import { newTerm, parseTerm } from '../../src/storage/term.ts';
import { suite } from '../support/suite.ts';

const test = suite('journal batch');
const at = '2026-01-01T00:00:00.000Z';
const header = { term: newTerm(3), ordinal: 2, previous: sha256('before'), first: 5, tagged: 4 };

const published = (n: number): Entry =>
  parseEntry(
    {
      n,
      at,
      id: `id-${n}`,
      actor: 'admin',
      event: 'published',
      package: 'roussov/demo',
      version: `1.0.${n}`,
      digest: sha256(`${n}`),
    },
    n,
  );
const tokenMade = (n: number): Entry => ({
  n,
  at,
  id: `id-${n}`,
  actor: 'admin',
  event: 'token made',
  token: 't',
  sha256: 'ab'.repeat(32),
  account: 'admin',
  role: 'admin',
});
const unknown = (n: number): Entry =>
  parseEntry({ n, at, id: `id-${n}`, actor: 'admin', event: 'painted', colour: 'é' }, n);

test('what was encoded is decoded, private and unknown events included', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(published, tokenMade, unknown), { maxLength: 40 }),
      (kinds) => {
        const entries = kinds.map((make, index) => make(header.first + index));
        const { batch, lines, privateLines } = roundTrip(entries);
        assert.equal(
          { ...header, count: entries.length },
          {
            term: batch.term,
            ordinal: batch.ordinal,
            previous: batch.previous,
            first: batch.first,
            tagged: batch.tagged,
            count: batch.count,
          },
        );
        assert.equal(decodeEntries(batch, lines, privateLines), entries);
      },
    ),
    { numRuns: 50 },
  );
});

test('an empty batch holds the empty descriptor, which every registry takes', () => {
  const encoded = encodeBatch(header, []);
  assert.equal(encoded.blobs, []);
  assert.match(encoded.bytes.toString(), /application\/vnd\.oci\.empty\.v1\+json/);
});

test('a private event changed in the store is found by its commitment', () => {
  const { batch, lines, privateLines } = roundTrip([tokenMade(5)]);
  const changed = Buffer.from(
    privateLines.toString().replace('"account":"admin"', '"account":"eve"'),
  );
  assert.is(
    code(() => decodeEntries(batch, lines, changed)),
    'PKG_E_INTEGRITY',
  );
  assert.is(
    code(() => decodeEntries(batch, lines, Buffer.alloc(0))),
    'PKG_E_INTEGRITY',
  );
});

test('entries with other numbers, missing lines or bad JSON are refused', () => {
  const { batch, lines, privateLines } = roundTrip([published(5), published(6)]);
  const text = lines.toString();
  const [first = '', second = ''] = text.split('\n');
  const wrong = [
    `${second}\n${first}\n`,
    `${first}\n`,
    `${first}\n${second}`,
    `${first}\n${second}\n${second}\n`,
    `${first}\n{"n":6\n`,
    text.replace('roussov/demo', '../demo'),
    text.replace('sha256:', 'sha512:'),
  ];
  for (const bytes of wrong) {
    const found = code(() => decodeEntries(batch, Buffer.from(bytes), privateLines));
    assert.ok(found === 'PKG_E_STORE_FORMAT' || found === 'PKG_E_DOCUMENT', `${found}: ${bytes}`);
  }
});

test('manifests that are no batches are refused', () => {
  const { bytes, digest } = encodeBatch(header, [published(5)]);
  const text = bytes.toString();
  const wrong = [
    '{}',
    '[]',
    'null',
    text.replace('vnd.vitte.journal.v1', 'vnd.vitte.package.v1'),
    text.replace(header.term.name, 'x-1'),
    text.replace('"dev.vitte.journal.first":"5"', '"dev.vitte.journal.first":"-5"'),
    text.replace('"dev.vitte.journal.count":"1"', '"dev.vitte.journal.count":"1e3"'),
    text.replace(header.previous, 'sha256:00'),
  ];
  for (const manifest of wrong) {
    assert.is(
      code(() => decodeBatch(digest, Buffer.from(manifest))),
      'PKG_E_STORE_FORMAT',
    );
  }
});

test('an entry over 65,535 bytes is refused before anything is written', () => {
  const entry = { ...published(5), actor: 'a'.repeat(70_000) };
  assert.is(
    code(() => encodeBatch(header, [entry])),
    'PKG_E_REQUEST',
  );
});

test('terms are numbers with a nonce; everything else is no term', () => {
  assert.is(parseTerm(newTerm(12).name)?.number, 12);
  assert.is.not(newTerm(12).name, newTerm(12).name);
  for (const name of [
    '12',
    '0-0123456789abcdef',
    '01-0123456789abcdef',
    '1-0123456789ABCDEF',
    '_term',
  ]) {
    assert.is(parseTerm(name), undefined);
  }
});

function roundTrip(entries: Entry[]) {
  const encoded = encodeBatch(header, entries);
  const batch = decodeBatch(encoded.digest, encoded.bytes);
  const content = (layer: typeof batch.entriesLayer) =>
    encoded.blobs.find((blob) => blob.descriptor.digest === layer?.digest)?.bytes ??
    Buffer.alloc(0);
  return { batch, lines: content(batch.entriesLayer), privateLines: content(batch.privateLayer) };
}

function code(run: () => unknown): ErrorCode | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    assert.ok(isVitteError(error), String(error));
    return error.code;
  }
}

test.run();
