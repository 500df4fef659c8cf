// Archives that must be refused, each for one cause of its own: a good archive with one thing wrong. The
// table is made by code; archive tests and REST tests both go through it.
import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { ErrorCode } from '../../src/core/errors.ts';
import type { ArchiveKind } from '../../src/core/media-types.ts';
import {
  anyFile,
  type Bytes,
  type Fields,
  gzip,
  octalSize,
  padded,
  paxFile,
  paxHeader,
  paxRecord,
  plainGzipHeader,
  tar,
  tarEnd,
  tarFile,
  tarHeader,
  zeroBlock,
} from './tar-builder.ts';

export type HostileArchive = {
  /** The cause; no two rows have the same. */
  name: string;
  kind: ArchiveKind;
  code: ErrorCode;
  /** What the refusal must name; absent where the whole archive is at fault. */
  entry?: string;
  /** Made anew at each call, since some are large. */
  bytes(): Buffer;
};

export const goodManifest = {
  schema: 'vitte.package.manifest.v1',
  name: 'demo-lib',
  version: '0.1.0',
  kind: 'library',
  entry: 'src/lib.vit',
  dependencies: {},
  tests: [] as string[],
};

const lib = 'space packages/demo_lib\nexport *\n';
const manifestPath = 'vitte-package.json';

/** The archive that every row spoils: three files, one of them with a pax header. */
export function goodArchive(): Buffer {
  return gzip(tar(...withEntry('src/é.vit', paxFile('src/é.vit', 'x'))));
}

/** All rows. */
export function hostileArchives(): HostileArchive[] {
  return [
    ...gzipRows(),
    ...endRows(),
    ...fieldRows(),
    ...typeRows(),
    ...paxRows(),
    ...pathRows(),
    ...contentRows(),
  ];
}

function gzipRows(): HostileArchive[] {
  const good = gzip(goodTar());
  const header = (flags: number, rest: Bytes = '') =>
    Buffer.concat([
      Buffer.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255),
      Buffer.from(rest as string),
    ]);
  const method = Buffer.from(plainGzipHeader);
  method[2] = 7;
  const rows: [string, ErrorCode, () => Buffer][] = [
    ['no bytes at all', 'PKG_E_ARCHIVE_EMPTY', () => Buffer.alloc(0)],
    ['a bare tar', 'PKG_E_ARCHIVE_GZIP', goodTar],
    ['a zip file', 'PKG_E_ARCHIVE_GZIP', () => Buffer.from('PK\x03\x04\x14\0\0\0\x08\0')],
    [
      'a gzip header with another magic',
      'PKG_E_ARCHIVE_GZIP',
      () =>
        gzip(goodTar(), { header: Buffer.concat([Buffer.of(0x1f, 0x9e), header(0).subarray(2)]) }),
    ],
    ['a gzip magic cut by half', 'PKG_E_ARCHIVE_TRUNCATED', () => good.subarray(0, 1)],
    [
      'a compression method that is not deflate',
      'PKG_E_ARCHIVE_GZIP',
      () => gzip(goodTar(), { header: method }),
    ],
    ['a reserved gzip flag', 'PKG_E_ARCHIVE_GZIP', () => gzip(goodTar(), { header: header(0x20) })],
    [
      'a gzip comment of 70,000 bytes',
      'PKG_E_ARCHIVE_LIMIT',
      () => gzip(goodTar(), { header: header(0x10, `${'c'.repeat(70_000)}\0`) }),
    ],
    [
      'a gzip header with a wrong checksum of its own',
      'PKG_E_ARCHIVE_GZIP',
      () => gzip(goodTar(), { header: header(0x02, '\x01\x02') }),
    ],
    ['an upload cut in the gzip header', 'PKG_E_ARCHIVE_TRUNCATED', () => good.subarray(0, 7)],
    [
      'an upload cut in the compressed bytes',
      'PKG_E_ARCHIVE_TRUNCATED',
      () => good.subarray(0, 60),
    ],
    [
      'an upload cut before the gzip trailer',
      'PKG_E_ARCHIVE_TRUNCATED',
      () => good.subarray(0, -8),
    ],
    ['an upload cut in the gzip trailer', 'PKG_E_ARCHIVE_TRUNCATED', () => good.subarray(0, -1)],
    [
      'bytes that are no deflate stream',
      'PKG_E_ARCHIVE_GZIP',
      () => gzip(goodTar(), { deflate: Buffer.alloc(100, 0xff) }),
    ],
    ['a wrong CRC-32 in the gzip trailer', 'PKG_E_ARCHIVE_GZIP', () => gzip(goodTar(), { crc: 1 })],
    ['a wrong size in the gzip trailer', 'PKG_E_ARCHIVE_GZIP', () => gzip(goodTar(), { size: 1 })],
    [
      'one byte after the gzip member',
      'PKG_E_ARCHIVE_TRAILING',
      () => Buffer.concat([good, Buffer.of(1)]),
    ],
    [
      'zeros after the gzip member',
      'PKG_E_ARCHIVE_TRAILING',
      () => Buffer.concat([good, Buffer.alloc(512)]),
    ],
    ['a second gzip member', 'PKG_E_ARCHIVE_TRAILING', () => Buffer.concat([good, good])],
    [
      'an archive split into two gzip members',
      'PKG_E_ARCHIVE_TRAILING',
      () => Buffer.concat([gzip(goodTar().subarray(0, 512)), gzip(goodTar().subarray(512))]),
    ],
    [
      'a compression ratio over 200',
      'PKG_E_ARCHIVE_LIMIT',
      () => gzip(tar(...withEntry('zeros', tarFile('zeros', Buffer.alloc(4 * 1024 * 1024))))),
    ],
  ];
  return rows.map(([name, code, bytes]) => ({ name, kind: 'vitmod', code, bytes }));
}

function endRows(): HostileArchive[] {
  const files = Buffer.concat(withEntry('a', tarFile('a', 'content')));
  const cut = (
    name: string,
    code: ErrorCode,
    bytes: () => Buffer,
    entry?: string,
  ): HostileArchive => ({
    name,
    kind: 'vitmod',
    code,
    ...(entry === undefined ? {} : { entry }),
    bytes: () => gzip(bytes()),
  });
  const first = tarFile('a', 'content');
  return [
    cut('gzip of nothing', 'PKG_E_ARCHIVE_TRUNCATED', () => Buffer.alloc(0)),
    cut('no file', 'PKG_E_ARCHIVE_EMPTY', () => tarEnd),
    cut('no zero block', 'PKG_E_ARCHIVE_TRUNCATED', () => files),
    cut('one zero block', 'PKG_E_ARCHIVE_TRUNCATED', () => Buffer.concat([files, zeroBlock])),
    cut('a second zero block cut short', 'PKG_E_ARCHIVE_TRUNCATED', () =>
      tar(files).subarray(0, -1),
    ),
    cut('a last block that is not zero', 'PKG_E_ARCHIVE_TRAILING', () =>
      Buffer.concat([files, zeroBlock, padded('x')]),
    ),
    cut('three zero blocks', 'PKG_E_ARCHIVE_TRAILING', () =>
      Buffer.concat([tar(files), zeroBlock]),
    ),
    cut('a file after the end', 'PKG_E_ARCHIVE_TRAILING', () =>
      Buffer.concat([tar(files), tarFile('zz', 'content')]),
    ),
    cut('one byte after the end', 'PKG_E_ARCHIVE_TRAILING', () =>
      Buffer.concat([tar(files), Buffer.of(0)]),
    ),
    cut('a file after one zero block', 'PKG_E_ARCHIVE_TRAILING', () =>
      Buffer.concat([files, zeroBlock, tar(tarFile('zz'))]),
    ),
    cut('a tar cut in a header', 'PKG_E_ARCHIVE_TRUNCATED', () => first.subarray(0, 300)),
    cut('a tar cut in a content', 'PKG_E_ARCHIVE_TRUNCATED', () => first.subarray(0, 515), 'a'),
    cut('a tar cut in a padding', 'PKG_E_ARCHIVE_TRUNCATED', () => first.subarray(0, 600), 'a'),
  ];
}

function fieldRows(): HostileArchive[] {
  const base256 = Buffer.alloc(12);
  base256[0] = 0x80;
  base256[11] = 1;
  const rows: [string, Fields][] = [
    ['a wrong header checksum', { checksum: '000001\0 ' }],
    ['a header checksum that is no number', { checksum: 'checksum' }],
    ['the magic of old GNU tar', { magic: 'ustar ', version: ' \0' }],
    ['a magic that ends in a space', { magic: 'ustar ' }],
    ['a header without magic', { magic: '', version: '' }],
    ['another ustar version', { version: '01' }],
    ['a size in base 256', { size: base256 }],
    ['a negative size', { size: '-0000000001\0' }],
    ['a size with other characters than digits', { size: '0000000000x\0' }],
    ['a size with a digit 8', { size: '00000000008\0' }],
    ['a size without an end', { size: '000000000001' }],
    ['a size that goes on after its end', { size: '00001\x000001\0' }],
    ['a blank size', { size: ' '.repeat(12) }],
    ['a blank mode', { mode: '' }],
    ['a uid', { uid: '0001750\0' }],
    ['a gid', { gid: '0001750\0' }],
    ['a time', { mtime: '14717066125\0' }],
    ['an owner name', { uname: 'root' }],
    ['a group name', { gname: 'root' }],
    ['a link target on a regular file', { linkname: '/etc/passwd' }],
    ['a device major number', { devmajor: '0000001\0' }],
    ['a device minor number', { devminor: '0000001\0' }],
    ['a prefix field', { prefix: 'src' }],
    ['bytes in the unused end of the header', { rest: 'x' }],
    ['bytes after the end of the name', { name: 'spoiled\0hidden' }],
    ['an executable in a source package', { mode: '0000755\0' }],
    ['a file that anybody may write', { mode: '0000666\0' }],
  ];
  return [
    ...rows.map(([name, fields]) =>
      row(name, 'PKG_E_ARCHIVE_HEADER', 'spoiled', tarFile('spoiled', '', fields)),
    ),
    row(
      'a setuid executable',
      'PKG_E_ARCHIVE_HEADER',
      'spoiled',
      tarFile('spoiled', '', { mode: '0004755\0' }),
      'vitpkg',
    ),
    row(
      'a padding that is not zero',
      'PKG_E_ARCHIVE_HEADER',
      'spoiled',
      Buffer.concat([tarHeader({ name: 'spoiled', size: octalSize(3) }), padded('abc', 1)]),
    ),
  ];
}

function typeRows(): HostileArchive[] {
  const types: [string, string][] = [
    ['a regular file of the old type NUL', '\0'],
    ['a character device', '3'],
    ['a block device', '4'],
    ['a directory entry', '5'],
    ['a named pipe', '6'],
    ['a contiguous file', '7'],
    ['a GNU long name', 'L'],
    ["a GNU long link's name", 'K'],
    ['a GNU sparse file', 'S'],
    ['a GNU multi-volume continuation', 'M'],
    ['a global pax header', 'g'],
    ['a pax header of Solaris', 'X'],
    ['a type that nobody knows', '!'],
  ];
  return [
    ...types.map(([name, type]) =>
      row(name, 'PKG_E_ARCHIVE_ENTRY_TYPE', 'spoiled', tarFile('spoiled', '', { type })),
    ),
    row(
      'a symbolic link out of the package',
      'PKG_E_ARCHIVE_LINK',
      'spoiled',
      tarFile('spoiled', '', { type: '2', linkname: '../../etc/passwd' }),
    ),
    row(
      'a hard link within the package',
      'PKG_E_ARCHIVE_LINK',
      'spoiled',
      tarFile('spoiled', '', { type: '1', linkname: manifestPath }),
    ),
  ];
}

function paxRows(): HostileArchive[] {
  const path = 'src/ä.vit';
  const pathRecord = paxRecord('path', path);
  const file = tarFile('src/?.vit', 'x');
  const own = '././@PaxHeader';
  const header = (records: Bytes, fields: Fields = {}) => paxHeader(records, fields);
  const rows: [string, string, Buffer[]][] = [
    ['a pax header that its path does not need', 'src/x.vit', [paxFile('src/x.vit', 'x')]],
    [
      'a second pax record',
      own,
      [header(Buffer.concat([pathRecord, paxRecord('mtime', '1.5')])), file],
    ],
    ['a pax link path', own, [header(paxRecord('linkpath', '/etc/passwd')), file]],
    ['a pax size', own, [header(paxRecord('size', '1')), file]],
    ['a sparse file of pax form', own, [header(paxRecord('GNU.sparse.major', '1')), file]],
    ['a pax record that is longer than its header', own, [header(`99 path=${path}\n`), file]],
    ['a pax record without a length', own, [header(`path=${path}\n`), file]],
    ['a pax record with a length of leading zeros', own, [header(`019 path=${path}\n`), file]],
    ['a pax record without a line feed', own, [header(pathRecord.subarray(0, -1)), file]],
    ['an empty pax header', own, [header(''), file]],
    ['a pax header before a pax header', path, [header(pathRecord), header(pathRecord), file]],
    ['a pax header before the end', path, [header(pathRecord), tarEnd]],
    [
      'a pax padding that is not zero',
      own,
      [
        tarHeader({ name: own, type: 'x', size: octalSize(pathRecord.length) }),
        padded(pathRecord, 1),
        file,
      ],
    ],
    [
      'a pax header with the name of a file',
      path,
      [header(pathRecord, { name: manifestPath }), file],
    ],
    [
      'a pax header with the mode of an executable',
      own,
      [header(pathRecord, { mode: '0000755\0' }), file],
    ],
    [
      'a manifest that hides behind a pax path',
      path,
      [header(pathRecord), tarFile(manifestPath, '{}')],
    ],
  ];
  const long = 'n'.repeat(600);
  return [
    ...rows.map(([name, entry, parts]) =>
      row(name, 'PKG_E_ARCHIVE_HEADER', entry, Buffer.concat(parts)),
    ),
    row(
      'a pax header of a megabyte',
      'PKG_E_ARCHIVE_LIMIT',
      own,
      Buffer.concat([header(paxRecord('path', long.repeat(1700))), file]),
    ),
    {
      name: 'a tar cut after a pax header',
      kind: 'vitmod',
      code: 'PKG_E_ARCHIVE_TRUNCATED',
      entry: path,
      bytes: () => gzip(header(pathRecord)),
    },
    {
      name: 'a tar cut in a pax header',
      kind: 'vitmod',
      code: 'PKG_E_ARCHIVE_TRUNCATED',
      entry: own,
      bytes: () => gzip(header(pathRecord).subarray(0, 530)),
    },
  ];
}

function pathRows(): HostileArchive[] {
  const paths: [string, ErrorCode, string][] = [
    ['a path with ..', 'PKG_E_ARCHIVE_PATH', 'src/../../x'],
    ['a path that begins with ..', 'PKG_E_ARCHIVE_PATH', '../x'],
    ['an absolute path', 'PKG_E_ARCHIVE_PATH', '/etc/x'],
    ['a path with a . part', 'PKG_E_ARCHIVE_PATH', './x'],
    ['a path with an empty part', 'PKG_E_ARCHIVE_PATH', 'src//x'],
    ['a regular file with the name of a folder', 'PKG_E_ARCHIVE_PATH', 'src/'],
    ['a path with a backslash', 'PKG_E_ARCHIVE_PATH', 'src\\x'],
    ['a path with a drive letter', 'PKG_E_ARCHIVE_PATH', 'C:/x'],
    ['a path with a line feed', 'PKG_E_ARCHIVE_PATH', 'src/a\nb'],
    ['a path with an escape sequence', 'PKG_E_ARCHIVE_PATH', 'src/\x1b[2Jx'],
    ['a path with a control character beyond ASCII', 'PKG_E_ARCHIVE_PATH', 'src/\u009bx'],
    ['a path with NUL', 'PKG_E_ARCHIVE_PATH', 'src/é\0x'],
    ['a path in normal form D', 'PKG_E_ARCHIVE_PATH', 'src/e\u0301.vit'],
    ['an empty path', 'PKG_E_ARCHIVE_PATH', ''],
    ['a path over 255 bytes', 'PKG_E_ARCHIVE_LIMIT', `src/${'n'.repeat(252)}`],
    ['a path over 255 bytes in fewer characters', 'PKG_E_ARCHIVE_LIMIT', `src/${'é'.repeat(126)}`],
    ['a path of 33 parts', 'PKG_E_ARCHIVE_LIMIT', Array(33).fill('d').join('/')],
    ['build output', 'PKG_E_ARCHIVE_EXCLUDED', 'target/x'],
    ['build output further down', 'PKG_E_ARCHIVE_EXCLUDED', 'src/_build/x'],
    ["Perl's build output", 'PKG_E_ARCHIVE_EXCLUDED', 'blib/x'],
    ['a hidden file', 'PKG_E_ARCHIVE_EXCLUDED', '.env'],
    ['a git configuration', 'PKG_E_ARCHIVE_EXCLUDED', '.git/config'],
    ['a file in a hidden folder further down', 'PKG_E_ARCHIVE_EXCLUDED', 'src/.cache/x'],
  ];
  const beyond = (name: string, bytes: Buffer): HostileArchive => ({
    name,
    kind: 'vitmod',
    code: 'PKG_E_ARCHIVE_PATH',
    entry: bytes.toString(),
    bytes: () => gzip(tar(paxHeader(paxRecord('path', bytes)), tarFile('x'))),
  });
  const sequence = (
    name: string,
    code: ErrorCode,
    entry: string,
    ...all: string[]
  ): HostileArchive => ({
    name,
    kind: 'vitmod',
    code,
    entry,
    bytes: () => gzip(tar(...all.map((path) => anyFile(path)), goodFile())),
  });
  return [
    ...paths.map(([name, code, path]) => row(name, code, path, anyFile(path))),
    row(
      'a hidden file in a binary package',
      'PKG_E_ARCHIVE_EXCLUDED',
      '.env',
      tarFile('.env'),
      'vitpkg',
    ),
    beyond('a path that is not UTF-8', Buffer.from('src/\xff\xfe', 'latin1')),
    beyond('an overlong UTF-8 slash', Buffer.from('src\xc0\xafx', 'latin1')),
    beyond('a surrogate in UTF-8', Buffer.from('src/\xed\xa0\x80', 'latin1')),
    row(
      'a path beyond ASCII without a pax header',
      'PKG_E_ARCHIVE_PATH',
      'src/é',
      tarFile('src/é'),
    ),
    sequence('two files out of order', 'PKG_E_ARCHIVE_ORDER', 'a', 'b', 'a'),
    sequence('order by folder and not by code point', 'PKG_E_ARCHIVE_ORDER', 'a-b', 'a/b', 'a-b'),
    sequence(
      'order by UTF-16 unit and not by code point',
      'PKG_E_ARCHIVE_ORDER',
      '\uff5e',
      '\u{1d4b3}',
      '\uff5e',
    ),
    sequence('a file that stands in it twice', 'PKG_E_ARCHIVE_DUPLICATE', 'a', 'a', 'a'),
    sequence('a file that comes again later', 'PKG_E_ARCHIVE_DUPLICATE', 'a', 'a', 'b', 'a'),
    sequence('two files that differ in case', 'PKG_E_ARCHIVE_CASE', 'a/b', 'A/b', 'a/b'),
    sequence('two files that differ in case beyond ASCII', 'PKG_E_ARCHIVE_CASE', 'é', 'É', 'é'),
    sequence(
      'two files that differ in case by more than one letter',
      'PKG_E_ARCHIVE_CASE',
      'straße',
      'STRASSE',
      'straße',
    ),
    sequence('a file and a folder of the same name', 'PKG_E_ARCHIVE_DUPLICATE', 'a/b', 'a', 'a/b'),
    sequence(
      'a file and a folder of the same name with a file between them',
      'PKG_E_ARCHIVE_DUPLICATE',
      'a/b',
      'a',
      'a-b',
      'a/b',
    ),
    sequence('a file and a folder that differ in case', 'PKG_E_ARCHIVE_CASE', 'a/b', 'A', 'a/b'),
    sequence(
      'a folder and a later file that differ in case',
      'PKG_E_ARCHIVE_CASE',
      'A/b',
      'A/b',
      'a',
    ),
  ];
}

function contentRows(): HostileArchive[] {
  const manifest = (
    name: string,
    code: ErrorCode,
    content: Bytes,
    entry = manifestPath,
  ): HostileArchive => ({
    name,
    kind: 'vitmod',
    code,
    entry,
    bytes: () => gzip(tar(tarFile('src/lib.vit', lib), tarFile(manifestPath, content))),
  });
  const toml = (name: string, code: ErrorCode, content: Bytes): HostileArchive => ({
    name,
    kind: 'vitmod',
    code,
    entry: 'vitte.toml',
    bytes: () => gzip(tar(tarFile('src/lib.vit', lib), tarFile('vitte.toml', content))),
  });
  const stating = (fields: object) => JSON.stringify({ ...goodManifest, ...fields });
  const long = randomBytes(1024 * 1024 + 1); // random, so that the ratio is not at fault
  return [
    ...limitRows(),
    {
      name: 'no manifest',
      kind: 'vitmod',
      code: 'PKG_E_MANIFEST_MISSING',
      bytes: () => gzip(tar(tarFile('src/lib.vit', lib))),
    },
    {
      name: 'a manifest that is not at the root',
      kind: 'vitmod',
      code: 'PKG_E_MANIFEST_MISSING',
      bytes: () => gzip(tar(tarFile(`demo/${manifestPath}`, stating({})))),
    },
    row(
      'manifests of both generations',
      'PKG_E_MANIFEST_AMBIGUOUS',
      'vitte.toml',
      tarFile('vitte.toml', '[package]\nname = "x"\n'),
    ),
    manifest('a manifest over a megabyte', 'PKG_E_DOCUMENT', long),
    manifest('an empty manifest', 'PKG_E_DOCUMENT', ''),
    manifest('a manifest that is no JSON', 'PKG_E_DOCUMENT', '{"name": }'),
    manifest('a manifest that is a list', 'PKG_E_MANIFEST_FIELD', '[]'),
    manifest(
      'a manifest that is not UTF-8',
      'PKG_E_DOCUMENT',
      Buffer.from('{"name": "\xff"}', 'latin1'),
    ),
    manifest('a manifest with a byte order mark', 'PKG_E_DOCUMENT', `\ufeff${stating({})}`),
    manifest(
      'a manifest nested 65 levels deep',
      'PKG_E_DOCUMENT',
      `${'['.repeat(65)}${']'.repeat(65)}`,
    ),
    manifest('a manifest of 900,000 opening brackets', 'PKG_E_DOCUMENT', '['.repeat(900_000)),
    manifest(
      'a manifest of 450,000 escaped quotes that never close',
      'PKG_E_DOCUMENT',
      `"${'\\"'.repeat(450_000)}`,
    ),
    manifest(
      'a manifest that names a member twice',
      'PKG_E_DOCUMENT',
      stating({}).replace('{', '{"name":"other",'),
    ),
    manifest(
      'a manifest of an unknown schema',
      'PKG_E_MANIFEST_VERSION',
      stating({ schema: 'vitte.package.manifest.v9' }),
    ),
    manifest('a manifest without a name', 'PKG_E_MANIFEST_FIELD', stating({ name: undefined })),
    manifest('a name that no package may have', 'PKG_E_PACKAGE_NAME', stating({ name: '../demo' })),
    manifest('a version that is none', 'PKG_E_PACKAGE_VERSION', stating({ version: '1.0' })),
    manifest('a kind that is none', 'PKG_E_PACKAGE_KIND', stating({ kind: 'plugin' })),
    manifest(
      'a dependency on a folder',
      'PKG_E_DEPENDENCY_SOURCE',
      stating({ dependencies: { other: { path: '../other' } } }),
    ),
    manifest(
      'a requirement that is none',
      'PKG_E_DEPENDENCY_VERSION',
      stating({ dependencies: { other: '>=>1' } }),
    ),
    manifest('an entry outside the package', 'PKG_E_PATH_ESCAPE', stating({ entry: '../lib.vit' })),
    manifest(
      'an entry that is not there',
      'PKG_E_ENTRY_MISSING',
      stating({ entry: 'src/main.vit' }),
      'src/main.vit',
    ),
    manifest(
      'a test that is not there',
      'PKG_E_TEST_MISSING',
      stating({ tests: ['tests/a.vit'] }),
      'tests/a.vit',
    ),
    toml('TOML that is none', 'PKG_E_DOCUMENT', '[package'),
    toml('TOML nested 65 levels deep', 'PKG_E_DOCUMENT', `x = ${'['.repeat(65)}${']'.repeat(65)}`),
    toml('TOML with a key of 100,000 parts', 'PKG_E_DOCUMENT', `${'a.'.repeat(100_000)}a = 1`),
    toml('TOML over a megabyte', 'PKG_E_DOCUMENT', long),
    row('a README over a megabyte', 'PKG_E_README_SIZE', 'README.md', tarFile('README.md', long)),
    row(
      'a README without suffix over a megabyte',
      'PKG_E_README_SIZE',
      'README',
      tarFile('README', long),
    ),
  ];
}

function limitRows(): HostileArchive[] {
  const empty = (index: number) => tarFile(`f${String(index).padStart(6, '0')}`);
  return [
    row(
      'a file of 8 GiB',
      'PKG_E_ARCHIVE_LIMIT',
      'huge',
      tarHeader({ name: 'huge', size: '77777777777\0' }),
    ),
    row(
      'files over 4 GiB together',
      'PKG_E_ARCHIVE_LIMIT',
      'b',
      Buffer.concat([tarFile('a', 'x'), tarHeader({ name: 'b', size: octalSize(4 * 1024 ** 3) })]),
    ),
    {
      name: '50,001 files',
      kind: 'vitmod',
      code: 'PKG_E_ARCHIVE_LIMIT',
      entry: 'f050000',
      bytes: () => {
        const all = Buffer.concat(Array.from({ length: 50_001 }, (_, index) => empty(index)));
        // Poorly compressed on purpose, so that the count is at fault and not the ratio.
        return gzip(tar(all), { deflate: deflateRawSync(tar(all), { level: 1, strategy: 2 }) });
      },
    },
  ];
}

/** The good archive with one more entry. */
function row(
  name: string,
  code: ErrorCode,
  entry: string,
  bytes: Buffer,
  kind: ArchiveKind = 'vitmod',
): HostileArchive {
  return { name, kind, code, entry, bytes: () => gzip(tar(...withEntry(entry, bytes))) };
}

function goodTar(): Buffer {
  return tar(...withEntry('src/é.vit', paxFile('src/é.vit', 'x')));
}

function goodFile(): Buffer {
  return tarFile(manifestPath, JSON.stringify(goodManifest));
}

/** The good files and one more entry, in path order. */
function withEntry(path: string, entry: Buffer): Buffer[] {
  const all: [string, Buffer][] = [
    ['src/lib.vit', tarFile('src/lib.vit', lib)],
    [manifestPath, goodFile()],
    [path, entry],
  ];
  all.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return all.map(([, bytes]) => bytes);
}
