import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { extractArchive } from '../../src/archive/extract.ts';
import { fileBytes, inspectFile } from '../../src/archive/inspect.ts';
import { packFolder } from '../../src/archive/pack.ts';
import { inFolder, writeFiles } from '../support/folders.ts';
import { goodArchive, goodManifest } from '../support/hostile-archives.ts';
import { inspectBytes, pieces, refusalOf } from '../support/inspection.ts';
import { suite } from '../support/suite.ts';
import { gzip, tar, tarFile } from '../support/tar-builder.ts';

const test = suite('archive: unpacking');
const manifestFile = tarFile('vitte-package.json', JSON.stringify(goodManifest));

test('the files come out as they went in, and nothing else', async () => {
  await inFolder(async (folder) => {
    const found = await extractArchive(pieces(goodArchive(), 7), 'vitmod', join(folder, 'out'));
    assert.equal(found, await inspectBytes(goodArchive()));
    assert.equal(await readdir(folder), ['out']);
    assert.equal((await readdir(join(folder, 'out'), { recursive: true })).sort(), [
      'src',
      'src/lib.vit',
      'src/é.vit',
      'vitte-package.json',
    ]);
    assert.is(await readFile(join(folder, 'out/src/é.vit'), 'utf8'), 'x');
    assert.is((await stat(join(folder, 'out/src/lib.vit'))).mode & 0o111, 0);
  });
});

test('only an executable of a binary package may be executed', async () => {
  await inFolder(async (folder) => {
    const archive = gzip(tar(tarFile('bin/demo', '\x7fELF', { mode: '0000755\0' }), manifestFile));
    await extractArchive(pieces(archive), 'vitpkg', join(folder, 'out'));
    assert.is((await stat(join(folder, 'out/bin/demo'))).mode & 0o100, 0o100);
    assert.is((await stat(join(folder, 'out/vitte-package.json'))).mode & 0o111, 0);
  });
});

test('a destination that exists is refused, whatever it is, and stays as it is', async () => {
  await inFolder(async (folder) => {
    await mkdir(join(folder, 'full'));
    await writeFile(join(folder, 'full/kept'), 'kept');
    await mkdir(join(folder, 'empty'));
    await writeFile(join(folder, 'file'), 'kept');
    await symlink('full', join(folder, 'link'));
    await symlink('nowhere', join(folder, 'dangling'));
    const before = (await readdir(folder, { recursive: true })).sort();
    for (const name of ['full', 'empty', 'file', 'link', 'dangling']) {
      const unpacking = extractArchive(pieces(goodArchive()), 'vitmod', join(folder, name));
      assert.is((await refusalOf(unpacking)).code, 'PKG_E_ALREADY_EXISTS', name);
    }
    assert.equal((await readdir(folder, { recursive: true })).sort(), before);
  });
});

test('a destination whose parent is missing or no folder is refused with a code', async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'file'), '');
    for (const name of ['no/out', 'file/out']) {
      const unpacking = extractArchive(pieces(goodArchive()), 'vitmod', join(folder, name));
      assert.is((await refusalOf(unpacking)).code, 'PKG_E_FILE');
    }
    assert.equal(await readdir(folder), ['file']);
  });
});

test('a file that can not be written ends the unpacking with a code and leaves nothing', async () => {
  await inFolder(async (folder) => {
    const archive = gzip(tar(tarFile('a', 'x'), tarFile('src/lib.vit'), manifestFile));
    async function* source() {
      yield archive.subarray(0, 10);
      for (const staging of await readdir(folder))
        await rm(join(folder, staging), { recursive: true });
      yield archive.subarray(10);
    }
    const unpacking = extractArchive(source(), 'vitmod', join(folder, 'out'));
    assert.is((await refusalOf(unpacking)).code, 'PKG_E_FILE');
    assert.equal(await readdir(folder), []);
  });
});

test('an archive whose last byte is wrong leaves nothing of all that was unpacked before', async () => {
  await inFolder(async (folder) => {
    const archive = goodArchive();
    archive[archive.length - 1]! ^= 1;
    const unpacking = extractArchive(pieces(archive), 'vitmod', join(folder, 'out'));
    assert.is((await refusalOf(unpacking)).code, 'PKG_E_ARCHIVE_GZIP');
    assert.equal(await readdir(folder), []);
  });
});

test('an abort in the middle leaves nothing', async () => {
  await inFolder(async (folder) => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    async function* source() {
      yield goodArchive().subarray(0, -4);
      assert.is((await readdir(folder)).length, 1, 'it has begun to write');
      controller.abort(reason);
      await new Promise(() => {});
    }
    let thrown: unknown;
    try {
      await extractArchive(source(), 'vitmod', join(folder, 'out'), { signal: controller.signal });
    } catch (error) {
      thrown = error;
    }
    assert.is(thrown, reason);
    assert.equal(await readdir(folder), []);
  });
});

test('any set of files packs, inspects and unpacks to the same files', async () => {
  const part = fc
    .string({
      unit: fc.constantFrom(...'abcXYZ019-_~ é', 'ß', '漢', '\u{1d4b3}', '\uff5e'),
      minLength: 1,
      maxLength: 40,
    })
    .map((text) => text.normalize('NFC'));
  const path = fc
    .array(part, { minLength: 1, maxLength: 4 })
    .map((parts) => `src/${parts.join('/')}.vit`);
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 1100 }),
    fc.constantFrom(0, 511, 512, 513, 70_000).map((length) => Buffer.alloc(length, 'content')),
  );
  const files = fc
    .array(fc.tuple(path, content), { maxLength: 12 })
    .map((rows) => rows.filter(([name]) => Buffer.byteLength(name) <= 255))
    .map(withoutClashes);
  await fc.assert(
    fc.asyncProperty(files, async (rows) => {
      const whole: [string, Uint8Array][] = [
        ...rows,
        ['src/lib.vit', Buffer.from('')],
        ['vitte-package.json', Buffer.from(JSON.stringify(goodManifest))],
      ];
      whole.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      await inFolder(async (folder) => {
        const source = await writeFiles(join(folder, 'source'), Object.fromEntries(whole));
        const { file, ...packed } = await packFolder(source, { directory: folder });
        assert.equal(await inspectFile(file), packed);
        const out = join(folder, 'out');
        assert.equal(await extractArchive(fileBytes(file), 'vitmod', out), packed);
        assert.equal(
          packed.entries.map((entry) => entry.path),
          whole.map(([name]) => name),
        );
        for (const [name, bytes] of whole) {
          assert.ok((await readFile(join(out, name))).equals(bytes), name);
        }
      });
    }),
    { numRuns: 40 },
  );
});

/** Keeps of paths that fall together, one way or another, the first alone. */
function withoutClashes(rows: [string, Uint8Array][]): [string, Uint8Array][] {
  const kept: [string, Uint8Array][] = [];
  const taken = new Set(['src/lib.vit']);
  for (const [path, bytes] of rows) {
    const key = path.toUpperCase().toLowerCase();
    const clash = [...taken].some(
      (other) => other === key || other.startsWith(`${key}/`) || key.startsWith(`${other}/`),
    );
    if (clash) continue;
    taken.add(key);
    kept.push([path, bytes]);
  }
  return kept;
}

test.run();
