import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { inspectArchive, inspectFile } from '../../src/archive/inspect.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { canonicalJson } from '../../src/core/json.ts';
import { inFolder } from '../support/folders.ts';
import { goodArchive, goodManifest } from '../support/hostile-archives.ts';
import { inspectBytes, pieces, refusalOf } from '../support/inspection.ts';
import { suite } from '../support/suite.ts';
import {
  anyFile,
  type Fields,
  gzip,
  paxHeader,
  paxRecord,
  plainGzipHeader,
  tar,
  tarFile,
} from '../support/tar-builder.ts';

const test = suite('archive: inspection');
const lib = tarFile('src/lib.vit', 'space packages/demo_lib\n');
const manifest = (fields: object = {}) =>
  tarFile('vitte-package.json', JSON.stringify({ ...goodManifest, ...fields }));
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

test('an archive is known by its bytes, its tar, its files and its manifest', async () => {
  const content = tar(
    tarFile('README.md', '# Demo\n'),
    tarFile('src/Makefile', 'all:\n'),
    lib,
    tarFile('tests/basic.vit', ''),
    manifest({ tests: ['tests/basic.vit'], description: 'é' }),
  );
  const archive = gzip(content);
  const found = await inspectBytes(archive);
  const rows = found.entries.map(({ path, sha256 }) => ({ path, sha256 }));
  const manifestText = JSON.stringify({
    ...goodManifest,
    tests: ['tests/basic.vit'],
    description: 'é',
  });
  assert.is(found.kind, 'vitmod');
  assert.is(found.digest, `sha256:${sha256(archive)}`);
  assert.is(found.size, archive.length);
  assert.is(found.manifest.file, 'vitte-package.json');
  assert.equal(found.readme, { path: 'README.md', bytes: Buffer.from('# Demo\n') });
  assert.equal(found.entries, [
    { path: 'README.md', bytes: 7, sha256: sha256('# Demo\n'), executable: false },
    { path: 'src/Makefile', bytes: 5, sha256: sha256('all:\n'), executable: false },
    {
      path: 'src/lib.vit',
      bytes: 24,
      sha256: sha256('space packages/demo_lib\n'),
      executable: false,
    },
    { path: 'tests/basic.vit', bytes: 0, sha256: sha256(''), executable: false },
    {
      path: 'vitte-package.json',
      bytes: Buffer.byteLength(manifestText),
      sha256: sha256(manifestText),
      executable: false,
    },
  ]);
  const facts = {
    tarSha256: sha256(content),
    unpackedBytes: 7 + 5 + 24 + Buffer.byteLength(manifestText),
    files: 5,
    sourceSha256: sha256(canonicalJson(rows)),
    registryChecksum: sha256(
      rows
        .filter(({ path }) => path !== 'src/Makefile')
        .map((file) => `${file.path}\0${file.sha256}\n`)
        .join(''),
    ),
  };
  assert.equal(found.facts, facts);
  assert.equal(found.document, {
    schema: 'vitte.package.document.v1',
    name: 'demo-lib',
    version: '0.1.0',
    kind: 'library',
    description: 'é',
    entry: 'src/lib.vit',
    tests: ['tests/basic.vit'],
    dependencies: [],
    manifest: 'vitte-package.json',
    readme: 'README.md',
    archive: { tarSha256: facts.tarSha256, unpackedBytes: facts.unpackedBytes, files: 5 },
    sourceSha256: facts.sourceSha256,
    registryChecksum: facts.registryChecksum,
  });
});

test('the first generation of manifests is read too, and said', async () => {
  const toml = `[package]
name = "mon_projet"
version = "v0.2.0"
edition = "2025"
[dependencies]
serde = "1.0"
async-net = { version = "0.2", features = ["tls"] }
[dev-dependencies]
test_lib = "0.3"
`;
  const main = tarFile('src/main.vit', 'proc main() -> int {\n  give 0;\n}\n');
  const { document } = await inspectBytes(gzip(tar(main, tarFile('vitte.toml', toml))));
  assert.is(document.manifest, 'vitte.toml');
  assert.is(document.name, 'mon-projet');
  assert.is(document.version, '0.2.0');
  assert.is(document.kind, 'binary');
  assert.is(document.entry, 'src/main.vit');
  assert.is(document.edition, '2025');
  assert.equal(document.dependencies, [
    { name: 'async-net', requirement: '0.2', source: 'registry', features: ['tls'] },
    { name: 'serde', requirement: '1.0', source: 'registry' },
  ]);
  assert.equal(document.devDependencies, [
    { name: 'test-lib', requirement: '0.3', source: 'registry' },
  ]);
});

test('the README is README.md, else README, and never an empty one', async () => {
  const readmeOf = async (...files: [string, string][]) => {
    const readmes = files.map(([path, content]) => tarFile(path, content));
    const found = await inspectBytes(gzip(tar(...readmes, lib, manifest())));
    assert.is(found.document.readme, found.readme?.path);
    return found.readme && [found.readme.path, Buffer.from(found.readme.bytes).toString()];
  };
  assert.equal(await readmeOf(['README', 'plain'], ['README.md', 'marked']), [
    'README.md',
    'marked',
  ]);
  assert.equal(await readmeOf(['README', 'plain']), ['README', 'plain']);
  assert.equal(await readmeOf(['README', 'plain'], ['README.md', '']), ['README', 'plain']);
  assert.equal(await readmeOf(['README.md', '']), undefined);
  assert.equal(await readmeOf(['docs/README.md', 'deeper']), undefined);
  const largest = randomBytes(512 * 1024).toString('hex');
  assert.equal(await readmeOf(['README.md', largest]), ['README.md', largest]);
});

test('a binary package may hold executables and build output, and need not hold sources', async () => {
  const program = tarFile('target/demo', '\x7fELF', { mode: '0000755\0' });
  const found = await inspectBytes(
    gzip(tar(program, manifest({ tests: ['tests/a.vit'] }))),
    'vitpkg',
  );
  assert.equal(
    found.entries.map(({ path, executable }) => [path, executable]),
    [
      ['target/demo', true],
      ['vitte-package.json', false],
    ],
  );
  assert.is(found.document.entry, 'src/lib.vit');
});

test('headers as other tar programs write them are accepted', async () => {
  const path = 'src/é.vit';
  const long = `${'a'.repeat(60)}/${'b'.repeat(60)}/c.vit`;
  const short = `${'a'.repeat(110)}.vit`;
  const gnuFields: Fields = { devmajor: '0000000\0', devminor: '0000000\0' };
  const forms: [string, Buffer[]][] = [
    ["GNU tar's device fields", [tarFile('a', 'x', gnuFields), lib]],
    ["tar-stream's spaces", [tarFile('a', 'x', { mode: '000644 \0', size: '00000000001 ' }), lib]],
    [
      "GNU tar's pax header",
      [
        lib,
        paxHeader(paxRecord('path', path), { ...gnuFields, name: 'src/PaxHeaders/é.vit' }),
        tarFile(path, 'x', gnuFields),
      ],
    ],
    [
      "older GNU tar's pax header",
      [
        lib,
        paxHeader(paxRecord('path', path), { name: 'src/PaxHeaders.77/é.vit' }),
        tarFile(path, 'x'),
      ],
    ],
    [
      "GNU tar's pax header at the root",
      [
        paxHeader(paxRecord('path', short), { name: `./PaxHeaders/${short}`.slice(0, 100) }),
        tarFile(short.slice(0, 100), 'x'),
        lib,
      ],
    ],
    [
      "GNU tar's pax header of a long path",
      [
        paxHeader(paxRecord('path', long), { name: long.slice(0, 100) }),
        tarFile(long.slice(0, 100), 'x'),
        lib,
      ],
    ],
    [
      "Python's pax header",
      [lib, paxHeader(paxRecord('path', path), { mode: '0000000\0' }), tarFile('src/?.vit', 'x')],
    ],
  ];
  for (const [name, files] of forms) {
    const found = await inspectBytes(gzip(tar(...files, manifest())));
    assert.is(found.entries.length, 3, name);
  }
});

test('a gzip header with every optional field is accepted', async () => {
  const plain = Buffer.concat([
    Buffer.of(0x1f, 0x8b, 8, 1 | 2 | 4 | 8 | 16, 1, 2, 3, 4, 2, 3),
    Buffer.of(3, 0),
    Buffer.from('abc'),
    Buffer.from('demo.tar\0'),
    Buffer.from('a comment\0'),
  ]);
  const check = Buffer.alloc(2);
  check.writeUInt16LE(crc32(plain) & 0xffff);
  const header = Buffer.concat([plain, check]);
  for (const pieceBytes of [1, 4096]) {
    const found = await inspectBytes(gzip(tar(lib, manifest()), { header }), 'vitmod', {
      pieceBytes,
    });
    assert.is(found.entries.length, 2);
  }
});

test('an archive cut at any byte is refused', async () => {
  const archive = goodArchive();
  for (let length = 0; length < archive.length; length += 1) {
    await refusalOf(inspectBytes(archive.subarray(0, length)));
  }
});

test('an archive with any bit turned is refused, or holds the same tar', async () => {
  const archive = goodArchive();
  const { facts } = await inspectBytes(archive);
  let accepted = 0;
  for (let at = 0; at < archive.length; at += 1) {
    const turned = Buffer.from(archive);
    turned[at] = archive[at]! ^ (1 << ((at * 3) % 8));
    try {
      assert.is((await inspectBytes(turned)).facts.tarSha256, facts.tarSha256);
      accepted += 1;
    } catch (error) {
      assert.ok(isVitteError(error), String(error));
    }
  }
  // Time, system and the like in the gzip header, which mean nothing.
  assert.ok(accepted <= plainGzipHeader.length, `${accepted} accepted`);
});

test('a tar with bytes changed anywhere gives a refusal with a code, never another error', async () => {
  const content = tar(anyFile('src/é.vit', 'x'), lib, manifest());
  const change = fc.record({
    at: fc.nat({ max: content.length - 1 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const changed = Buffer.from(content);
      for (const { at, bytes } of changes) changed.set(bytes.subarray(0, content.length - at), at);
      await inspectBytes(gzip(changed)).catch((error) =>
        assert.ok(isVitteError(error), String(error)),
      );
    }),
    { numRuns: 300 },
  );
});

test('however the bytes are cut, the answer is the same', async () => {
  const archive = goodArchive();
  const whole = await inspectBytes(archive);
  assert.equal(await inspectBytes(archive, 'vitmod', { pieceBytes: 1 }), whole);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
      async (sizes) => {
        const inspection = inspectArchive('vitmod');
        async function* source() {
          for (let at = 0, turn = 0; at < archive.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            yield archive.subarray(at, at + size);
            at += size;
          }
        }
        for await (const _ of inspection.through(source()));
        assert.equal(inspection.result(), whole);
      },
    ),
    { numRuns: 30 },
  );
});

test('the ratio is judged at fixed offsets, so that the cut of the bytes never decides', async () => {
  const fileOf = (zeros: number) => gzip(tar(tarFile('a', Buffer.alloc(zeros)), lib, manifest()));
  const below = fileOf(1024 * 1024 - 8192);
  const above = fileOf(1024 * 1024);
  for (const pieceBytes of [1, 777, 1 << 20]) {
    const found = await inspectBytes(below, 'vitmod', { pieceBytes });
    assert.is(found.entries.length, 3, 'under the floor of 1 MiB');
    const refusal = await refusalOf(inspectBytes(above, 'vitmod', { pieceBytes }));
    assert.is(refusal.code, 'PKG_E_ARCHIVE_LIMIT');
  }
  const zeros = tarFile('zeros', Buffer.alloc(8 * 1024 * 1024));
  const random = (name: string) => tarFile(name, randomBytes(200 * 1024));
  const zerosLast = gzip(tar(random('a'), lib, manifest(), zeros));
  const zerosFirst = gzip(tar(lib, manifest(), zeros, random('zz')));
  for (const pieceBytes of [1000, 16 * 1024, 1 << 20]) {
    const found = await inspectBytes(zerosLast, 'vitmod', { pieceBytes });
    assert.is(found.entries.length, 4, 'within the ratio at every step');
    const refusal = await refusalOf(inspectBytes(zerosFirst, 'vitmod', { pieceBytes }));
    assert.is(refusal.code, 'PKG_E_ARCHIVE_LIMIT', 'within it at the end alone');
  }
  const lifted = await inspectBytes(above, 'vitmod', { limits: { ratioMax: 1100 } });
  assert.is(lifted.entries.length, 3);
});

test('limits may be given, and each is kept to exactly', async () => {
  const archive = gzip(tar(tarFile('a/b', '12345'), lib, manifest()));
  const { facts } = await inspectBytes(archive);
  const exact = {
    entriesMax: 3,
    pathBytesMax: 'vitte-package.json'.length,
    pathDepthMax: 2,
    unpackedBytesMax: facts.unpackedBytes,
  };
  await inspectBytes(archive, 'vitmod', { limits: exact });
  for (const [key, most] of Object.entries(exact)) {
    const limits = { ...exact, [key]: most - 1 };
    const refusal = await refusalOf(inspectBytes(archive, 'vitmod', { limits }));
    assert.is(refusal.code, 'PKG_E_ARCHIVE_LIMIT', key);
    assert.is(refusal.data?.entry, key === 'pathDepthMax' ? 'a/b' : 'vitte-package.json', key);
  }
});

test('every byte passes through unchanged, no faster than it is inspected', async () => {
  const archive = goodArchive();
  let pulled = 0;
  async function* source() {
    for await (const piece of pieces(archive, 100)) {
      pulled += 1;
      yield piece;
    }
  }
  const out: Uint8Array[] = [];
  for await (const chunk of inspectArchive('vitmod').through(source())) {
    out.push(chunk);
    assert.is(pulled, out.length);
  }
  assert.ok(Buffer.concat(out).equals(archive));
});

test('nothing of a refused chunk passes, and the source is asked for no more', async () => {
  let pulled = 0;
  async function* source() {
    yield goodArchive().subarray(0, 20);
    yield Buffer.from('no deflate stream at all'.repeat(10));
    pulled += 1;
  }
  const passed: Uint8Array[] = [];
  await refusalOf(
    (async () => {
      for await (const chunk of inspectArchive('vitmod').through(source())) passed.push(chunk);
    })(),
  );
  assert.is(passed.length, 1);
  assert.is(pulled, 0);
});

test('the source is let go of when the reader leaves midway and when the archive is refused', async () => {
  const signal = new AbortController().signal;
  for (const options of [{}, { signal }]) {
    for (const archive of [goodArchive(), Buffer.from('no gzip')]) {
      let closed = false;
      async function* source() {
        try {
          yield* pieces(archive, 10);
        } finally {
          await new Promise((resolve) => setImmediate(resolve));
          closed = true;
        }
      }
      try {
        for await (const _ of inspectArchive('vitmod', options).through(source())) break;
      } catch (error) {
        assert.ok(isVitteError(error));
      }
      assert.ok(closed);
    }
  }
});

test('an aborted signal ends the inspection with its reason, even while the source is silent', async () => {
  const controller = new AbortController();
  const reason = new Error('the client has gone');
  async function* source() {
    yield goodArchive().subarray(0, 20);
    controller.abort(reason);
    await new Promise(() => {});
  }
  const inspection = inspectArchive('vitmod', { signal: controller.signal });
  let thrown: unknown;
  try {
    for await (const _ of inspection.through(source()));
  } catch (error) {
    thrown = error;
  }
  assert.is(thrown, reason);
});

test("the source's own errors pass as they are", async () => {
  const broken = new Error('connection reset');
  async function* source() {
    yield goodArchive().subarray(0, 20);
    throw broken;
  }
  let thrown: unknown;
  try {
    for await (const _ of inspectArchive('vitmod').through(source()));
  } catch (error) {
    thrown = error;
  }
  assert.is(thrown, broken);
});

test('there is no result before the end, and none of a refused archive', async () => {
  const inspection = inspectArchive('vitmod');
  assert.throws(
    () => inspection.result(),
    (error: unknown) => isVitteError(error, 'PKG_E_INTERNAL'),
  );
  await refusalOf(
    (async () => {
      for await (const _ of inspection.through(
        pieces(Buffer.concat([goodArchive(), Buffer.of(0)])),
      ));
    })(),
  );
  assert.throws(
    () => inspection.result(),
    (error: unknown) => isVitteError(error, 'PKG_E_INTERNAL'),
  );
});

test('a file on disk is inspected by the kind of its suffix', async () => {
  await inFolder(async (folder) => {
    const binary = gzip(tar(tarFile('bin/demo', 'x', { mode: '0000755\0' }), manifest()));
    for (const name of ['demo.vitmod', 'demo.vitpkg', 'demo.tgz']) {
      await writeFile(join(folder, name), binary);
    }
    assert.is((await inspectFile(join(folder, 'demo.vitpkg'))).kind, 'vitpkg');
    assert.is((await inspectFile(join(folder, 'demo.tgz'), { kind: 'vitpkg' })).kind, 'vitpkg');
    const asSource = await refusalOf(inspectFile(join(folder, 'demo.vitmod')));
    assert.is(asSource.code, 'PKG_E_ARCHIVE_HEADER');
    for (const name of ['demo.tgz', 'missing.vitmod']) {
      const refusal = await refusalOf(inspectFile(join(folder, name)));
      assert.is(refusal.code, 'PKG_E_FILE');
      assert.match(refusal.message, name);
    }
  });
});

test.run();
