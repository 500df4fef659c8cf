import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { sourceDigests } from '../../src/archive/source-digests.ts';
import { canonicalJson } from '../../src/core/json.ts';
import { suite } from '../support/suite.ts';
import { sample, sampleJson } from '../support/vitte-samples.ts';

const test = suite('archive: source digests');
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
type SourceFile = { path: string; sha256: string };

function digestsOf(files: SourceFile[]) {
  const digests = sourceDigests();
  for (const { path, sha256 } of files) digests.add(path, sha256);
  return digests.finish();
}

test("the workspace digest is the one of Vitte's own build contract", () => {
  const contract = sampleJson('workspace-app-0.1.0.vittepkg.json.sample') as {
    source_files: SourceFile[];
    source_sha256: string;
  };
  assert.is(digestsOf(contract.source_files).sourceSha256, contract.source_sha256);
  const reordered = digestsOf(contract.source_files.toReversed());
  assert.is.not(reordered.sourceSha256, contract.source_sha256);
});

test("the workspace digest is the one of each entry in Vitte's own lockfile", () => {
  const lock = sampleJson('vitte.lock') as {
    entries: { source_files: SourceFile[]; checksum: { value: string } }[];
  };
  assert.is(lock.entries.length, 2);
  for (const { source_files, checksum } of lock.entries) {
    assert.is(digestsOf(source_files).sourceSha256, checksum.value);
  }
});

test('the files that Vitte lists by their SHA-256 are those bytes', () => {
  const lock = sampleJson('vitte.lock') as {
    entries: { name: string; source_files: SourceFile[] }[];
    workspace: { sha256: string };
    registry: { sha256: string };
  };
  assert.is(sha256(sample('vitte-workspace.json.sample')), lock.workspace.sha256);
  assert.is(sha256(sample('registry/registry.json.sample')), lock.registry.sha256);
  for (const { name, source_files } of lock.entries) {
    const listed = source_files.find(({ path }) => path === 'vitte-package.json');
    assert.is(sha256(sample(`${name}.vitte-package.json.sample`)), listed?.sha256);
    const test = source_files.find(({ path }) => path === 'tests/basic.vit');
    assert.is(sha256('proc main() -> int {\n  give 0;\n}\n'), test?.sha256);
  }
});

test('the registry checksum is path, NUL, SHA-256 and line feed of each file that counts', () => {
  const counted = [
    'Build.vit',
    'a/Builder',
    'lib/x.pm',
    'src/Makefile.vit',
    'target/x',
    'x.bak.vit',
  ];
  const passedOver = [
    '.DS_Store',
    '.git/config',
    'Build',
    'MYMETA.json',
    'MYMETA.yml',
    'a/.hidden/x',
    'a/Makefile',
    'a/_build/x',
    'blib/x',
    'cover_db/x',
    'lib/.prove',
    'old.bak',
    'pm_to_blib',
    'src/x.swp',
    'src/x.tmp',
  ];
  const files = [...counted, ...passedOver].sort().map((path) => ({ path, sha256: sha256(path) }));
  const lines = files
    .filter(({ path }) => counted.includes(path))
    .map((file) => `${file.path}\0${file.sha256}\n`);
  assert.is(lines.length, counted.length);
  const digests = digestsOf(files);
  assert.is(digests.registryChecksum, sha256(lines.join('')));
  assert.is(digests.sourceSha256, sha256(canonicalJson(files)), 'which passes over nothing');
});

test('paths beyond ASCII are escaped in the one and plain UTF-8 in the other', () => {
  const file = { path: 'src/é\u{1d4b3}.vit', sha256: sha256('') };
  const row = `[{"path":"src/\\u00e9\\ud835\\udcb3.vit","sha256":"${file.sha256}"}]`;
  assert.equal(digestsOf([file]), {
    sourceSha256: sha256(row),
    registryChecksum: sha256(`src/é\u{1d4b3}.vit\0${file.sha256}\n`),
  });
});

test('no file at all has digests too', () => {
  assert.equal(digestsOf([]), { sourceSha256: sha256('[]'), registryChecksum: sha256('') });
});

test.run();
