import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { type BombReport, bombs } from '../support/archive-bomb.ts';
import { inFolder } from '../support/folders.ts';
import type { LargePackageReport } from '../support/large-package.ts';
import { suite } from '../support/suite.ts';

const test = suite('archive: memory');
const mebibyte = 1024 * 1024;

/** What a bomb may add to the memory of a fresh process, the making of the bomb itself included. */
const growthBytesMax = 96 * mebibyte;
/** For as many paths as there may be, each as long as it may be: kept until the end, twice. */
const pathsGrowthBytesMax = 192 * mebibyte;

type Expected = { outcome: string; entry?: string; bytesReadMax?: number; growthBytesMax?: number };
const expected: Record<string, Expected> = {
  'a file of 1 GiB of zeros': { outcome: 'PKG_E_ARCHIVE_LIMIT', bytesReadMax: 64 * 1024 },
  'a file of 256 MiB of zeros with the ratio lifted': { outcome: 'accepted, 2 files' },
  '1 GiB of zeros that are no tar': { outcome: 'PKG_E_ARCHIVE_TRAILING', bytesReadMax: 64 * 1024 },
  '50,001 files': { outcome: 'PKG_E_ARCHIVE_LIMIT', entry: 'f050000' },
  '50,000 files with the longest paths': {
    outcome: 'accepted, 50000 files',
    growthBytesMax: pathsGrowthBytesMax,
  },
  'a gzip header that never ends': { outcome: 'PKG_E_ARCHIVE_LIMIT', bytesReadMax: 128 * 1024 },
  'a manifest of 4 GiB': { outcome: 'PKG_E_DOCUMENT', entry: 'vitte-package.json' },
  'a manifest of opening brackets': { outcome: 'PKG_E_DOCUMENT', entry: 'vitte-package.json' },
  'a manifest of empty lists': { outcome: 'PKG_E_MANIFEST_FIELD', entry: 'vitte-package.json' },
  'a manifest of quotes that never close': {
    outcome: 'PKG_E_DOCUMENT',
    entry: 'vitte-package.json',
  },
  'a TOML manifest with one key of 500,000 parts': {
    outcome: 'PKG_E_DOCUMENT',
    entry: 'vitte.toml',
  },
};

test('there is a bomb for each expectation, and the other way round', () => {
  assert.equal(Object.keys(bombs), Object.keys(expected));
});

for (const [name, wanted] of Object.entries(expected)) {
  test(`memory stays bounded for ${name}`, async () => {
    const report = await runScript<BombReport>('archive-bomb.ts', name);
    assert.is(report.outcome, wanted.outcome);
    assert.is(report.entry, wanted.entry);
    assert.ok(report.samples > 0);
    if (wanted.bytesReadMax)
      assert.ok(report.bytesRead <= wanted.bytesReadMax, `${report.bytesRead} read`);
    const grown = report.peakBytes - report.baselineBytes;
    assert.ok(grown < (wanted.growthBytesMax ?? growthBytesMax), `grew by ${grown} bytes`);
  });
}

test('memory stays bounded for packing and unpacking a file of 128 MiB', async () => {
  await inFolder(async (folder) => {
    const report = await runScript<LargePackageReport>('large-package.ts', folder);
    assert.is(report.unpackedBytes, 128 * mebibyte);
    const grown = report.peakBytes - report.baselineBytes;
    assert.ok(grown < growthBytesMax, `grew by ${grown} bytes`);
  });
});

function runScript<T>(file: string, argument: string): Promise<T> {
  const path = fileURLToPath(new URL(`../support/${file}`, import.meta.url));
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [path, argument], (error, stdout, stderr) => {
      if (error) reject(new Error(stderr, { cause: error }));
      else resolve(JSON.parse(stdout) as T);
    });
  });
}

test.run();
