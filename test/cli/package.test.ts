import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseJsonManifest } from '../../src/core/package-manifest.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ cli: CliHome }>('cli package');

test.before.each(async (context) => {
  context.cli = await makeCliHome();
});
test.after.each(({ cli }) => cli.remove());

const inits: [string, string[], { root: string; name: string; kind?: string; entry?: string }][] = [
  ['a folder by its name', ['demo-lib'], { root: 'demo-lib', name: 'demo-lib' }],
  ['a folder further down', ['a/b/demo-lib'], { root: 'a/b/demo-lib', name: 'demo-lib' }],
  [
    'a namespace',
    ['vitte-math', '--namespace', 'roussov'],
    { root: 'vitte-math', name: 'roussov/vitte-math' },
  ],
  ['--path with a name', ['demo-lib', '--path', 'here'], { root: 'here', name: 'demo-lib' }],
  ['--path alone', ['--path', 'My_Lib'], { root: 'My_Lib', name: 'my-lib' }],
  [
    '--lib',
    ['demo', '--lib'],
    { root: 'demo', name: 'demo', kind: 'library', entry: 'src/lib.vit' },
  ],
];

for (const [title, args, expected] of inits) {
  test(`init with ${title} makes manifest, entry and test`, async ({ cli }) => {
    const { code, stdout } = await cli.run(['package', 'init', ...args]);
    assert.is(code, 0);
    const root = join(cli.folder, expected.root);
    const { kind = 'binary', entry = 'src/main.vit' } = expected;
    assert.equal(JSON.parse(stdout), {
      schema: 'vitte.package.init',
      status: 'ok',
      created: ['vitte-package.json', entry, 'tests/basic.vit'].map((path) => join(root, path)),
      kind,
      name: expected.name,
      package_root: root,
      version: '0.1.0',
    });
    const bytes = await readFile(join(root, 'vitte-package.json'));
    const manifest = parseJsonManifest(bytes);
    assert.equal(
      [manifest.name, manifest.kind, manifest.entry, manifest.tests],
      [expected.name, kind, entry, ['tests/basic.vit']],
    );
    assert.match(await readFile(join(root, entry), 'utf8'), 'proc ');
    const packed = await cli.run(['package', 'pack', '--path', root, '-o', 'x.vitmod']);
    assert.is(packed.code, 0, packed.stderr);
  });
}

test('init without anything takes this folder, whose name is folded', async ({ cli }) => {
  const cwd = join(cli.folder, 'Some_Folder');
  await mkdir(cwd);
  for (const args of [[], ['.']]) {
    const { code, stdout } = await cli.run(['package', 'init', ...args], { cwd });
    assert.is(code, args.length === 0 ? 0 : 1);
    if (code === 0) assert.is(JSON.parse(stdout).name, 'some-folder');
  }
});

test('a module says its space and exports', async ({ cli }) => {
  await cli.run(['package', 'init', 'vitte-math', '--lib']);
  const source = await readFile(join(cli.folder, 'vitte-math/src/lib.vit'), 'utf8');
  assert.ok(source.startsWith('space packages/vitte_math\n'));
  assert.match(source, '\nexport *\n');
});

test('init refuses a package that is there, of either generation, and changes nothing', async ({
  cli,
}) => {
  for (const file of ['vitte-package.json', 'vitte.toml']) {
    const root = join(cli.folder, file.replace('.', '-'));
    await mkdir(root);
    await writeFile(join(root, file), 'mine');
    const { code, stdout, stderr } = await cli.run(['package', 'init', 'x', '--path', root]);
    assert.is(code, 1);
    assert.is(stdout, '');
    assert.ok(stderr.startsWith('error[PKG_E_ALREADY_EXISTS] package: '), stderr);
    assert.equal(await readdir(root), [file]);
    assert.is(await readFile(join(root, file), 'utf8'), 'mine');
  }
});

test('init keeps sources that are there', async ({ cli }) => {
  await mkdir(join(cli.folder, 'demo/src'), { recursive: true });
  await writeFile(join(cli.folder, 'demo/src/main.vit'), 'mine');
  const { code, stdout } = await cli.run(['package', 'init', 'demo']);
  assert.is(code, 0);
  const { created } = JSON.parse(stdout);
  assert.equal(
    created,
    ['vitte-package.json', 'tests/basic.vit'].map((path) => join(cli.folder, 'demo', path)),
  );
  assert.is(await readFile(join(cli.folder, 'demo/src/main.vit'), 'utf8'), 'mine');
});

const badNames: [string, string[], string][] = [
  ['capitals', ['Demo'], 'demo'],
  ['an underscore', ['my_lib'], 'my-lib'],
  ['a digit first', ['1up'], ''],
  ['a hyphen last', ['demo-'], 'demo'],
  ['a reserved name', ['vitte-registry'], ''],
  ['a namespace in the name', ['roussov/vitte-math', '--path', 'x'], '--namespace roussov'],
  ['a bad namespace', ['demo', '--namespace', 'No_Good'], ''],
  ['a name of 65 letters', ['a'.repeat(65)], ''],
];

for (const [title, args, help] of badNames) {
  test(`init refuses ${title} and leaves nothing`, async ({ cli }) => {
    const { code, stderr } = await cli.run(['package', 'init', ...args]);
    assert.is(code, 1);
    assert.ok(stderr.startsWith('error[PKG_E_PACKAGE_NAME] package: '), stderr);
    assert.match(stderr.split('= help: ')[1] ?? '', help);
    assert.equal(await readdir(cli.folder), ['.vitte-home']);
  });
}

test('init that cannot write removes what it wrote', async ({ cli }) => {
  await mkdir(join(cli.folder, 'demo'));
  await writeFile(join(cli.folder, 'demo/tests'), 'a file where a folder should be');
  const { code, stderr } = await cli.run(['package', 'init', 'demo']);
  assert.is(code, 1);
  assert.ok(stderr.startsWith('error[PKG_E_FILE] package: '), stderr);
  assert.equal(await readdir(join(cli.folder, 'demo'), { recursive: true }), ['src', 'tests']);
});

test('init on a terminal tells the files, relative to where one stands', async ({ cli }) => {
  const { stdout } = await cli.runOnTerminal(['package', 'init', 'demo'], {
    env: { NO_COLOR: '1' },
  });
  assert.match(stdout, 'created demo/vitte-package.json\r\n');
  assert.match(stdout, 'vitte registry publish demo');
});

test('pack writes NAME-VERSION.vitmod here, the same bytes each time', async ({ cli }) => {
  await cli.run(['package', 'init', 'vitte-math', '--namespace', 'roussov']);
  const args = ['package', 'pack', '--path', 'vitte-math'];
  const { code, stdout } = await cli.run(args);
  assert.is(code, 0);
  const document = JSON.parse(stdout);
  const file = join(cli.folder, 'roussov-vitte-math-0.1.0.vitmod');
  assert.equal(Object.keys(document), [
    'digest',
    'file',
    'name',
    'schema',
    'status',
    'tar_sha256',
    'version',
  ]);
  assert.equal(
    [document.file, document.name, document.version],
    [file, 'roussov/vitte-math', '0.1.0'],
  );
  const bytes = await readFile(file);
  const inPlace = await cli.run(['package', 'pack'], { cwd: join(cli.folder, 'vitte-math') });
  const again = JSON.parse(inPlace.stdout);
  assert.ok((await readFile(again.file)).equals(bytes));
  assert.is(again.digest, document.digest);
  const third = await cli.run(['package', 'pack'], { cwd: join(cli.folder, 'vitte-math') });
  assert.is(JSON.parse(third.stdout).tar_sha256, document.tar_sha256);
});

test('pack makes a .vitpkg where the name or --kind says so', async ({ cli }) => {
  await cli.run(['package', 'init', 'demo']);
  const named = await cli.run(['package', 'pack', '--path', 'demo', '-o', 'out.vitpkg']);
  assert.is(named.code, 0, named.stderr);
  const kind = await cli.run(['package', 'pack', '--path', 'demo', '--kind', 'vitpkg']);
  assert.match(JSON.parse(kind.stdout).file, /demo-0\.1\.0\.vitpkg$/);
});

test('pack refuses a folder that is no package, with the code and no file', async ({ cli }) => {
  await mkdir(join(cli.folder, 'empty'));
  await cli.run(['package', 'init', 'linked']);
  await symlink('/etc/passwd', join(cli.folder, 'linked/src/passwd.vit'));
  const rows: [string, string][] = [
    ['empty', 'PKG_E_MANIFEST_MISSING'],
    ['nowhere', 'PKG_E_FILE'],
    ['linked', 'PKG_E_ARCHIVE_LINK'],
  ];
  for (const [path, expected] of rows) {
    const { code, stderr } = await cli.run(['package', 'pack', '--path', path]);
    assert.is(code, 1, path);
    assert.ok(stderr.startsWith(`error[${expected}] package: `), stderr);
  }
  assert.equal((await readdir(cli.folder)).sort(), ['.vitte-home', 'empty', 'linked']);
});

test('a dry run says what would be published, and needs neither registry nor token', async ({
  cli,
}) => {
  await cli.run(['package', 'init', 'demo']);
  const env = { VITTE_REGISTRY: 'https://packages.example.org/base/' };
  const cwd = join(cli.folder, 'demo');
  const { code, stdout, stderr } = await cli.run(['package', 'publish', '--dry-run'], { cwd, env });
  assert.is(code, 0, stderr);
  const document = JSON.parse(stdout);
  assert.equal(Object.keys(document), [
    'files',
    'files_checked',
    'name',
    'offline',
    'registry',
    'schema',
    'source_sha256',
    'status',
    'version',
    'would_publish',
  ]);
  assert.equal(
    document.files.map(({ path }: { path: string }) => path),
    ['src/main.vit', 'tests/basic.vit', 'vitte-package.json'],
  );
  assert.match(document.files[0].sha256, /^[0-9a-f]{64}$/);
  const { files: _, source_sha256: sum, ...rest } = document;
  assert.match(sum, /^[0-9a-f]{64}$/);
  assert.equal(rest, {
    files_checked: 3,
    name: 'demo',
    offline: false,
    registry: 'https://packages.example.org/base',
    schema: 'vitte.publish.dry_run',
    status: 'ok',
    version: '0.1.0',
    would_publish: false,
  });
  const alias = await cli.run(['publish', '--path', 'demo', '--dry-run'], { env });
  assert.is(alias.stdout, stdout);
  assert.equal(await readdir(cwd), ['src', 'tests', 'vitte-package.json']);
});

test('offline, a dry run names the offline registry, and publishing is refused', async ({
  cli,
}) => {
  await cli.run(['package', 'init', 'demo']);
  const env = { VITTE_PACKAGE_OFFLINE: '1' };
  const args = ['package', 'publish', '--path', 'demo'];
  const registryOf = async (more: Record<string, string> = {}) => {
    const { stdout } = await cli.run([...args, '--dry-run'], { env: { ...env, ...more } });
    const { offline, registry } = JSON.parse(stdout);
    assert.is(offline, true);
    return registry;
  };
  assert.is(await registryOf(), join(cli.folder, 'src/vitte/packages/registry/registry.json'));
  await writeFile(
    join(cli.folder, 'vitte-workspace.json'),
    '{"schema":"vitte.workspace.v1","registry":{"mode":"offline","path":".vitte/registry"}}',
  );
  assert.is(await registryOf(), join(cli.folder, 'src/vitte/packages/registry/registry.json'));
  await mkdir(join(cli.folder, '.vitte/registry'), { recursive: true });
  assert.is(await registryOf(), join(cli.folder, '.vitte/registry/registry.json'));
  assert.is(await registryOf({ VITTE_PACKAGE_REGISTRY: 'r.json' }), join(cli.folder, 'r.json'));
  const { code, stderr } = await cli.run(args, { env });
  assert.is(code, 1);
  assert.ok(stderr.startsWith('error[PKG_E_PUBLISH_WRITE_DISABLED] package: '), stderr);
});

test('publishing without a token is refused before anything is packed or asked', async ({
  cli,
}) => {
  const { code, stderr } = await cli.run([
    'registry',
    'publish',
    'nowhere',
    '--registry',
    'http://127.0.0.1:9',
  ]);
  assert.is(code, 4);
  assert.ok(stderr.startsWith('error[PKG_E_TOKEN] registry: '), stderr);
  const other = await cli.run(['publish', '--registry', 'http://127.0.0.1:9']);
  assert.is(other.code, 1);
});

test('a file that others made unreadable is a file error, not a bug', async ({ cli }) => {
  await mkdir(join(cli.home, 'credentials.json'));
  await chmod(cli.home, 0o700);
  const { code, stderr } = await cli.run(['registry', 'whoami']);
  assert.is(code, 1);
  assert.ok(stderr.startsWith('error[PKG_E_FILE] registry: '), stderr);
});

test.run();
