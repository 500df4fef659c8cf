import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { packFolder } from '../../src/archive/pack.ts';
import {
  archiveVectors,
  contentOf,
  manifestOf,
  writeVectorFolder,
} from '../support/archive-vectors.ts';
import { inFolder } from '../support/folders.ts';
import { inspectBytes } from '../support/inspection.ts';
import { suite } from '../support/suite.ts';
import { anyFile, tar } from '../support/tar-builder.ts';

const test = suite('archive: vectors in spec/');
const vectors = await archiveVectors();

test('there are vectors for both kinds of archive and both generations of manifests', () => {
  const seen = vectors.map(([, { kind, document }]) => `${kind} ${document.manifest}`);
  for (const wanted of [
    'vitmod vitte-package.json',
    'vitmod vitte.toml',
    'vitpkg vitte-package.json',
  ]) {
    assert.ok(seen.includes(wanted), wanted);
  }
});

for (const [name, vector] of vectors) {
  test(`${name}: the folder packs to this tar and document`, async () => {
    await inFolder(async (folder) => {
      const source = await writeVectorFolder(join(folder, 'source'), vector);
      const { kind } = vector;
      const { facts, entries, document } = await packFolder(
        source,
        { directory: folder },
        { kind },
      );
      assert.equal(entries, vector.entries);
      assert.is(facts.tarSha256, vector.tarSha256);
      assert.is(facts.sourceSha256, vector.sourceSha256);
      assert.is(facts.registryChecksum, vector.registryChecksum);
      assert.equal(document, vector.document);
    });
  });

  test(`${name}: the archive is inspected to this document, and gives these manifests`, async () => {
    const found = await inspectBytes(Buffer.from(vector.archive.base64, 'base64'), vector.kind);
    assert.is(found.digest, vector.archive.digest);
    assert.is(found.size, vector.archive.size);
    assert.equal(found.document, vector.document);
    assert.equal(manifestOf(found, 1), vector.manifest);
    assert.equal(manifestOf(found, 2), vector.manifestProfile2);
    assert.is(found.readme?.path, vector.readme?.path);
    if (vector.readme) assert.match(vector.manifest.text, vector.readme.digest);
  });

  test(`${name}: the tar is what the profile says, written a second way`, () => {
    const files = vector.entries.map(({ path, executable }) => {
      const file = vector.folder.find((candidate) => candidate.path === path);
      assert.ok(file, path);
      return anyFile(path, contentOf(file), executable ? { mode: '0000755\0' } : {});
    });
    const hash = createHash('sha256').update(tar(...files));
    assert.is(hash.digest('hex'), vector.tarSha256);
  });
}

test.run();
