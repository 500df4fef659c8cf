import * as assert from 'uvu/assert';
import { type ErrorCode, isVitteError } from '../../src/core/errors.ts';
import { parseJsonManifest, parseTomlManifest } from '../../src/core/package-manifest.ts';
import { suite } from '../support/suite.ts';
import { sample } from '../support/vitte-samples.ts';

const test = suite('core: package manifests');

const minimal = {
  schema: 'vitte.package.manifest.v1',
  name: 'demo-lib',
  version: '0.1.0',
  kind: 'library',
  entry: 'src/lib.vit',
  dependencies: {},
  tests: [],
};

const json = (fields: object = {}) =>
  parseJsonManifest(Buffer.from(JSON.stringify({ ...minimal, ...fields })));
const toml = (text: string, ...files: string[]) =>
  parseTomlManifest(Buffer.from(text), new Set(files));

function refused(body: () => unknown, code: ErrorCode, message: string | RegExp) {
  let thrown: unknown;
  try {
    body();
  } catch (error) {
    thrown = error;
  }
  assert.ok(isVitteError(thrown), `${message}: ${String(thrown)}`);
  assert.is(thrown.code, code, thrown.message);
  assert.match(thrown.message, message);
}

test("Vitte's own manifests are read", () => {
  assert.equal(parseJsonManifest(sample('workspace-app.vitte-package.json.sample')), {
    file: 'vitte-package.json',
    name: 'workspace-app',
    version: '0.1.0',
    kind: 'binary',
    description: 'Executable package used by the package manager integration gate.',
    license: 'MIT',
    entry: 'src/main.vit',
    tests: ['tests/basic.vit'],
    dependencies: [{ name: 'workspace-lib', requirement: '0.1.0', source: 'workspace' }],
  });
  const lib = parseJsonManifest(sample('workspace-lib.vitte-package.json.sample'));
  assert.is(lib.kind, 'library');
  assert.equal(lib.dependencies, []);
});

test('every optional field of the current generation is kept, unknown ones are passed over', () => {
  const stated = {
    description: 'é',
    license: 'MIT',
    authors: ['A', 'B'],
    keywords: ['k'],
    repository: 'https://example.org/r',
    homepage: 'https://example.org/',
    edition: '2026',
    exports: ['*'],
    features: { default: ['x'], x: [] },
  };
  const manifest = json({ ...stated, unknown: { deep: [1] } });
  for (const [key, value] of Object.entries(stated)) {
    assert.equal(manifest[key as keyof typeof manifest], value, key);
  }
  assert.not.ok('unknown' in manifest);
  const { file, name, version, kind, entry, tests, dependencies, ...rest } = json();
  assert.equal(rest, {}, 'and what is not stated is absent');
});

test('a namespace makes the full name', () => {
  assert.is(json({ namespace: 'roussov', name: 'vitte-math' }).name, 'roussov/vitte-math');
  refused(() => json({ namespace: 'Roussov' }), 'PKG_E_PACKAGE_NAME', 'Roussov');
  refused(() => json({ namespace: '' }), 'PKG_E_MANIFEST_FIELD', 'namespace');
  refused(() => json({ namespace: 'a/b' }), 'PKG_E_PACKAGE_NAME', 'two parts');
});

test('a version may be written with a leading v', () => {
  assert.is(json({ version: 'v1.2.3-rc.1+b' }).version, '1.2.3-rc.1+b');
});

test('dependencies are sorted, in both forms, and each says its source', () => {
  const manifest = json({
    dependencies: {
      zeta: { version: '^1', source: 'workspace', features: ['a'], optional: true },
      'ns/alpha': '>=1.0, <2.0',
      beta: {},
    },
    devDependencies: { tester: '*' },
  });
  assert.equal(manifest.dependencies, [
    { name: 'beta', requirement: '*', source: 'registry' },
    { name: 'ns/alpha', requirement: '>=1.0, <2.0', source: 'registry' },
    { name: 'zeta', requirement: '^1', source: 'workspace', features: ['a'], optional: true },
  ]);
  assert.equal(manifest.devDependencies, [
    { name: 'tester', requirement: '*', source: 'registry' },
  ]);
});

test('each malformed field is refused with its code and name', () => {
  const rows: [object, ErrorCode, string][] = [
    [{ schema: undefined }, 'PKG_E_MANIFEST_FIELD', 'schema'],
    [{ schema: 'vitte.package.manifest.v2' }, 'PKG_E_MANIFEST_VERSION', 'manifest.v2'],
    [{ name: undefined }, 'PKG_E_MANIFEST_FIELD', 'name'],
    [{ name: 7 }, 'PKG_E_MANIFEST_FIELD', 'name'],
    [{ name: 'Demo' }, 'PKG_E_PACKAGE_NAME', 'Demo'],
    [{ name: 'demo_lib' }, 'PKG_E_PACKAGE_NAME', 'demo_lib'],
    [{ name: 'a'.repeat(65) }, 'PKG_E_PACKAGE_NAME', '64'],
    [{ name: 'vitte-registry' }, 'PKG_E_PACKAGE_NAME', 'reserved'],
    [{ version: undefined }, 'PKG_E_MANIFEST_FIELD', 'version'],
    [{ version: '1.0' }, 'PKG_E_PACKAGE_VERSION', '1.0'],
    [{ version: `1.0.0-${'a'.repeat(300)}` }, 'PKG_E_PACKAGE_VERSION', 'semantic'],
    [{ kind: undefined }, 'PKG_E_MANIFEST_FIELD', 'kind'],
    [{ kind: 'plugin' }, 'PKG_E_PACKAGE_KIND', 'plugin'],
    [{ entry: undefined }, 'PKG_E_MANIFEST_FIELD', 'entry'],
    [{ tests: undefined }, 'PKG_E_MANIFEST_FIELD', 'tests'],
    [{ tests: 'tests/a.vit' }, 'PKG_E_MANIFEST_FIELD', 'tests'],
    [{ tests: [1] }, 'PKG_E_MANIFEST_FIELD', 'tests'],
    [{ dependencies: undefined }, 'PKG_E_MANIFEST_FIELD', 'dependencies'],
    [{ dependencies: [] }, 'PKG_E_MANIFEST_FIELD', 'dependencies'],
    [{ dependencies: { Demo: '*' } }, 'PKG_E_PACKAGE_NAME', 'Demo'],
    [{ dependencies: { a: 1 } }, 'PKG_E_DEPENDENCY_FORMAT', 'dependencies.a'],
    [{ dependencies: { a: null } }, 'PKG_E_DEPENDENCY_FORMAT', 'dependencies.a'],
    [{ dependencies: { a: { version: 1 } } }, 'PKG_E_DEPENDENCY_FORMAT', 'version'],
    [{ dependencies: { a: { features: 'x' } } }, 'PKG_E_DEPENDENCY_FORMAT', 'features'],
    [{ dependencies: { a: { optional: 'yes' } } }, 'PKG_E_DEPENDENCY_FORMAT', 'optional'],
    [{ dependencies: { a: { source: 'git' } } }, 'PKG_E_DEPENDENCY_SOURCE', 'dependencies.a'],
    [{ dependencies: { a: { path: '../a' } } }, 'PKG_E_DEPENDENCY_SOURCE', 'dependencies.a'],
    [{ dependencies: { a: { git: 'https://x' } } }, 'PKG_E_DEPENDENCY_SOURCE', 'dependencies.a'],
    [{ dependencies: { a: '>=>1' } }, 'PKG_E_DEPENDENCY_VERSION', 'dependencies.a'],
    [{ devDependencies: { a: 'x.y.z.w' } }, 'PKG_E_DEPENDENCY_VERSION', 'devDependencies.a'],
    [{ devDependencies: 'x' }, 'PKG_E_MANIFEST_FIELD', 'devDependencies'],
    [{ authors: 'A' }, 'PKG_E_MANIFEST_FIELD', 'authors'],
    [{ license: ['MIT'] }, 'PKG_E_MANIFEST_FIELD', 'license'],
    [{ features: [] }, 'PKG_E_MANIFEST_FIELD', 'features'],
    [{ features: { a: 'b' } }, 'PKG_E_MANIFEST_FIELD', 'a'],
  ];
  for (const [fields, code, message] of rows) refused(() => json(fields), code, message);
});

test('a path that leaves the package is refused wherever it stands', () => {
  const paths = ['../x', 'a/../../x', '/x', 'C:/x', 'a\\b', 'a//b', './a', 'a/', 'a\nb', 'a\0b'];
  for (const path of paths) {
    refused(() => json({ entry: path }), 'PKG_E_PATH_ESCAPE', 'entry');
    refused(() => json({ tests: ['tests/a.vit', path] }), 'PKG_E_PATH_ESCAPE', 'tests');
    const text = `[package]\nname = "a"\nversion = "1.0.0"\nentry = ${JSON.stringify(path)}\n`;
    refused(() => toml(text), 'PKG_E_PATH_ESCAPE', 'entry');
  }
  refused(() => json({ entry: '' }), 'PKG_E_MANIFEST_FIELD', 'entry');
  assert.is(json({ entry: 'src/..lib..vit' }).entry, 'src/..lib..vit');
});

test('what Object has by birth is no field of a manifest', () => {
  const text = JSON.stringify(minimal).replace(
    '"dependencies":{}',
    '"dependencies":{"constructor":"*"}',
  );
  const { dependencies } = parseJsonManifest(Buffer.from(text));
  assert.equal(dependencies, [{ name: 'constructor', requirement: '*', source: 'registry' }]);
  const inherited = JSON.stringify({ ...minimal, name: undefined }).replace(
    '{',
    '{"__proto__":{"name":"sneaked"},',
  );
  refused(() => parseJsonManifest(Buffer.from(inherited)), 'PKG_E_MANIFEST_FIELD', 'name');
});

test('the first generation is read: underscores fold, kind and entry follow from the files', () => {
  const text = `[package]
name = "mon_projet"
namespace = "ma_boite"
version = "0.1.0"
edition = "2025"
license = "MIT"
[dependencies]
serde = "1.0"
async_net = { version = "0.2", features = ["tls"], optional = true }
[dev-dependencies]
test-lib = "0.3"
[features]
default = ["serde"]
`;
  const manifest = toml(text, 'src/main.vit');
  assert.equal(manifest, {
    file: 'vitte.toml',
    name: 'ma-boite/mon-projet',
    version: '0.1.0',
    kind: 'binary',
    license: 'MIT',
    edition: '2025',
    entry: 'src/main.vit',
    dependencies: [
      {
        name: 'async-net',
        requirement: '0.2',
        source: 'registry',
        features: ['tls'],
        optional: true,
      },
      { name: 'serde', requirement: '1.0', source: 'registry' },
    ],
    devDependencies: [{ name: 'test-lib', requirement: '0.3', source: 'registry' }],
    features: { default: ['serde'] },
  });
  const folded = toml(
    text.replace(
      'default = ["serde"]',
      'default = ["async_net", "my_own"]\nmy_own = ["dep:async_net", "async_net/full_io"]',
    ),
  );
  assert.equal(folded.features, {
    default: ['async-net', 'my_own'],
    my_own: ['dep:async-net', 'async-net/full_io'],
  });
  const guess = (...files: string[]) => {
    const { kind, entry } = toml(text, ...files);
    return [kind, entry];
  };
  assert.equal(guess('src/lib.vit'), ['library', 'src/lib.vit']);
  assert.equal(guess('src/lib.vit', 'src/main.vit'), ['library', 'src/lib.vit']);
  assert.equal(guess(), ['library', 'src/lib.vit']);
});

test('the first generation may state kind, entry and tests', () => {
  const stated = 'kind = "binary"\nentry = "app/start.vit"\ntests = ["tests/a.vit"]\n';
  const manifest = toml(`[package]\nname = "a"\nversion = "v1.0.0"\n${stated}`, 'src/lib.vit');
  assert.is(manifest.kind, 'binary');
  assert.is(manifest.entry, 'app/start.vit');
  assert.equal(manifest.tests, ['tests/a.vit']);
});

test('a first generation manifest that is malformed is refused with its code', () => {
  const rows: [string, ErrorCode, string][] = [
    ['', 'PKG_E_MANIFEST_FIELD', 'package'],
    ['package = 1', 'PKG_E_MANIFEST_FIELD', 'package'],
    ['[package]\nversion = "1.0.0"', 'PKG_E_MANIFEST_FIELD', 'name'],
    ['[package]\nname = "a"', 'PKG_E_MANIFEST_FIELD', 'version'],
    ['[package]\nname = "a"\nversion = 1.0', 'PKG_E_MANIFEST_FIELD', 'version'],
    ['[package]\nname = "_a"\nversion = "1.0.0"', 'PKG_E_PACKAGE_NAME', '-a'],
    ['[package]\nname = "a"\nversion = "1"', 'PKG_E_PACKAGE_VERSION', '"1"'],
    ['[package]\nname = "a"\nversion = "1.0.0"\nkind = "x"', 'PKG_E_PACKAGE_KIND', 'x'],
    ['[package\n', 'PKG_E_DOCUMENT', 'TOML'],
  ];
  for (const [text, code, message] of rows) refused(() => toml(text), code, message);
});

test('fields that no page could show are refused', () => {
  const parse = (fields: object) => () =>
    parseJsonManifest(Buffer.from(JSON.stringify({ ...minimal, ...fields })));
  const names = Array.from({ length: 1_001 }, (_, n) => `n${n}`);
  const rows: [object, ErrorCode, string][] = [
    [{ description: 'x'.repeat(4_097) }, 'PKG_E_MANIFEST_FIELD', 'description'],
    [{ description: 'a\u0000b' }, 'PKG_E_MANIFEST_FIELD', 'description'],
    [{ license: '\u001b[31mred' }, 'PKG_E_MANIFEST_FIELD', 'license'],
    [{ keywords: ['\ud800'] }, 'PKG_E_MANIFEST_FIELD', 'keywords'],
    [{ keywords: names }, 'PKG_E_MANIFEST_FIELD', 'keywords'],
    [
      { dependencies: Object.fromEntries(names.map((name) => [name, '*'])) },
      'PKG_E_DEPENDENCY_FORMAT',
      'dependencies',
    ],
  ];
  for (const [fields, code, message] of rows) refused(parse(fields), code, message);
  parse({ description: 'two\nlines, é and 🎉' })();
});

test('two dependencies that fold to one name are refused', () => {
  const text =
    '[package]\nname = "a"\nversion = "1.0.0"\n[dependencies]\nx_y = "1.0.0"\nx-y = "2.0.0"\n';
  refused(() => toml(text), 'PKG_E_DEPENDENCY_FORMAT', 'x-y twice');
});

test('a manifest is a JSON document with its limits', () => {
  const parse = (text: string) => () => parseJsonManifest(Buffer.from(text));
  refused(parse('{'), 'PKG_E_DOCUMENT', 'not valid JSON');
  refused(parse('[]'), 'PKG_E_MANIFEST_FIELD', 'object');
  refused(parse(' '.repeat(1024 * 1024 + 1)), 'PKG_E_DOCUMENT', '1048576');
  refused(parse(JSON.stringify(minimal).replace('{', '{"name":"x",')), 'PKG_E_DOCUMENT', 'twice');
});

test.run();
