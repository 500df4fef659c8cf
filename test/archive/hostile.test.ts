import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { extractArchive } from '../../src/archive/extract.ts';
import { inFolder } from '../support/folders.ts';
import { goodArchive, hostileArchives } from '../support/hostile-archives.ts';
import { inspectBytes, pieces, refusalOf } from '../support/inspection.ts';
import { suite } from '../support/suite.ts';

const test = suite('archive: hostile and malformed archives');
const rows = hostileArchives();
/** Up to this size an archive is also given byte by byte. */
const smallBytes = 2000;
/** Larger ones are inspected whole and no more: cut or unpacked they only take longer to the same refusal. */
const largeBytes = 64 * 1024;

test('there are at least 60 causes, and no two are the same', () => {
  assert.ok(rows.length >= 60, `${rows.length} rows`);
  assert.is(new Set(rows.map(({ name }) => name)).size, rows.length);
});

test('what the rows spoil is itself accepted', async () => {
  const found = await inspectBytes(goodArchive());
  assert.equal(
    found.entries.map(({ path }) => path),
    ['src/lib.vit', 'src/é.vit', 'vitte-package.json'],
  );
});

for (const { name, kind, code, entry, bytes } of rows) {
  test(`${name} is refused with ${code}`, async () => {
    const archive = bytes();
    const whole = await refusalOf(inspectBytes(archive, kind));
    assert.is(whole.code, code, whole.message);
    assert.is(whole.data?.entry, entry);
    if (entry !== undefined && !/[\p{C}\\\ufffd]/u.test(entry)) assert.match(whole.message, entry);
    assert.not.match(whole.message, /\p{Cc}/u);
    for (const pieceBytes of cuts(archive.length)) {
      const cut = await refusalOf(inspectBytes(archive, kind, { pieceBytes }));
      assert.is(cut.message, whole.message, `in pieces of ${pieceBytes} bytes`);
    }
  });
}

function cuts(bytes: number): number[] {
  if (bytes <= smallBytes) return [1, 511];
  return bytes <= largeBytes ? [4096] : [];
}

test('unpacking refuses each of them alike and leaves nothing', async () => {
  await inFolder(async (folder) => {
    for (const { name, kind, code, entry, bytes } of rows) {
      const archive = bytes();
      if (archive.length > largeBytes) continue;
      const unpacking = extractArchive(pieces(archive, 4096), kind, join(folder, 'out'));
      const refusal = await refusalOf(unpacking);
      assert.is(refusal.code, code, name);
      assert.is(refusal.data?.entry, entry, name);
      assert.equal(await readdir(folder), [], name);
    }
  });
});

test.run();
