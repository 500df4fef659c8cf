import { createHash, type Hash } from 'node:crypto';
import { type ArchiveFacts, type PackageDocument, packageDocument } from '../core/document.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import { jsonDocumentBytesMax, readmeBytesMax } from '../core/limits.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import {
  type ManifestFile,
  manifestFiles,
  type PackageManifest,
  parseJsonManifest,
  parseTomlManifest,
} from '../core/package-manifest.ts';
import type { ArchiveEntry } from './port.ts';
import { refusal } from './refusal.ts';
import { sourceDigests } from './source-digests.ts';
import type { TarEvent } from './tar-reader.ts';

export type PackageContents = {
  manifest: PackageManifest;
  document: PackageDocument;
  facts: ArchiveFacts;
  readme: { path: string; bytes: Uint8Array } | undefined;
  entries: ArchiveEntry[];
};

/** Where the README may stand; the first of them that is not empty counts. */
const readmeFiles: readonly string[] = ['README.md', 'README'];

const missingHelp = { help: 'add the file, or correct the manifest' };
const shorterHelp = { help: 'make it shorter' };

type OpenFile = { path: string; bytes: number; executable: boolean; hash: Hash; kept?: Buffer[] };

/**
 * Gathers from a tar's events what a package says of itself: manifest, README, digests. Only those two are
 * held in memory, each at most 1 MiB. Throws PKG_E_MANIFEST_…, PKG_E_DOCUMENT and their siblings with the
 * manifest's name in `data.entry`, PKG_E_README_SIZE, PKG_E_ENTRY_MISSING and PKG_E_TEST_MISSING.
 */
export function packageContents(kind: ArchiveKind): {
  take(event: TarEvent): void;
  finish(tarSha256: string): PackageContents;
} {
  const entries: ArchiveEntry[] = [];
  const kept = new Map<string, Buffer>();
  const digests = sourceDigests();
  let unpackedBytes = 0;
  let open: OpenFile | undefined;
  return { take, finish };

  function take(event: TarEvent) {
    if (event.type === 'file') {
      const { path, bytes, executable } = event;
      open = { path, bytes, executable, hash: createHash('sha256') };
      if (isKept(path, bytes)) open.kept = [];
    } else if (event.type === 'content') {
      open?.hash.update(event.bytes);
      open?.kept?.push(Buffer.from(event.bytes));
    } else if (open) closeFile(open);
  }

  function closeFile(file: OpenFile) {
    const { path, bytes, executable } = file;
    const sha256 = file.hash.digest('hex');
    digests.add(path, sha256);
    entries.push({ path, bytes, sha256, executable });
    if (file.kept) kept.set(path, Buffer.concat(file.kept));
    unpackedBytes += bytes;
    open = undefined;
  }

  function isKept(path: string, bytes: number): boolean {
    if (isManifestFile(path)) {
      if (bytes <= jsonDocumentBytesMax) return true;
      throw refusal('PKG_E_DOCUMENT', path, `is over ${jsonDocumentBytesMax} bytes`, shorterHelp);
    }
    if (path === readmeFiles[0]) refuseLongReadme(path, bytes);
    return readmeFiles.includes(path) && bytes <= readmeBytesMax;
  }

  function finish(tarSha256: string): PackageContents {
    const manifest = readManifest();
    if (kind === 'vitmod') checkPaths(manifest);
    const readme = findReadme();
    const facts = { tarSha256, unpackedBytes, files: entries.length, ...digests.finish() };
    const document = packageDocument(manifest, facts, readme?.path);
    return { manifest, document, facts, readme, entries };
  }

  function readManifest(): PackageManifest {
    const [file, second] = manifestFiles.filter((name) => kept.has(name));
    if (file === undefined) throw manifestMissing('at the root');
    if (second !== undefined) {
      const why = `stands beside ${file}: only one of the two may describe a package`;
      throw refusal('PKG_E_MANIFEST_AMBIGUOUS', second, why, { help: 'remove one of the two' });
    }
    const bytes = kept.get(file) ?? Buffer.alloc(0);
    try {
      if (file === 'vitte-package.json') return parseJsonManifest(bytes);
      return parseTomlManifest(bytes, new Set(entries.map(({ path }) => path)));
    } catch (error) {
      throw isVitteError(error) ? manifestError(error, file) : error;
    }
  }

  function checkPaths({ file, entry, tests }: PackageManifest) {
    const paths = new Set(entries.map(({ path }) => path));
    if (!paths.has(entry)) {
      throw refusal(
        'PKG_E_ENTRY_MISSING',
        entry,
        `is the entry that ${file} names, and is not there`,
        missingHelp,
      );
    }
    const missing = tests?.find((test) => !paths.has(test));
    if (missing !== undefined) {
      throw refusal(
        'PKG_E_TEST_MISSING',
        missing,
        `is a test that ${file} names, and is not there`,
        missingHelp,
      );
    }
  }

  function findReadme() {
    for (const path of readmeFiles) {
      const bytes = entries.find((entry) => entry.path === path)?.bytes ?? 0;
      refuseLongReadme(path, bytes);
      if (bytes > 0) return { path, bytes: kept.get(path) ?? Buffer.alloc(0) };
    }
    return undefined;
  }
}

/** The error for a package without a manifest. */
export function manifestMissing(where: string): VitteError {
  const message = `there is no ${manifestFiles.join(' and no ')} ${where}`;
  return new VitteError('PKG_E_MANIFEST_MISSING', message, { help: 'run: vitte package init' });
}

function refuseLongReadme(path: string, bytes: number) {
  if (bytes > readmeBytesMax) {
    throw refusal('PKG_E_README_SIZE', path, `is over ${readmeBytesMax} bytes`, shorterHelp);
  }
}

function isManifestFile(path: string): path is ManifestFile {
  return (manifestFiles as readonly string[]).includes(path);
}

/** The same error with the manifest's name in it. */
function manifestError(error: VitteError, file: ManifestFile): VitteError {
  const message = error.message.includes(file) ? error.message : `${file}: ${error.message}`;
  return new VitteError(error.code, message, {
    cause: error,
    data: { ...error.data, entry: file },
    ...(error.help === undefined ? {} : { help: error.help }),
  });
}
