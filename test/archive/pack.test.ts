import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { inspectFile } from '../../src/archive/inspect.ts';
import { packFolder } from '../../src/archive/pack.ts';
import { listFolder } from '../../src/archive/source-folder.ts';
import { tarStream } from '../../src/archive/tar-stream.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { type Files, inFolder, writeFiles } from '../support/folders.ts';
import { goodManifest } from '../support/hostile-archives.ts';
import { inspectBytes, refusalOf } from '../support/inspection.ts';
import type { PackTask } from '../support/pack-child.ts';
import { suite } from '../support/suite.ts';
import { anyFile, tar } from '../support/tar-builder.ts';

const test = suite('archive: packing');
const manifest = JSON.stringify(goodManifest);
const small: Files = { 'src/lib.vit': 'space packages/demo_lib\n', 'vitte-package.json': manifest };
const packChild = fileURLToPath(new URL('../support/pack-child.ts', import.meta.url));

/** Files whose order is not the one in which folders are walked or UTF-16 units compare. */
const manyFiles = {
  'a-b.vit': 'sorts before the folder a',
  'a/b.vit': 'in a folder',
  'a.vit': '',
  'Z.vit': 'capital',
  'src/lib.vit': 'space packages/demo_lib\n',
  'src/\uff5e.vit': 'a high unit, a low code point',
  'src/\u{1d4b3}.vit': 'a low unit, a high code point',
  'src/é.vit': 'é',
  [`${'deep/'.repeat(20)}${'n'.repeat(40)}.vit`]: 'over 100 bytes',
  'block.vit': 'x'.repeat(512),
  'vitte-package.json': manifest,
};

test('packing writes the canonical tar, and gives what inspection gives', async () => {
  await inFolder(async (folder) => {
    await writeFiles(join(folder, 'demo'), manyFiles);
    const packed = await packFolder(join(folder, 'demo'), { directory: folder });
    const { file, ...found } = packed;
    assert.is(file, join(folder, 'demo-lib-0.1.0.vitmod'));
    const bytes = await readFile(file);
    const files = Object.entries(manyFiles).sort(([a], [b]) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    const expected = tar(...files.map(([path, content]) => anyFile(path, content)));
    assert.ok(gunzipSync(bytes).equals(expected));
    assert.equal(await inspectBytes(bytes), found);
    assert.equal(await inspectFile(file), found);
  });
});

test('two paths, umasks, time zones, locales and orders of names give the same tar bytes', async () => {
  await inFolder(async (folder) => {
    const runs: [Partial<PackTask>, NodeJS.ProcessEnv][] = [
      [
        { umask: 0o022, shuffle: 0 },
        { TZ: 'UTC', LC_ALL: 'C' },
      ],
      [
        { umask: 0o077, shuffle: 1 },
        { TZ: 'Pacific/Auckland', LC_ALL: 'fr_FR.UTF-8' },
      ],
      [
        { umask: 0o000, shuffle: 2 },
        { TZ: 'America/St_Johns', LC_ALL: 'tr_TR.UTF-8' },
      ],
      [
        { umask: 0o027, shuffle: 3 },
        { TZ: 'Asia/Kolkata', LC_ALL: 'sv_SE.UTF-8' },
      ],
    ];
    const tars = await Promise.all(
      runs.map(async ([task, environment], index) => {
        const output = join(folder, `${index}.vitmod`);
        const place = join(folder, index % 2 === 0 ? 'here' : 'quite/another/place', `${index}`);
        const whole = { ...task, folder: place, output, files: manyFiles };
        const report = await runChild(JSON.stringify(whole), environment);
        return { tar: gunzipSync(await readFile(output)), report };
      }),
    );
    for (const { tar, report } of tars) {
      assert.ok(tars[0]?.tar.equals(tar));
      assert.is(report, tars[0]?.report);
    }
  });
});

test('times and permissions on disk do not show', async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, small);
    const before = await packFolder(folder, { directory: folder });
    await utimes(join(folder, 'src/lib.vit'), 1, 1);
    await chmod(join(folder, 'src/lib.vit'), 0o700);
    const after = await packFolder(folder, { directory: folder });
    assert.is(after.facts.tarSha256, before.facts.tarSha256);
  });
});

test('build output, hidden files and earlier archives are left out', async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, {
      ...small,
      '.git/config': '',
      '.env': '',
      'src/.hidden/x': '',
      'target/demo': '',
      'src/target/x': '',
      'blib/x': '',
      'src/_build/x': '',
      '.vitte/packages/x': '',
      'demo-lib-0.0.9.vitmod': '',
      'demo-lib-0.0.9.vitpkg': '',
      'tests/sample.vitmod': 'kept: it is no archive of this package',
      'out/demo.vitmod': 'what the archive is going to replace',
    });
    const target = { file: join(folder, 'out/demo.vitmod') };
    const packed = await packFolder(folder, target);
    const paths = ['src/lib.vit', 'tests/sample.vitmod', 'vitte-package.json'];
    assert.equal(
      packed.entries.map(({ path }) => path),
      paths,
    );
    const again = await packFolder(folder, target);
    assert.is(again.facts.tarSha256, packed.facts.tarSha256);
  });
});

test('a binary package keeps build output and the permission to execute', async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, {
      'target/demo': '\x7fELF',
      'vitte-package.json': manifest,
      '.env': '',
    });
    await chmod(join(folder, 'target/demo'), 0o711);
    const packed = await packFolder(folder, { directory: folder }, { kind: 'vitpkg' });
    assert.is(packed.file, join(folder, 'demo-lib-0.1.0.vitpkg'));
    assert.equal(
      packed.entries.map(({ path, executable }) => [path, executable]),
      [
        ['target/demo', true],
        ['vitte-package.json', false],
      ],
    );
  });
});

test('names on disk are taken in normal form C', async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, { ...small, 'src/e\u0301.vit': 'x' });
    const packed = await packFolder(folder, { directory: folder });
    assert.ok(packed.entries.some(({ path }) => path === 'src/\u00e9.vit'));
  });
});

test('what no package may hold is refused with its code and path, and nothing is left', async () => {
  type Row = [
    name: string,
    code: string,
    entry: string,
    spoil: (folder: string) => Promise<unknown>,
  ];
  const rows: Row[] = [
    [
      'a link to a file',
      'PKG_E_ARCHIVE_LINK',
      'src/link.vit',
      (folder) => symlink('lib.vit', join(folder, 'src/link.vit')),
    ],
    [
      'a link to a folder',
      'PKG_E_ARCHIVE_LINK',
      'etc',
      (folder) => symlink('/etc', join(folder, 'etc')),
    ],
    [
      'a link to nothing',
      'PKG_E_ARCHIVE_LINK',
      'src/gone',
      (folder) => symlink('nowhere', join(folder, 'src/gone')),
    ],
    [
      'a named pipe',
      'PKG_E_ARCHIVE_ENTRY_TYPE',
      'src/pipe',
      async (folder) => execFileSync('mkfifo', [join(folder, 'src/pipe')]),
    ],
    [
      'a name that is not UTF-8',
      'PKG_E_ARCHIVE_PATH',
      'src/\ufffd',
      (folder) =>
        writeFile(Buffer.concat([Buffer.from(join(folder, 'src/')), Buffer.of(0xff)]), ''),
    ],
    [
      'a name with a backslash',
      'PKG_E_ARCHIVE_PATH',
      'src/a\\b',
      (folder) => writeFile(join(folder, 'src/a\\b'), ''),
    ],
    [
      'a name with a line feed',
      'PKG_E_ARCHIVE_PATH',
      'src/a\nb',
      (folder) => writeFile(join(folder, 'src/a\nb'), ''),
    ],
    [
      'a path over 255 bytes',
      'PKG_E_ARCHIVE_LIMIT',
      `${'d'.repeat(200)}/${'f'.repeat(60)}`,
      (folder) => writeFiles(folder, { [`${'d'.repeat(200)}/${'f'.repeat(60)}`]: '' }),
    ],
    [
      '33 levels',
      'PKG_E_ARCHIVE_LIMIT',
      Array(33).fill('d').join('/'),
      (folder) => writeFiles(folder, { [Array(33).fill('d').join('/')]: '' }),
    ],
    [
      'names that differ in case',
      'PKG_E_ARCHIVE_CASE',
      'src/lib.vit',
      (folder) => writeFile(join(folder, 'src/Lib.vit'), ''),
    ],
    [
      'names that differ in normal form',
      'PKG_E_ARCHIVE_DUPLICATE',
      'src/\u00e9',
      (folder) => writeFiles(folder, { 'src/\u00e9': '', 'src/e\u0301': '' }),
    ],
    [
      'an entry that is not there',
      'PKG_E_ENTRY_MISSING',
      'src/lib.vit',
      (folder) => unlink(join(folder, 'src/lib.vit')),
    ],
    [
      'both manifests',
      'PKG_E_MANIFEST_AMBIGUOUS',
      'vitte.toml',
      (folder) => writeFile(join(folder, 'vitte.toml'), ''),
    ],
  ];
  for (const [name, code, entry, spoil] of rows) {
    await inFolder(async (parent) => {
      const folder = await writeFiles(join(parent, 'demo'), small);
      await mkdir(join(parent, 'out'));
      await spoil(folder);
      const refusal = await refusalOf(packFolder(folder, { directory: join(parent, 'out') }));
      assert.is(refusal.code, code, name);
      assert.is(refusal.data?.entry, entry, name);
      assert.ok(refusal.help, name);
      assert.not.match(refusal.help ?? '', 'vitte package pack', `${name}: that is what was run`);
      assert.equal(await readdir(join(parent, 'out')), [], name);
    });
  }
});

test('a socket is refused', async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, small);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 'src/socket'), resolve));
    const refusal = await refusalOf(packFolder(folder, { directory: folder }));
    await new Promise((resolve) => server.close(resolve));
    assert.is(refusal.code, 'PKG_E_ARCHIVE_ENTRY_TYPE');
    assert.is(refusal.data?.entry, 'src/socket');
  });
});

test('what takes the place of a file after the names were read is not packed', async () => {
  const rows: [name: string, code: string, change: (file: string) => unknown][] = [
    ['a link', 'PKG_E_ARCHIVE_LINK', (file) => symlinkSync('/etc/passwd', file)],
    ['a folder', 'PKG_E_ARCHIVE_ENTRY_TYPE', (file) => mkdirSync(file)],
    ['a named pipe', 'PKG_E_ARCHIVE_ENTRY_TYPE', (file) => execFileSync('mkfifo', [file])],
    ['nothing', 'PKG_E_FILE', () => {}],
  ];
  for (const [name, code, change] of rows) {
    await inFolder(async (folder) => {
      await writeFiles(folder, { ...small, 'src/a.vit': 'x' });
      const onProgress = ({ path }: { path: string }) => {
        if (path !== 'src/a.vit') return;
        rmSync(join(folder, path));
        change(join(folder, path));
      };
      const refusal = await refusalOf(packFolder(folder, { directory: folder }, { onProgress }));
      assert.is(refusal.code, code, name);
    });
  }
});

test('a file that changes its size while it is packed ends the packing', async () => {
  const changes: [string, (file: string) => Promise<void>][] = [
    ['grown', (file) => appendFile(file, 'x')],
    ['shrunk', (file) => truncate(file, 100_000)],
  ];
  for (const [name, change] of changes) {
    await inFolder(async (folder) => {
      const file = join(folder, 'large.vit');
      await writeFile(file, Buffer.alloc(1024 * 1024));
      const reading = tarStream([{ path: 'large.vit', file }], 'vitmod');
      assert.ok((await reading.next()).value.length > 0);
      await change(file);
      const refusal = await refusalOf(
        (async () => {
          for await (const _ of reading);
        })(),
      );
      assert.is(refusal.code, 'PKG_E_FILE', name);
      assert.is(refusal.data?.entry, 'large.vit', name);
    });
  }
});

test('a folder that is missing, no folder, or no package is said before anything is written', async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, { 'file.vit': '', 'empty/x.vit': '' });
    const rows: [string, string][] = [
      [join(folder, 'missing'), 'PKG_E_FILE'],
      [join(folder, 'file.vit'), 'PKG_E_FILE'],
      [join(folder, 'empty'), 'PKG_E_MANIFEST_MISSING'],
    ];
    for (const [place, code] of rows) {
      const refusal = await refusalOf(packFolder(place, { directory: folder }));
      assert.is(refusal.code, code);
      assert.match(refusal.message, place);
    }
    await writeFiles(join(folder, 'demo'), small);
    const target = { directory: join(folder, 'no/such/folder') };
    assert.is((await refusalOf(packFolder(join(folder, 'demo'), target))).code, 'PKG_E_FILE');
    assert.equal((await readdir(folder)).sort(), ['demo', 'empty', 'file.vit']);
  });
});

test('a folder with too many files, or one that can not be read, is refused before any file is', async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, small);
    const onProgress = () => assert.unreachable('a file was read');
    const limits = { entriesMax: 1 };
    const many = await refusalOf(packFolder(folder, { directory: folder }, { limits, onProgress }));
    assert.is(many.code, 'PKG_E_ARCHIVE_LIMIT');
    const cause = Object.assign(new Error('no'), { code: 'EACCES' });
    const list = (path: string) =>
      path.endsWith('src') ? Promise.reject(cause) : listFolder(path);
    const closed = await refusalOf(packFolder(folder, { directory: folder }, { list, onProgress }));
    assert.is(closed.code, 'PKG_E_FILE');
    assert.match(closed.message, /src.*permission denied/);
    assert.is(closed.cause, cause);
  });
});

test('a target that is a folder is refused, and nothing is left beside it', async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, { 'demo/x': '', ...small });
    const refusal = await refusalOf(packFolder(folder, { file: join(folder, 'demo') }));
    assert.is(refusal.code, 'PKG_E_FILE');
    assert.equal((await readdir(folder)).sort(), ['demo', 'src', 'vitte-package.json']);
  });
});

test('an archive of the same name is replaced, and stands untouched where packing fails', async () => {
  await inFolder(async (folder) => {
    const demo = await writeFiles(join(folder, 'demo'), small);
    const file = join(folder, 'demo.vitmod');
    const first = await packFolder(demo, { file });
    await writeFile(join(demo, 'src/more.vit'), 'more');
    const second = await packFolder(demo, { file });
    assert.is.not(second.facts.tarSha256, first.facts.tarSha256);
    await rm(join(demo, 'src/lib.vit'));
    await refusalOf(packFolder(demo, { file }));
    assert.is((await inspectFile(file)).digest, second.digest);
    assert.equal((await readdir(folder)).sort(), ['demo', 'demo.vitmod']);
  });
});

test('progress names each file, and an abort leaves nothing', async () => {
  await inFolder(async (folder) => {
    const demo = await writeFiles(join(folder, 'demo'), small);
    const seen: unknown[] = [];
    const out = await mkdir(join(folder, 'out'), { recursive: true });
    const directory = out ?? '';
    await packFolder(
      demo,
      { directory: folder },
      { onProgress: (progress) => seen.push(progress) },
    );
    assert.equal(seen, [
      { path: 'src/lib.vit', filesDone: 0, filesTotal: 2 },
      { path: 'vitte-package.json', filesDone: 1, filesTotal: 2 },
    ]);
    const controller = new AbortController();
    const reason = new Error('interrupted');
    let thrown: unknown;
    try {
      const onProgress = () => controller.abort(reason);
      await packFolder(demo, { directory }, { onProgress, signal: controller.signal });
    } catch (error) {
      thrown = error;
    }
    assert.is(thrown, reason);
    assert.not.ok(isVitteError(thrown));
    assert.equal(await readdir(directory), []);
  });
});

function runChild(input: string, environment: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [packChild],
      { env: { ...process.env, ...environment } },
      (error, stdout, stderr) =>
        error ? reject(new Error(stderr, { cause: error })) : resolve(stdout),
    );
    child.stdin?.end(input);
  });
}

test.run();
